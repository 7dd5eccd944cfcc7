package auth

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyPublicAddressesAreAsked(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
	} {
		if isPublic(netip.MustParseAddr(ip)) {
			t.Errorf("%s is taken for public", ip)
		}
	}
	for _, ip := range []string{"1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"} {
		if !isPublic(netip.MustParseAddr(ip)) {
			t.Errorf("%s is not taken for public", ip)
		}
	}
	for _, address := range []string{"1.1.1.1:25", "1.1.1.1:80", "1.1.1.1:6379", "[2606:4700::1111]:22", "127.0.0.1:443"} {
		if onlyPublic("tcp", address, nil) == nil {
			t.Errorf("%s is dialled", address)
		}
	}
	if err := onlyPublic("tcp", "1.1.1.1:443", nil); err != nil {
		t.Error(err)
	}
}

// Who is named is asked, wherever they are; others on this machine are not, whatever
// the way there is called.
func TestTheClientAsksWhoIsNamed(t *testing.T) {
	t.Parallel()
	hits := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/long":
			_, _ = w.Write(make([]byte, maxAnswered+1))
		}
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	other := newOutbound(map[string]bool{"id.example.org:443": true})
	for _, host := range []string{"127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0", "[::ffff:127.0.0.1]", "[::]"} {
		if res, err := other.Get("http://" + host + ":" + u.Port()); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s was asked", host)
		}
	}
	if hits != 0 {
		t.Errorf("%d requests came", hits)
	}
	client := newOutbound(map[string]bool{hostPort(u): true})
	res, err := client.Get(server.URL + "/away")
	if err != nil || res.StatusCode != http.StatusFound || hits != 1 {
		t.Errorf("a redirect was followed: %d requests, %v", hits, err)
	}
	if err == nil {
		_ = res.Body.Close()
	}
	res, err = client.Get(server.URL + "/long")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var b strings.Builder
	if n, err := res.Body.Read(make([]byte, 10)); n == 0 && err != nil {
		t.Fatal(err)
	}
	if err := res.Write(&b); err == nil {
		t.Errorf("an endless answer was read: %d bytes", b.Len())
	}
}
