package server

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Whoever has one IPv6 address has 2^64 of them: what is limited by address is limited by
// the network.
func TestAnIPv6NetworkCountsAsOneAddress(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	w.setUp()
	behind := func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	from := func(w *world, ip string) *client {
		c := w.anonymous()
		c.header = http.Header{"X-Forwarded-For": {ip}}
		return c
	}
	narrow := serveSame(t, w, limited("anonymous_rps=0.001", "anonymous_burst=2"), behind)
	for _, step := range []struct {
		ip     string
		status int
	}{
		{"2001:db8::1", 200}, {"2001:db8::ffff:1", 200}, {"2001:db8::2", 429}, {"2001:db8:0:0:1::", 429},
		{"2001:db8:0:1::1", 200}, {"192.0.2.1", 200}, {"192.0.2.1", 200}, {"192.0.2.2", 200}, {"::ffff:192.0.2.1", 429},
	} {
		from(narrow, step.ip).must(step.status, "GET", "/meta", nil, nil)
	}
	sparse := serveSame(t, w, limited("logins_per_ip=0.01"), behind) // one, and the next in an hour and more
	for _, step := range []struct {
		ip     string
		status int
	}{{"2001:db8::1", 401}, {"2001:db8::3", 429}, {"2001:db8:0:1::1", 401}} {
		from(sparse, step.ip).must(step.status, "POST", "/auth/login", obj{"username": "nobody", "password": "not the password"}, nil)
	}
	crowded := serveSame(t, w, limited("pending_per_ip=2"), behind)
	for _, step := range []struct {
		ip     string
		opened bool
	}{{"2001:db8::1", true}, {"2001:db8::2", true}, {"2001:db8::3", false}, {"2001:db8:0:1::1", true}} {
		c := from(crowded, step.ip)
		_, res, err := c.dial(c.header)
		if step.opened != (err == nil) || err != nil && (res == nil || res.StatusCode != http.StatusTooManyRequests) {
			t.Errorf("a socket from %s: %v", step.ip, err)
		}
	}
}

// A session is kept by being used, for up to 90 days: its cookie has to last as long.
func TestASessionsCookieLastsAsLongAsTheSessionMay(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	w.setUp()
	member := w.newUser("member", contracts.RoleMember)
	must(0, w.ws.Auth.SetPassword(t.Context(), contracts.Operator, member.user.ID, firstPassword))
	a := w.anonymous().must(200, "POST", "/auth/login", obj{"username": "member", "password": firstPassword, "session": "cookie"}, nil)
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	const days = 24 * time.Hour
	if life := time.Duration(cookie.MaxAge) * time.Second; life < 90*days-time.Hour || life > 90*days {
		t.Errorf("the browser forgets the session after %v", life)
	}
}
