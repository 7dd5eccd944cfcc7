package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/auth"
	idp "github.com/dankerchat/dankerchat/auth/oidctest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/internal/oidctest"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/workspacetest"
)

// serveOIDC starts a server with a provider, "corp".
func serveOIDC(t *testing.T, url string, change ...func(*auth.OIDCProvider)) (*world, *idp.Provider) {
	t.Helper()
	p, err := idp.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	corp := auth.OIDCProvider{Name: "corp", Label: "Corp", Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: auth.Secret(p.ClientSecret), CreateUsers: true, Trusted: true}
	for _, f := range change {
		f(&corp)
	}
	return serveProviders(t, url, corp), p
}

func serveProviders(t *testing.T, url string, list ...auth.OIDCProvider) *world {
	t.Helper()
	return serveWorkspace(t, url, func(c *workspace.Config) { c.Auth.Providers = list }, unasked)
}

// browser has cookies and follows redirects like a person's.
type browser struct {
	*http.Client
	w    *world
	seen []string // where it was sent
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{w: w}
	b.Client = &http.Client{Jar: jar, Timeout: patience, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		b.seen = append(b.seen, r.URL.String())
		return nil
	}}
	return b
}

// open navigates and returns where it ended, by its path and query.
func (b *browser) open(address string) (at *url.URL, body string) {
	b.w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.w.address + address
	}
	req, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.w.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html,*/*;q=0.8")
	return b.send(req)
}

func (b *browser) send(req *http.Request) (*url.URL, string) {
	b.w.t.Helper()
	res, err := b.Do(req)
	if err != nil {
		b.w.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return res.Request.URL, string(text)
}

// submit fills in the one form of a page.
func (b *browser) submit(at *url.URL, page string, fields url.Values) (*url.URL, string) {
	b.w.t.Helper()
	action := regexp.MustCompile(`<form[^>]*action="([^"]+)"`).FindStringSubmatch(page)
	if action == nil {
		b.w.t.Fatalf("no form at %s: %s", at, page)
	}
	for _, hidden := range regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		fields.Set(hidden[1], hidden[2])
	}
	to, err := at.Parse(action[1])
	if err != nil {
		b.w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, to.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "text/html")
	return b.send(req)
}

// client calls the API with the browser's session; nil without one.
func (b *browser) client() *client {
	b.w.t.Helper()
	u, err := url.Parse(b.w.address)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == b.w.srv.cookieName() {
			return &client{w: b.w, t: b.w.t, cookie: c.Value, origin: b.w.address}
		}
	}
	return nil
}

// arrives is open that has to end at a page.
func arrives(b *browser, address, page string) error {
	if at, text := b.open(address); at.Path != page {
		return fmt.Errorf("ended at %s: %s", at, text)
	}
	return nil
}

func (b *browser) me() (u contracts.User) {
	b.w.t.Helper()
	c := b.client()
	if c == nil {
		b.w.t.Fatalf("not signed in after %v", b.seen)
	}
	c.must(200, "GET", "/me", nil, &u)
	return u
}

func TestSingleSignOnInABrowser(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w, p := serveOIDC(t, database)
		w.setUp()
		p.Person = map[string]any{"sub": "42", "preferred_username": "jo", "email": "jo@corp.example", "email_verified": true}
		var list struct{ Data []contracts.Provider }
		w.anonymous().must(200, "GET", "/auth/providers", nil, &list)
		if len(list.Data) != 1 || list.Data[0] != (contracts.Provider{Name: "corp", Label: "Corp"}) {
			t.Errorf("providers %+v", list.Data)
		}

		var b *browser
		entry := workspacetest.Audited(t, w.ws.DB, func() error {
			b = w.browser()
			return arrives(b, base+"/auth/oidc/corp/start?next=/c/general", "/c/general")
		})
		if len(b.seen) != 3 || !strings.HasPrefix(b.seen[0], p.Issuer+"/authorize?") || !strings.HasPrefix(b.seen[1], w.address+base+"/auth/oidc/corp/callback?") || b.seen[2] != w.address+"/c/general" {
			t.Errorf("went to %v", b.seen)
		}
		me := b.me()
		if me.Username != "jo" || me.Email != "jo@corp.example" {
			t.Errorf("signed in as %+v", me)
		}
		if entry.Action != "user.create" || entry.Actor != me.ID || entry.Target != me.ID || entry.IP == "" {
			t.Errorf("audited %+v", entry)
		}
		var sessions struct{ Data []contracts.Session }
		b.client().must(200, "GET", "/me/sessions", nil, &sessions)
		if len(sessions.Data) != 1 || sessions.Data[0].Method != contracts.MethodOIDC {
			t.Errorf("sessions %+v", sessions.Data)
		}

		// The same answer again is refused, in this browser and in another: a page for a
		// person, a problem for a program.
		for _, again := range []*browser{b, w.browser()} {
			if at, _ := again.open(b.seen[1]); at.Path != errorPage || at.Query().Get("reason") != "stale" {
				t.Errorf("ended at %s", at)
			}
		}
		callback, err := url.Parse(b.seen[1])
		if err != nil {
			t.Fatal(err)
		}
		if a := w.anonymous().do("GET", strings.TrimPrefix(callback.RequestURI(), base), nil); a.status != 401 || a.code() != "bad_credentials" {
			t.Errorf("a program got %d %s", a.status, a.body)
		}
		// No way out to another site.
		for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/\t/evil.example"} {
			a := w.anonymous().do("GET", "/auth/oidc/corp/start?next="+url.QueryEscape(next), nil)
			if a.status != 422 || a.header.Get("Location") != "" {
				t.Errorf("next %s: %d %s", next, a.status, a.header.Get("Location"))
			}
		}
		// A session that somebody planted before is not the one after.
		planted := w.browser()
		u, err := url.Parse(w.address)
		if err != nil {
			t.Fatal(err)
		}
		fixed := w.signIn("owner")
		planted.Jar.SetCookies(u, []*http.Cookie{{Name: w.srv.cookieName(), Value: fixed.token, Path: "/"}})
		planted.open(base + "/auth/oidc/corp/start")
		if planted.me().ID != me.ID || planted.client().cookie == fixed.token {
			t.Error("the planted session goes on")
		}
	})
}

func TestWhatAPersonIsToldWhenSingleSignOnFails(t *testing.T) {
	t.Parallel()
	w, p := serveOIDC(t, freshDatabase(t, "sqlite"))
	w.setUp()
	ends := func(reason string) {
		t.Helper()
		b := w.browser()
		at, _ := b.open(base + "/auth/oidc/corp/start")
		if at.Path != errorPage || at.Query().Get("reason") != reason || at.Query().Get("provider") != "corp" || b.client() != nil {
			t.Errorf("ended at %s, want %s", at, reason)
		}
	}
	p.Error = "access_denied"
	ends("denied")
	p.Error = ""
	p.Spoil = func(c map[string]any) { c["nonce"] = "x" }
	ends("answer")
	if !strings.Contains(w.log.String(), "the nonce is not ours") {
		t.Error("the log does not say why")
	}
	p.Spoil = nil
	closed := admin.RegistrationClosed
	if _, err := w.ws.Admin.UpdateSettings(t.Context(), contracts.Operator, admin.SettingsUpdate{Registration: &closed}, 0); err != nil {
		t.Fatal(err)
	}
	ends("closed")
	at, _ := w.browser().open(base + "/auth/oidc/nobody/start")
	if at.Path != errorPage || at.Query().Get("reason") != "failed" {
		t.Errorf("ended at %s", at)
	}
	if strings.Contains(w.log.String(), p.ClientSecret) {
		t.Error("the client's secret is in the log")
	}
}

func TestAccountsAreLinkedOverREST(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w, p := serveOIDC(t, database, func(c *auth.OIDCProvider) { c.CreateUsers = false })
		w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		p.Person = map[string]any{"sub": "42", "email": "member@corp.example"}
		b := w.browser()
		u, err := url.Parse(w.address)
		if err != nil {
			t.Fatal(err)
		}
		cookies := func(c *client) {
			b.Jar.SetCookies(u, []*http.Cookie{{Name: w.srv.cookieName(), Value: c.token, Path: "/"}})
		}
		cookies(member)
		link := func() string {
			var to elsewhere
			a := member.must(200, "POST", "/me/identities", obj{"provider": "corp", "next": "/settings/security"}, &to)
			b.Jar.SetCookies(u, (&http.Response{Header: a.header}).Cookies())
			return to.URL
		}
		entry := workspacetest.Audited(t, w.ws.DB, func() error { return arrives(b, link(), "/settings/security") })
		var list struct{ Data []contracts.Identity }
		member.must(200, "GET", "/me/identities", nil, &list)
		if len(list.Data) != 1 || list.Data[0].Subject != "42" || list.Data[0].Label != "member@corp.example" || entry.Action != "identity.link" || entry.Actor != member.user.ID || entry.Target != list.Data[0].ID {
			t.Fatalf("linked %+v, audited %+v", list.Data, entry)
		}
		other := w.browser()
		other.open(base + "/auth/oidc/corp/start")
		if other.me().ID != member.user.ID {
			t.Error("it signs somebody else in")
		}
		// In another session the answer is worth nothing.
		address := link()
		cookies(w.signIn("owner"))
		if at, _ := b.open(address); at.Query().Get("reason") != "stale" {
			t.Errorf("ended at %s", at)
		}
		// A linked account proves who is there.
		var to elsewhere
		a := member.must(200, "POST", "/me/identities/"+list.Data[0].ID+"/verify", obj{"next": "/settings"}, &to)
		cookies(member)
		b.Jar.SetCookies(u, (&http.Response{Header: a.header}).Cookies())
		if at, _ := b.open(to.URL); at.Path != "/settings" {
			t.Errorf("ended at %s", at)
		}
		if err := w.ws.Auth.SetPassword(t.Context(), contracts.Operator, member.user.ID, firstPassword); err != nil {
			t.Fatal(err)
		}
		member = w.signIn("member")
		member.must(204, "DELETE", "/me/identities/"+list.Data[0].ID, nil, nil)
		if at, _ := w.browser().open(base + "/auth/oidc/corp/start"); at.Query().Get("reason") != "no_account" {
			t.Errorf("ended at %s", at)
		}
	})
}

func TestLogoutOnBothSides(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w, p := serveOIDC(t, database, func(c *auth.OIDCProvider) { c.EndSession = true })
		w.setUp()
		b := w.browser()
		b.open(base + "/auth/oidc/corp/start")
		var to elsewhere
		b.client().must(200, "POST", "/auth/logout", nil, &to)
		if !strings.HasPrefix(to.URL, p.Issuer+"/logout?") || !strings.Contains(to.URL, "id_token_hint=ey") || !strings.Contains(to.URL, url.QueryEscape(w.address+"/login")) {
			t.Errorf("sent to %s", to.URL)
		}
		if a := b.client().do("GET", "/me", nil); a.status != 401 {
			t.Errorf("the session goes on: %d", a.status)
		}

		// The provider's own call closes the sockets.
		b = w.browser()
		b.open(base + "/auth/oidc/corp/start")
		who := b.client()
		s := who.connect(nil)
		token, err := p.LogoutToken()
		if err != nil {
			t.Fatal(err)
		}
		form := func(body string) answer {
			c := w.anonymous()
			c.header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			return c.do("POST", "/auth/oidc/corp/backchannel-logout", body)
		}
		for _, bad := range []string{"", "logout_token=", "logout_token=x.y.z", "%"} {
			if a := form(bad); a.status != 400 {
				t.Errorf("%q: %d %s", bad, a.status, a.body)
			}
		}
		if a := form("logout_token=" + token); a.status != 204 {
			t.Fatalf("got %d %s", a.status, a.body)
		}
		if c := s.ended(); c.code != 4410 {
			t.Errorf("closed with %d", c.code)
		}
		if a := who.do("GET", "/me", nil); a.status != 401 {
			t.Errorf("the session goes on: %d", a.status)
		}
		if a := form("logout_token=" + token); a.status != 400 {
			t.Errorf("the same token again: %d", a.status)
		}
	})
}

// A provider that others wrote: zitadel/oidc's example, with its login form.
func TestSingleSignOnThroughZitadel(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		w := serveProviders(t, database, auth.OIDCProvider{
			Name: "zitadel", Label: "Zitadel", Issuer: oidctest.Issuer(ln), ClientID: oidctest.ClientID + t.Name(), ClientSecret: oidctest.ClientSecret, CreateUsers: true, Trusted: true, EndSession: true,
		})
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			ended <- oidctest.Serve(ctx, ln, oidctest.ClientID+t.Name(), w.address+base+"/auth/oidc/zitadel/callback")
		}()
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
		w.setUp()
		b := w.browser()
		at, page := b.open(base + "/auth/oidc/zitadel/start?next=/c/general")
		if !strings.HasPrefix(at.String(), oidctest.Issuer(ln)+"/login/") {
			t.Fatalf("ended at %s: %s", at, page)
		}
		if _, wrong := b.submit(at, page, url.Values{"username": {oidctest.User}, "password": {"wrong"}}); b.client() != nil || !strings.Contains(wrong, "password") {
			t.Fatal("signed in with a wrong password")
		}
		if at, page = b.submit(at, page, url.Values{"username": {oidctest.User}, "password": {oidctest.Password}}); at.Path != "/c/general" {
			t.Fatalf("ended at %s: %s", at, page)
		}
		me := b.me()
		if me.Email != oidctest.Email || me.Username != oidctest.User || me.DisplayName != "Test User2" {
			t.Errorf("signed in as %+v", me)
		}
		var to elsewhere
		b.client().must(200, "POST", "/auth/logout", nil, &to)
		if !strings.HasPrefix(to.URL, oidctest.Issuer(ln)+"/end_session?") {
			t.Errorf("sent to %s", to.URL)
		}
		u, err := url.Parse(to.URL)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Del("post_logout_redirect_uri") // the example takes none
		u.RawQuery = q.Encode()
		if at, page := b.open(u.String()); at.Path != "/logged-out" || !strings.Contains(page, "signed out successfully") {
			t.Errorf("ended at %s: %s", at, page)
		}
	})
}
