package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	idp "github.com/dankerchat/dankerchat/auth/oidctest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// setRegistration changes how people get an account.
func (c *client) setRegistration(mode string) {
	c.t.Helper()
	c.header = http.Header{"If-Match": {"*"}}
	c.must(200, "PATCH", "/admin/settings", obj{"registration": mode, "registration_domains": []string{"example.org"}}, nil)
	c.header = nil
}

// Every way to an account in every mode, on a server that mails and on one that does not.
// What a person in a browser ends with is a word: in, or the reason of the page that says
// what to do.
func TestEveryWayToAnAccountInEveryMode(t *testing.T) {
	t.Parallel()
	ways := []string{
		"the form", "the form, of the domain", "the form, of a subdomain", "an invite", "looking at an invite", "a mailed invite by another address",
		"an administrator", "a device code",
		"a provider", "a provider, verified of the domain", "a provider, of the domain, unverified", "a provider with an invite", "a provider with another's invite",
		"a trusted provider", "a provider, known already",
	}
	expected := map[string]map[string]string{
		"with mail": {
			"open":   "202 202 202 201 200 403 201 400 in in in in other_address in in",
			"domain": "403 202 403 201 200 403 201 400 domain in domain in other_address in in",
			"invite": "403 403 403 201 200 403 201 400 uninvited uninvited uninvited in other_address in in",
			"closed": "403 403 403 403 403 403 201 400 closed closed closed closed closed closed in",
		},
		"without": {
			"open":   "201 201 201 201 200 403 201 400 in in in in other_address in in",
			"domain": "403 503 403 201 200 403 201 400 domain in domain in other_address in in",
			"invite": "403 403 403 201 200 403 201 400 uninvited uninvited uninvited in other_address in in",
			"closed": "403 403 403 403 403 403 201 400 closed closed closed closed closed closed in",
		},
	}
	eachEngine(t, func(t *testing.T, database string) {
		silentDatabase := freshDatabase(t, "sqlite")
		n := 0
		for name, mailer := range map[string]auth.Mailer{"with mail": &postbox{}, "without": nil} {
			url := database
			if mailer == nil {
				url = silentDatabase
			}
			p, list := newProviders(t)
			owner := serveWorkspace(t, url, func(c *workspace.Config) {
				c.Auth.Providers = list
				if mailer != nil {
					c.Auth.Mailer, c.Auth.PublicURL = mailer, mailedLinks
				}
			}).setUp()
			w := owner.w
			anon := w.anonymous()
			for _, mode := range []string{"open", "domain", "invite", "closed"} {
				owner.setRegistration(mode)
				invite := func(body obj) string {
					var made contracts.Invite
					owner.must(201, "POST", "/admin/invites", body, &made)
					return made.Code
				}
				next := func() string { n++; return fmt.Sprintf("p%d", n) }
				form := func(extra obj) obj {
					b := obj{"username": next(), "display_name": "Person", "password": firstPassword}
					for k, v := range extra {
						b[k] = v
					}
					return b
				}
				sent := func(method, path string, body any) string { return fmt.Sprint(anon.do(method, path, body).status) }
				through := func(provider, email string, verified bool, code string) string {
					p.Person = map[string]any{"sub": next(), "preferred_username": next(), "email": email, "email_verified": verified}
					return w.arrival(provider, code)
				}
				waiting, err := w.ws.Auth.BeginDevice(t.Context(), "test", "")
				if err != nil {
					t.Fatal(err)
				}
				got := []string{
					sent("POST", "/auth/signup", form(obj{"email": next() + "@example.com"})),
					sent("POST", "/auth/signup", form(obj{"email": next() + "@EXAMPLE.org"})),
					sent("POST", "/auth/signup", form(obj{"email": next() + "@sub.example.org"})),
					sent("POST", "/auth/signup", form(obj{"code": invite(obj{})})),
					sent("GET", "/invites/"+invite(obj{}), nil),
					sent("POST", "/auth/signup", form(obj{"code": invite(obj{"email": next() + "@example.net"}), "email": next() + "@example.net"})),
					fmt.Sprint(owner.do("POST", "/admin/users", form(obj{"role": "member"})).status),
					sent("POST", "/auth/device/token", obj{"device_code": waiting.DeviceCode.Reveal()}),
					through("corp", next()+"@example.com", true, ""),
					through("corp", next()+"@EXAMPLE.org", true, ""),
					through("corp", next()+"@example.org", false, ""),
					through("corp", next()+"@example.com", true, invite(obj{})),
					through("corp", next()+"@example.net", true, invite(obj{"email": next() + "@example.net"})),
					through("staff", next()+"@example.com", false, ""),
					func() string {
						p.Person = map[string]any{"sub": "known"}
						u, err := w.ws.Auth.CreateUser(t.Context(), contracts.Operator, auth.NewUser{Username: next()})
						if err != nil {
							t.Fatal(err)
						}
						p.Person["sub"] = u.ID
						if _, err := w.ws.Auth.LinkIdentity(t.Context(), contracts.Operator, auth.NewIdentity{UserID: u.ID, Provider: "corp", Subject: u.ID}); err != nil {
							t.Fatal(err)
						}
						return w.arrival("corp", "")
					}(),
				}
				want := strings.Fields(expected[name][mode])
				for i, way := range ways {
					if got[i] != want[i] {
						t.Errorf("%s, %s, %s: got %s, want %s", name, mode, way, got[i], want[i])
					}
				}
			}
		}
	})
}

// newProviders are one whose accounts anybody makes, and one of the house, behind which is
// the same server.
func newProviders(t *testing.T) (*idp.Provider, []auth.OIDCProvider) {
	t.Helper()
	p, err := idp.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	corp := auth.OIDCProvider{Name: "corp", Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: auth.Secret(p.ClientSecret), CreateUsers: true}
	staff := corp
	staff.Name, staff.Trusted = "staff", true
	return p, []auth.OIDCProvider{corp, staff}
}

// arrival is what a browser ends with that signs in through a provider.
func (w *world) arrival(provider, invite string) string {
	w.t.Helper()
	b := w.browser()
	at, _ := b.open(base + "/auth/oidc/" + provider + "/start?invite=" + invite)
	if reason := at.Query().Get("reason"); reason != "" {
		return reason
	}
	if b.client() == nil {
		return "out"
	}
	return "in"
}

// An account that has to prove its address is none before, whatever the form says, and
// the answer does not tell whose addresses are known.
func TestAnAddressIsProvedFirst(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w, post := serveWithMail(t, database)
		owner, anon := w.setUp(), w.anonymous()
		owner.setRegistration("domain")
		sign := func(name, email string) answer {
			return anon.must(202, "POST", "/auth/signup", obj{"username": name, "display_name": "New", "password": firstPassword, "email": email}, nil)
		}
		fresh := sign("newcomer", "new@example.org")
		if _, err := w.ws.Auth.UserByName(t.Context(), "newcomer"); contracts.CodeOf(err) != contracts.CodeNotFound {
			t.Fatalf("there is an account before the address is proved: %v", err)
		}
		mail := post.first(t, auth.MailVerify, "new@example.org")
		code, ok := strings.CutPrefix(mail.Link.Reveal(), mailedLinks+"/verify#")
		if !ok {
			t.Fatalf("the link is %s", mail.Link.Reveal())
		}
		owner.setRegistration("closed")
		anon.must(403, "POST", "/auth/signup/verify", obj{"code": code}, nil)
		owner.setRegistration("domain")
		var in signedInBody
		anon.must(201, "POST", "/auth/signup/verify", obj{"code": code}, &in)
		if in.User.Username != "newcomer" || in.User.Role != contracts.RoleMember || in.User.Email != "new@example.org" || in.AccessToken == "" {
			t.Errorf("got %+v", in)
		}
		for _, code := range []string{code, "never"} {
			anon.must(410, "POST", "/auth/signup/verify", obj{"code": code}, nil)
		}
		taken := sign("another", "New@example.org") // somebody's already
		if string(taken.body) != string(fresh.body) {
			t.Errorf("two answers differ:\n%s\n%s", fresh.body, taken.body)
		}
		sign("third", "third@example.org")
		post.first(t, auth.MailVerify, "third@example.org") // what was to be mailed before has been
		post.mu.Lock()
		defer post.mu.Unlock()
		for _, m := range post.mails {
			if strings.EqualFold(m.To, "new@example.org") && m.Name == "New" && m.To != "new@example.org" {
				t.Errorf("a mail went to an address that is somebody's: %+v", m)
			}
		}
	})
}
