package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
)

// local is where the browsers of these tests are: passkeys need a name.
const local = "localhost:8080"

// at is the client on a page of host.
func (c *client) at(host string) *client {
	there := *c
	there.header = http.Header{"Host": {host}}
	return &there
}

// options asks for the options of a ceremony.
func (c *client) options(path string) (json.RawMessage, answer) {
	c.t.Helper()
	var begun passkeyOptions
	a := c.must(200, "POST", path, nil, &begun)
	return begun.Options, a
}

// withPasskey makes a passkey for a client on localhost and returns its device.
func (c *client) withPasskey() (*passkeytest.Authenticator, createdPasskey) {
	c.t.Helper()
	here, device := c.at(local), passkeytest.New("http://"+local)
	options, _ := here.options("/auth/passkeys/register/begin")
	var made createdPasskey
	here.must(201, "POST", "/auth/passkeys/register/finish", obj{"name": "Laptop", "response": raw(device.Create(options))}, &made)
	return device, made
}

func raw(answer []byte, err error) json.RawMessage { return must(answer, err) }

func cookieOf(a answer, name string) string {
	for _, line := range a.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestSigningInByPasskey(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, u string) {
		w := serve(t, u)
		w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		device, made := member.withPasskey()
		if made.Passkey.Name != "Laptop" || made.Passkey.Host != "localhost" || len(made.RecoveryCodes) != 10 {
			t.Errorf("made %+v", made)
		}
		browser := w.anonymous().at(local)
		options, begun := browser.options("/auth/passkeys/login/begin")
		secret := cookieOf(begun, "dankerchat_passkey")
		if line := begun.header.Get("Set-Cookie"); len(secret) < 40 || !strings.Contains(line, "HttpOnly") || !strings.Contains(line, "SameSite=Strict") || !strings.Contains(line, "Max-Age=300") || strings.Contains(line, "Secure") {
			t.Errorf("the browser keeps %q", line)
		}
		body := obj{"response": raw(device.Get(options)), "session": "cookie"}
		if a := browser.do("POST", "/auth/passkeys/login/finish", body); a.status != 401 || a.code() != "bad_credentials" {
			t.Errorf("without the cookie of the beginning: %d %s", a.status, a.body)
		}
		browser.header.Set("Cookie", "dankerchat_passkey="+secret)
		var in signedInBody
		a := browser.must(200, "POST", "/auth/passkeys/login/finish", body, &in)
		if in.User.ID != member.user.ID || in.Session.Method != contracts.MethodPasskey || in.Owes != "" {
			t.Errorf("signed in %+v", in)
		}
		session := cookieOf(a, "dankerchat_sid")
		if !strings.HasPrefix(session, "dks_") || !strings.Contains(strings.Join(a.header.Values("Set-Cookie"), "\n"), "dankerchat_passkey=; Path=/; Max-Age=0") {
			t.Errorf("cookies %q", a.header.Values("Set-Cookie"))
		}
		if a := browser.do("POST", "/auth/passkeys/login/finish", body); a.status != 401 {
			t.Errorf("a replay: %d", a.status)
		}

		// By the password one owes the passkey, may prove it and nothing else.
		must(0, w.ws.Auth.SetPassword(t.Context(), contracts.Operator, member.user.ID, auth.Secret(firstPassword)))
		w.anonymous().must(200, "POST", "/auth/login", obj{"username": "member", "password": firstPassword}, &in)
		owing := (&client{w: w, t: t, token: in.AccessToken}).at(local)
		if in.Owes != contracts.ProofSecondFactor {
			t.Errorf("owes %q", in.Owes)
		}
		for _, path := range []string{"/me/passkeys", "/channels"} {
			if a := owing.do("GET", path, nil); a.status != 401 || a.code() != "mfa_required" {
				t.Errorf("%s while it owes: %d %s", path, a.status, a.body)
			}
		}
		var factors auth.SecondFactors
		owing.must(200, "GET", "/auth/2fa", nil, &factors)
		if factors.Passkeys != 1 || factors.TOTP {
			t.Errorf("factors %+v", factors)
		}
		options, _ = owing.options("/auth/passkeys/verify/begin")
		owing.must(204, "POST", "/auth/passkeys/verify/finish", obj{"response": raw(device.Get(options))}, nil)

		// Its owner sees it, renames it and removes it.
		var list contracts.Page[contracts.Passkey]
		owing.must(200, "GET", "/me/passkeys", nil, &list)
		if len(list.Data) != 1 || list.Data[0].LastUsedAt == nil {
			t.Errorf("listed %+v", list.Data)
		}
		var renamed contracts.Passkey
		owing.must(200, "PATCH", "/me/passkeys/"+made.Passkey.ID, obj{"name": "Desk"}, &renamed)
		if renamed.Name != "Desk" {
			t.Errorf("renamed %+v", renamed)
		}
		if a := w.signIn("owner").do("DELETE", "/me/passkeys/"+made.Passkey.ID, nil); a.status != 404 {
			t.Errorf("another's passkey: %d", a.status)
		}
		owing.must(204, "DELETE", "/me/passkeys/"+made.Passkey.ID, nil, nil)
		browser = w.anonymous().at(local)
		options, begun = browser.options("/auth/passkeys/login/begin")
		browser.header.Set("Cookie", "dankerchat_passkey="+cookieOf(begun, "dankerchat_passkey"))
		if a := browser.do("POST", "/auth/passkeys/login/finish", obj{"response": raw(device.Get(options))}); a.status != 401 {
			t.Errorf("a removed passkey: %d", a.status)
		}
	})
}

// Whose pages may make passkeys: those of the public URL, or localhost without one.
func TestWherePasskeysAreMade(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	a := owner.do("POST", "/auth/passkeys/register/begin", nil) // by the address
	if a.status != 503 || a.code() != "unavailable" || !strings.Contains(string(a.body), "--public-url") {
		t.Errorf("under an address: %d %s", a.status, a.body)
	}
	if a := owner.at("evil.example").do("POST", "/auth/passkeys/login/begin", nil); a.status != 503 {
		t.Errorf("plain http under a name: %d %s", a.status, a.body)
	}
	safe := serveSame(t, w, func(c *Config) { c.PublicURL = must(url.Parse("https://chat.example.com:8443")) })
	there := *owner.at("evil.example")
	there.w = safe
	options, _ := there.options("/auth/passkeys/register/begin")
	if !strings.Contains(string(options), `"rp":{"name":"Test","id":"chat.example.com"}`) {
		t.Errorf("options %s", options)
	}
	phished := passkeytest.New("https://evil.example")
	if a := there.do("POST", "/auth/passkeys/register/finish", obj{"response": raw(phished.Create(options))}); a.status != 401 {
		t.Errorf("another origin: %d %s", a.status, a.body)
	}
	device := passkeytest.New("https://chat.example.com:8443")
	options, _ = there.options("/auth/passkeys/register/begin")
	there.must(201, "POST", "/auth/passkeys/register/finish", obj{"response": raw(device.Create(options))}, nil)
	_, begun := there.options("/auth/passkeys/login/begin")
	if line := begun.header.Get("Set-Cookie"); !strings.HasPrefix(line, "__Host-passkey=") || !strings.Contains(line, "Secure") {
		t.Errorf("under https the browser keeps %q", line)
	}
}
