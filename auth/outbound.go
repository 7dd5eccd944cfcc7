package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	outboundTime = 10 * time.Second // a whole request
	maxAnswered  = 1 << 20          // bytes of an answer
)

// newOutbound returns the one client by which this library speaks to others. It asks the
// named hosts (with port) wherever they are, since who runs the server named them: an
// identity provider may well stand in the same network. Other hosts, which a provider's
// answer named, are asked at public addresses on port 443 alone, which is looked at after
// the name is resolved. It follows no redirects, uses no proxy, and reads at most 1 MB in
// at most 10 seconds.
func newOutbound(named map[string]bool) *http.Client {
	direct := &net.Dialer{Timeout: 5 * time.Second}
	public := &net.Dialer{Timeout: 5 * time.Second, Control: onlyPublic}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if named[strings.ToLower(address)] {
				return direct.DialContext(ctx, network, address)
			}
			return public.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: outboundTime, IdleConnTimeout: time.Minute,
		MaxIdleConnsPerHost: 4, MaxConnsPerHost: 16, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
	}
	return &http.Client{
		Transport: bounded{transport}, Timeout: outboundTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

var errNotPublic = errors.New("auth: the address is not public")

// onlyPublic is asked for every address that a name resolved to.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read an address to connect to: %w", err)
	}
	if to.Port() != 443 || !isPublic(to.Addr()) {
		return errNotPublic
	}
	return nil
}

// notPublic are networks that are not reached over the internet, or lead to others that
// are not, besides those that netip knows (IANA special-purpose address registries).
var notPublic = func() (list []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fec0::/10",
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() { // neither loopback, link-local nor multicast
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// bounded reads at most maxAnswered bytes of an answer; what is longer is an error.
type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = http.MaxBytesReader(nil, res.Body, maxAnswered)
	return res, nil
}

// hostPort is the address that a URL's host is dialled at.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
