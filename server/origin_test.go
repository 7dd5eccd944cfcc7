package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// Whether a browser's write is let through, by what the browser says of its origin.
func TestWritesWithTheCookieComeFromOurOwnPages(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	in := must(w.ws.Auth.StartSession(t.Context(), owner.user.ID, auth.SignInProof{Client: "browser", IP: ""}))
	cookie := in.Secret.Reveal()
	for _, tt := range []struct {
		name, method, site, origin string
		cookie                     bool
		status                     int
	}{
		{"same origin by Sec-Fetch-Site", "PATCH", "same-origin", "", true, 200},
		{"typed into the address bar", "PATCH", "none", "", true, 200},
		{"same origin by Origin alone", "PATCH", "", w.address, true, 200},
		{"another site", "PATCH", "cross-site", "http://evil.example", true, 403},
		{"a sibling subdomain", "PATCH", "same-site", "http://evil.127.0.0.1", true, 403},
		{"another origin, an old browser", "PATCH", "", "http://evil.example", true, 403},
		{"a sandboxed frame", "PATCH", "", "null", true, 403},
		{"another port", "PATCH", "", "http://127.0.0.1:1", true, 403},
		{"neither header", "PATCH", "", "", true, 403},
		{"neither header, with a token", "PATCH", "", "", false, 200},
		{"a read says nothing", "GET", "", "", true, 200},
	} {
		c := &client{w: w, t: t}
		if tt.cookie {
			c.cookie = cookie
		} else {
			c.token = owner.token
		}
		c.header = http.Header{}
		if tt.site != "" {
			c.header.Set("Sec-Fetch-Site", tt.site)
		}
		if tt.origin != "" {
			c.header.Set("Origin", tt.origin)
		}
		var body any
		if tt.method != "GET" {
			body = map[string]any{"display_name": "Owner"}
		}
		if a := c.do(tt.method, "/me", body); a.status != tt.status || tt.status == 403 && a.code() != "cross_origin" {
			t.Errorf("%s: got %d %s, want %d", tt.name, a.status, a.body, tt.status)
		}
	}
	// A form cannot send JSON, and what it can send is no JSON here.
	c := &client{w: w, t: t, token: owner.token, header: http.Header{"Content-Type": {"text/plain"}}}
	c.must(415, "PATCH", "/me", `{"display_name":"Other"}`, nil)
	c.header = http.Header{"X-Http-Method-Override": {"DELETE"}}
	c.must(405, "POST", "/me", `{}`, nil)
	var me contracts.User
	owner.must(200, "GET", "/me", nil, &me)
	if me.DisplayName != "Owner" {
		t.Errorf("the name is now %q", me.DisplayName)
	}
}

func TestTheCookieFollowsThePublicURL(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	w.setUp()
	must(0, w.ws.Auth.SetPassword(t.Context(), contracts.Operator, w.signIn("owner").user.ID, "correct horse battery"))
	login := map[string]any{"username": "owner", "password": "correct horse battery", "session": "cookie"}
	plain := w.anonymous().must(200, "POST", "/auth/login", login, nil).header.Get("Set-Cookie")
	if !strings.HasPrefix(plain, "dankerchat_sid=dks_") || strings.Contains(plain, "Secure") || !strings.Contains(plain, "HttpOnly") || !strings.Contains(plain, "SameSite=Lax") || !strings.Contains(plain, "Path=/") {
		t.Errorf("under http: %s", plain)
	}
	safe := serveSame(t, w, func(c *Config) { c.PublicURL = must(url.Parse("https://chat.example.com")) })
	a := safe.anonymous().must(200, "POST", "/auth/login", login, nil)
	secure := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(secure, "__Host-sid=dks_") || !strings.Contains(secure, "; Secure") || !strings.Contains(secure, "HttpOnly") || strings.Contains(secure, "Domain") {
		t.Errorf("under https: %s", secure)
	}
	if strings.Contains(string(a.body), "dks_") || strings.Contains(string(a.body), "token") {
		t.Errorf("the answer of a cookie login holds a secret: %s", a.body)
	}
	if a.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under https")
	}
	// A cookie that is preset is not taken over: signing in gives a new one.
	c := safe.anonymous()
	c.cookie = "dks_preset"
	if got := c.must(200, "POST", "/auth/login", login, nil).header.Get("Set-Cookie"); strings.Contains(got, "preset") {
		t.Errorf("session fixation: %s", got)
	}
}

func TestWhoseAddressItIs(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, tt := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.9", "192.0.2.1"}, // nobody vouches for it
		{"10.0.0.1:5", "198.51.100.9", "198.51.100.9"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "203.0.113.1, 198.51.100.9", "198.51.100.9"}, // the left is what the client wrote
		{"10.0.0.1:5", "198.51.100.9, 10.2.3.4", "198.51.100.9"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "198.51.100.9, nonsense", "10.0.0.1"},
		{"10.0.0.1:5", "198.51.100.9, nonsense, 10.2.3.4", "10.2.3.4"},
		{"[::1]:5", "2001:db8::1", "2001:db8::1"},
		{"[::ffff:10.0.0.1]:5", "::ffff:198.51.100.9", "198.51.100.9"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := s.clientIP(r); got != tt.want {
			t.Errorf("peer %s, forwarded %q: got %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

// Links are made of the public URL; a Host header decides only what its own sender sees.
func TestInviteLinks(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	var inv contracts.Invite
	owner.must(201, "POST", "/admin/invites", map[string]any{}, &inv)
	if inv.URL != w.address+"/invite/"+inv.Code || inv.Code == "" {
		t.Errorf("got %q", inv.URL)
	}
	safe := serveSame(t, w, func(c *Config) { c.PublicURL = must(url.Parse("https://chat.example.com")) })
	here := *owner
	here.w, here.header = safe, http.Header{"Host": {"evil.example"}, "X-Forwarded-Host": {"evil.example"}}
	here.must(201, "POST", "/admin/invites", map[string]any{}, &inv)
	if !strings.HasPrefix(inv.URL, "https://chat.example.com/invite/") {
		t.Errorf("got %q", inv.URL)
	}
}
