package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/workspacetest"
)

// postbox is a Mailer that keeps what it is given.
type postbox struct {
	mu    sync.Mutex
	mails []auth.Mail
}

func (p *postbox) Send(_ context.Context, m auth.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

func (p *postbox) first(t testing.TB, kind auth.MailKind, to string) auth.Mail {
	t.Helper()
	return p.all(t, kind, to, 1)[0]
}

// all waits until n mails of a kind have arrived at an address.
func (p *postbox) all(t testing.TB, kind auth.MailKind, to string, n int) []auth.Mail {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var found []auth.Mail
		p.mu.Lock()
		for _, m := range p.mails {
			if m.Kind == kind && m.To == to {
				found = append(found, m)
			}
		}
		p.mu.Unlock()
		if len(found) >= n {
			return found
		}
	}
	t.Fatalf("no %d mails %s to %s", n, kind, to)
	return nil
}

const mailedLinks = "https://chat.example.org"

// serveWithMail is a server that mails into a postbox.
func serveWithMail(t testing.TB, url string) (*world, *postbox) {
	t.Helper()
	p := &postbox{}
	return serveWorkspace(t, url, func(c *workspace.Config) { c.Auth.Mailer, c.Auth.PublicURL = p, mailedLinks }), p
}

// Whoever asks for whom gets the same answer, to the byte, and the link in the mail
// begins with the public URL whatever host the request names.
func TestForgottenPasswordByMail(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w, post := serveWithMail(t, database)
		w.setUp()
		if _, err := w.ws.Auth.CreateUser(t.Context(), contracts.Operator, auth.NewUser{Username: "member", DisplayName: "Member", Email: "member@example.org", Role: contracts.RoleMember, Password: firstPassword}); err != nil {
			t.Fatal(err)
		}
		session := w.signIn("member")
		var answers []string
		for _, body := range []obj{{"username": "member"}, {"email": "member@example.org"}, {"username": "nobody"}, {"email": "nobody@example.org"}} {
			c := w.anonymous()
			c.header = http.Header{"Host": {"evil.example.net"}, "X-Forwarded-Host": {"evil.example.net"}, "X-Forwarded-Proto": {"http"}}
			got := c.must(202, "POST", "/auth/password/forgot", body, nil)
			for _, name := range []string{"Date", "X-Request-Id", "Ratelimit"} {
				got.header.Del(name)
			}
			answers = append(answers, fmt.Sprint(got.status, got.header, string(got.body)))
		}
		for _, a := range answers[1:] {
			if a != answers[0] {
				t.Errorf("two answers differ:\n%s\n%s", answers[0], a)
			}
		}
		link := post.first(t, auth.MailReset, "member@example.org").Link.Reveal()
		code, ok := strings.CutPrefix(link, mailedLinks+"/reset#")
		if !ok {
			t.Fatalf("the link is %s", link)
		}
		for _, body := range []obj{{}, {"username": "a", "email": "b"}} {
			c := w.anonymous()
			c.wrong = true
			c.must(422, "POST", "/auth/password/forgot", body, nil)
		}
		// The second mail, for the address, replaced the first code or the other way round:
		// the newest alone is good.
		newest := w.newestCode(t, post)
		w.anonymous().must(422, "POST", "/auth/password/reset", obj{"code": newest, "password": "short"}, nil)
		entry := workspacetest.Audited(t, w.ws.DB, func() error {
			if got := w.anonymous().do("POST", "/auth/password/reset", obj{"code": newest, "password": secondPassword}); got.status != 204 {
				return fmt.Errorf("%d: %s", got.status, got.body)
			}
			return nil
		})
		if entry.Action != "password.reset" || entry.Actor != session.user.ID || entry.Target != session.user.ID || entry.IP == "" {
			t.Errorf("audited %+v", entry)
		}
		session.must(401, "GET", "/me", nil, nil)
		w.anonymous().must(200, "POST", "/auth/login", obj{"username": "member", "password": secondPassword}, nil)
		w.anonymous().must(401, "POST", "/auth/login", obj{"username": "member", "password": firstPassword}, nil)
		for _, used := range []string{code, newest, "never"} {
			w.anonymous().must(410, "POST", "/auth/password/reset", obj{"code": used, "password": secondPassword}, nil)
		}
		post.first(t, auth.MailPassword, "member@example.org")
		if log := w.log.String(); strings.Contains(log, newest) || strings.Contains(log, secondPassword) {
			t.Error("a code or a password is in the log")
		}
	})
}

// newestCode is the code of the last mail for a reset, once there are two.
func (w *world) newestCode(t testing.TB, p *postbox) string {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		n, link := 0, ""
		for _, m := range p.mails {
			if m.Kind == auth.MailReset {
				n, link = n+1, m.Link.Reveal()
			}
		}
		p.mu.Unlock()
		if n == 2 {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			return u.Fragment
		}
	}
	t.Fatal("there are no two mails")
	return ""
}

func TestAnAdministratorsResetLink(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w := serve(t, database)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		var meta metaBody
		w.anonymous().must(200, "GET", "/meta", nil, &meta)
		if meta.Mail {
			t.Error("a server without mail says that it has it")
		}
		w.anonymous().must(202, "POST", "/auth/password/forgot", obj{"username": "member"}, nil)
		var link resetLink
		owner.must(201, "POST", "/admin/users/"+member.user.ID+"/reset-link", nil, &link)
		if link.URL != w.address+"/reset#"+link.Code || time.Until(link.ExpiresAt) > time.Hour || time.Until(link.ExpiresAt) < 59*time.Minute {
			t.Errorf("got %+v", link)
		}
		w.anonymous().must(204, "POST", "/auth/password/reset", obj{"code": link.Code, "password": secondPassword}, nil)
		w.anonymous().must(200, "POST", "/auth/login", obj{"username": "member", "password": secondPassword}, nil)
	})
}
