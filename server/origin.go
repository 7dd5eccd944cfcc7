package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
)

// credential is how a request says who asks.
type credential struct {
	text   string // "" for nobody
	cookie bool   // the browser sent it by itself
}

// cookieName follows the public URL: __Host- needs https.
func (s *Server) cookieName() string {
	if s.cfg.https() {
		return "__Host-sid"
	}
	return "dankerchat_sid"
}

// credentialOf reads the Authorization header, else the session cookie. A token in
// the query would end in logs and histories: it is refused.
func (s *Server) credentialOf(r *http.Request) (credential, error) {
	if r.URL.RawQuery != "" {
		q := r.URL.Query()
		if q.Has("access_token") || q.Has("token") {
			return credential{}, malformed("a token must not stand in the URL").WithHint("Send Authorization: Bearer, and revoke this token.")
		}
	}
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 4096 {
			return credential{}, contracts.ErrUnauthenticated.With("the Authorization header is not a Bearer token")
		}
		return credential{text: token}, nil
	}
	if c, err := r.Cookie(s.cookieName()); err == nil && c.Value != "" {
		return credential{text: c.Value, cookie: true}, nil
	}
	return credential{}, nil
}

// setCookie keeps a session in the browser for as long as the server may keep it: it is
// the server that ends one which nobody used for a while.
func (s *Server) setCookie(w http.ResponseWriter, secret string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Value: secret, Path: "/", MaxAge: maxAge,
		Secure: s.cfg.https(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// checkBrowser refuses a cookie's write that does not say where it comes from;
// http.CrossOriginProtection has judged it already where it does.
func checkBrowser(r *http.Request, cred credential) error {
	if !cred.cookie || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
		return crossOrigin()
	}
	return nil
}

func crossOrigin() error {
	return &contracts.Error{Code: contracts.CodeCSRF, Message: "a browser's write must come from this server's own pages", Hint: "Programs send Authorization: Bearer instead of a cookie."}
}

// sameOrigin judges the Origin of a socket's handshake: the public URL's, or without
// one the host that the request itself was sent to.
func (s *Server) sameOrigin(r *http.Request) bool {
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" || origin.User != nil || origin.Path != "" {
		return false
	}
	if s.cfg.PublicURL != nil {
		return strings.EqualFold(origin.Scheme, s.cfg.PublicURL.Scheme) && strings.EqualFold(authority(origin), authority(s.cfg.PublicURL))
	}
	return (origin.Scheme == "http" || origin.Scheme == "https") && strings.EqualFold(origin.Host, r.Host)
}

// authority is host and port with the scheme's own port left out.
func authority(u *url.URL) string {
	if port := u.Port(); (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		return strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Host
}

// address returns the server's address for links: the public URL, else the host
// that the caller itself used.
func (s *Server) address(r *http.Request) string {
	if s.cfg.PublicURL != nil {
		return strings.TrimSuffix(s.cfg.PublicURL.String(), "/")
	}
	return "http://" + r.Host
}

// clientIP is the peer's address or, when the peer is a trusted proxy, the
// rightmost address in X-Forwarded-For that is none.
func (s *Server) clientIP(r *http.Request) string {
	peer := addr(r.RemoteAddr)
	if !s.trusted(peer) {
		return peer.String()
	}
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0; i-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break // what a proxy did not write proves nothing
		}
		peer = ip.Unmap().WithZone("")
		if !s.trusted(peer) {
			break
		}
	}
	return peer.String()
}

func (s *Server) trusted(ip netip.Addr) bool {
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func addr(hostport string) netip.Addr {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip, _ := netip.ParseAddr(host)
	return ip.Unmap().WithZone("")
}
