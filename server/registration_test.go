package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// setRegistration changes how people get an account.
func (c *client) setRegistration(mode string) {
	c.t.Helper()
	c.header = http.Header{"If-Match": {"*"}}
	c.must(200, "PATCH", "/admin/settings", obj{"registration": mode, "registration_domains": []string{"example.org"}}, nil)
	c.header = nil
}

// Every way to an account in every mode, on a server that mails and on one that does not.
func TestEveryWayToAnAccountInEveryMode(t *testing.T) {
	t.Parallel()
	ways := []string{"the form", "the form, of the domain", "the form, of a subdomain", "an invite", "looking at an invite", "an administrator"}
	expected := map[string]map[string][]int{
		"with mail": {
			"open":   {202, 202, 202, 201, 200, 201},
			"domain": {403, 202, 403, 201, 200, 201},
			"invite": {403, 403, 403, 201, 200, 201},
			"closed": {403, 403, 403, 403, 403, 201},
		},
		"without": {
			"open":   {201, 201, 201, 201, 200, 201},
			"domain": {403, 503, 403, 201, 200, 201},
			"invite": {403, 403, 403, 201, 200, 201},
			"closed": {403, 403, 403, 403, 403, 201},
		},
	}
	eachEngine(t, func(t *testing.T, database string) {
		mailing, _ := serveWithMail(t, database)
		owner := mailing.setUp()
		silent := serve(t, freshDatabase(t, "sqlite"))
		servers := map[string]*client{"with mail": owner, "without": silent.setUp()}
		n := 0
		for server, owner := range servers {
			anon := owner.w.anonymous()
			for _, mode := range []string{"open", "domain", "invite", "closed"} {
				owner.setRegistration(mode)
				var invites [2]contracts.Invite
				for i := range invites {
					owner.must(201, "POST", "/admin/invites", obj{}, &invites[i])
				}
				body := func(extra obj) obj {
					n++
					b := obj{"username": fmt.Sprintf("person%d", n), "display_name": "Person", "password": firstPassword}
					for k, v := range extra {
						b[k] = v
					}
					return b
				}
				got := []int{
					anon.do("POST", "/auth/signup", body(obj{"email": fmt.Sprintf("p%d@example.com", n)})).status,
					anon.do("POST", "/auth/signup", body(obj{"email": fmt.Sprintf("p%d@EXAMPLE.org", n)})).status,
					anon.do("POST", "/auth/signup", body(obj{"email": fmt.Sprintf("p%d@sub.example.org", n)})).status,
					anon.do("POST", "/auth/signup", body(obj{"code": invites[0].Code})).status,
					anon.do("GET", "/invites/"+invites[1].Code, nil).status,
					owner.do("POST", "/admin/users", body(obj{"role": "member"})).status,
				}
				for i, way := range ways {
					if want := expected[server][mode][i]; got[i] != want {
						t.Errorf("%s, %s, %s: got %d, want %d", server, mode, way, got[i], want)
					}
				}
			}
		}
	})
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
		code, ok := strings.CutPrefix(mail.Link.Reveal(), mailedLinks+"/verify?code=")
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
