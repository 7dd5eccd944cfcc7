package server

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace/workspacetest"
)

const emailPage = mailedLinks + "/verify/email#"

var stamp = regexp.MustCompile(`20\d\d-[^"]*Z`)

// Another address is the user's once its mail is answered, by whoever has it, and the
// answers do not tell whose addresses are known.
func TestAnotherAddressOverREST(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w, post := serveWithMail(t, database)
		w.setUp()
		w.newUser("taken", contracts.RoleMember)
		taken, err := w.ws.Auth.UserByName(t.Context(), "taken")
		if err != nil {
			t.Fatal(err)
		}
		address := "taken@example.org"
		if _, err := w.ws.Auth.UpdateUser(t.Context(), contracts.Operator, taken.ID, auth.UserUpdate{Email: &address}); err != nil {
			t.Fatal(err)
		}
		member := w.newUser("member", contracts.RoleMember)
		var answers []string
		for _, email := range []string{"taken@example.org", "other@example.org"} {
			got := member.must(200, "PATCH", "/me", obj{"email": email}, nil)
			state := member.must(200, "GET", "/me/email", nil, nil)
			again := member.must(202, "POST", "/me/email/resend", nil, nil)
			for _, a := range []answer{got, state, again} {
				// The length of a body differs with the zeros at the end of a time; bodies are compared.
				for _, name := range []string{"Date", "X-Request-Id", "Ratelimit", "Etag", "Content-Length"} {
					a.header.Del(name)
				}
			}
			all := fmt.Sprint(got.header, string(got.body), state.header, string(state.body), again.header, string(again.body))
			answers = append(answers, stamp.ReplaceAllString(strings.ReplaceAll(all, email, "ADDRESS"), "TIME"))
		}
		if answers[0] != answers[1] {
			t.Errorf("two answers differ:\n%s\n%s", answers[0], answers[1])
		}
		var me contracts.User
		member.must(200, "GET", "/me", nil, &me)
		if me.Email != "" {
			t.Errorf("the address holds already: %+v", me)
		}
		mails := post.all(t, auth.MailEmail, "other@example.org", 2)
		code, ok := strings.CutPrefix(mails[1].Link.Reveal(), emailPage)
		if !ok {
			t.Fatalf("the link is %s", mails[1].Link.Reveal())
		}
		entry := workspacetest.Audited(t, w.ws.DB, func() error {
			if a := w.anonymous().do("POST", "/auth/email/verify", obj{"code": code}); a.status != 204 {
				return fmt.Errorf("%d: %s", a.status, a.body)
			}
			return nil
		})
		if entry.Action != "email.confirm" || entry.Actor != member.user.ID || entry.Target != member.user.ID || entry.IP == "" {
			t.Errorf("audited %+v", entry)
		}
		var state contracts.EmailState
		member.must(200, "GET", "/me/email", nil, &state)
		if state != (contracts.EmailState{Email: "other@example.org", Proved: true}) {
			t.Errorf("after the mail was answered: %+v", state)
		}
		w.anonymous().must(410, "POST", "/auth/email/verify", obj{"code": code}, nil)

		// Taken back, and with a proof that is too old.
		member.must(200, "PATCH", "/me", obj{"email": "third@example.org"}, nil)
		member.must(204, "DELETE", "/me/email/pending", nil, nil)
		member.must(200, "GET", "/me/email", nil, &state)
		if state.Pending != nil {
			t.Errorf("after it was taken back: %+v", state)
		}
		member.token = must(w.ws.Auth.StartSession(t.Context(), member.user.ID, auth.SignInProof{Assurance: auth.TwoFactors, ProvedAt: time.Now().Add(-11 * time.Minute)})).Access.Reveal()
		for _, q := range []struct {
			method, path string
			body         any
		}{{"PATCH", "/me", obj{"email": "third@example.org"}}, {"POST", "/me/email/resend", nil}} {
			if a := member.do(q.method, q.path, q.body); a.status != http.StatusUnauthorized || a.code() != "reauth_required" {
				t.Errorf("%s %s with an old proof: %d %s", q.method, q.path, a.status, a.body)
			}
		}
		member.must(200, "PATCH", "/me", obj{"email": "other@example.org", "title": "Baker"}, nil) // the same address
	})
}
