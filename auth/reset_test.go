package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

const anotherPassword = "five new words in here"

// postbox is a Mailer that keeps what it is given, after failing some times.
type postbox struct {
	mu    sync.Mutex
	mails []auth.Mail
	fails int
}

func (p *postbox) Send(_ context.Context, m auth.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails > 0 {
		p.fails--
		return errors.New("the mail server is away")
	}
	p.mails = append(p.mails, m)
	return nil
}

// of returns the mails of a kind that went to an address.
func (p *postbox) of(kind auth.MailKind, to string) []auth.Mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []auth.Mail
	for _, m := range p.mails {
		if m.Kind == kind && m.To == to {
			found = append(found, m)
		}
	}
	return found
}

// mailed waits until n mails of a kind have arrived and returns them.
func (w *world) mailed(p *postbox, kind auth.MailKind, to string, n int) []auth.Mail {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		found := p.of(kind, to)
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			w.Fatalf("%d mails %s to %s, want %d", len(found), kind, to, n)
		}
	}
}

// code is what a mail's link ends with.
func (w *world) code(m auth.Mail, prefix string) auth.Secret {
	w.Helper()
	rest, ok := strings.CutPrefix(m.Link.Reveal(), prefix)
	code, err := url.QueryUnescape(rest)
	if !ok || err != nil {
		w.Fatalf("the link is %q, want one that begins with %q", m.Link.Reveal(), prefix)
	}
	return auth.Secret(code)
}

// withMail is a world with a postbox. Both engines' worlds have one of their own.
func withMail(t *testing.T, fn func(w *world, p *postbox), change ...func(*auth.Config)) {
	t.Helper()
	each(t, func(w *world) {
		p := &postbox{}
		w.cfg.Mailer, w.cfg.PublicURL, w.cfg.MailRetries = p, "https://chat.example.org/", []time.Duration{time.Millisecond, time.Millisecond}
		w.Service = w.another()
		fn(w, p)
	}, change...)
}

func (w *world) userWith(name, email string, role contracts.Role) contracts.Actor {
	w.Helper()
	u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: name, Email: email, Role: role, Password: goodPassword})
	w.must(err)
	return contracts.Actor{UserID: u.ID, Username: name, Role: role, SessionID: "ses_none"}
}

func (w *world) knows(name, password string) bool {
	w.Helper()
	_, err := w.CheckLogin(w.ctx, auth.LoginInput{Username: name, Password: auth.Secret(password)})
	if err != nil && !errors.Is(err, contracts.ErrBadCredentials) {
		w.Fatalf("check login: %v", err)
	}
	return err == nil
}

func TestResetByAnAdministratorsLink(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		session, _ := w.signIn(member)
		first, err := w.NewReset(w.ctx, w.owner, member.UserID)
		w.must(err)
		second, err := w.NewReset(w.ctx, contracts.Operator, member.UserID)
		w.must(err)
		if len(second.Code) < 22 || second.User.ID != member.UserID || !second.ExpiresAt.Equal(w.clock.Now().Add(time.Hour)) {
			t.Errorf("got %+v", second)
		}
		hashes := w.Hashes()
		for _, code := range []auth.Secret{first.Code, "", "nothing", "' OR 1=1 --"} {
			_, err := w.ResetPassword(w.ctx, code, anotherPassword, "192.0.2.7")
			w.wants(err, contracts.ErrGone)
		}
		if w.Hashes() != hashes {
			t.Error("a wrong code cost a hash")
		}
		_, err = w.ResetPassword(w.ctx, second.Code, "member1", "192.0.2.7")
		w.wants(err, contracts.ErrInvalid)
		user, err := w.ResetPassword(w.ctx, " "+second.Code+"\n", anotherPassword, "192.0.2.7")
		w.must(err)
		if user.ID != member.UserID || !w.knows("member1", anotherPassword) || w.knows("member1", goodPassword) {
			t.Errorf("the password is not the new one: %+v", user)
		}
		_, err = w.Authenticate(w.ctx, session.Secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.ResetPassword(w.ctx, second.Code, "six other words are in here", "192.0.2.7")
		w.wants(err, contracts.ErrGone)
	})
}

// What makes a code useless before its hour is over, and after it.
func TestResetCodeEnds(t *testing.T) {
	each(t, func(w *world) {
		for name, spoil := range map[string]func(id string){
			"an hour": func(string) { w.clock.advance(time.Hour) },
			"a suspended user": func(id string) {
				_, err := w.Suspend(w.ctx, w.owner, id)
				w.must(err)
			},
			"a password that was set meanwhile": func(id string) { w.must(w.SetPassword(w.ctx, w.owner, id, anotherPassword)) },
			"another address": func(id string) {
				address := "new@example.org"
				_, err := w.UpdateUser(w.ctx, contracts.Operator, id, auth.UserUpdate{Email: &address})
				w.must(err)
			},
		} {
			member := w.user("m"+fmt.Sprint(w.head()), contracts.RoleMember)
			reset, err := w.NewReset(w.ctx, w.owner, member.UserID)
			w.must(err)
			spoil(member.UserID)
			if _, err := w.ResetPassword(w.ctx, reset.Code, anotherPassword, ""); !errors.Is(err, contracts.ErrGone) {
				t.Errorf("after %s: got %v, want gone", name, err)
			}
		}
		member := w.user("pruned", contracts.RoleMember)
		_, err := w.NewReset(w.ctx, w.owner, member.UserID)
		w.must(err)
		w.clock.advance(time.Hour)
		_, err = w.Prune(w.ctx)
		w.must(err)
		var left int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM resets`).Scan(&left))
		if left != 0 {
			t.Errorf("%d expired codes are left", left)
		}
	})
}

// Who may make a link for whom: only for those below, as with setting a password.
func TestWhoMayMakeAResetLink(t *testing.T) {
	each(t, func(w *world) {
		admin, other := w.user("admin1", contracts.RoleAdmin), w.user("admin2", contracts.RoleAdmin)
		member, guest := w.user("member1", contracts.RoleMember), w.user("guest1", contracts.RoleGuest)
		second := w.user("owner2", contracts.RoleOwner)
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "builds", Role: contracts.RoleMember, Bot: true})
		w.must(err)
		suspended := w.user("away", contracts.RoleMember)
		_, err = w.Suspend(w.ctx, w.owner, suspended.UserID)
		w.must(err)
		_, scoped := w.token(admin, "channels:read")
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			of    string
			want  error
		}{
			{"a member of a guest", member, guest.UserID, contracts.ErrForbidden},
			{"an admin of a member", admin, member.UserID, nil},
			{"an admin of an admin", admin, other.UserID, contracts.ErrForbidden},
			{"an admin of an owner", admin, w.owner.UserID, contracts.ErrForbidden},
			{"an admin of themselves", admin, admin.UserID, contracts.ErrForbidden},
			{"an owner of an admin", w.owner, admin.UserID, nil},
			{"an owner of an owner", w.owner, second.UserID, nil},
			{"an owner of themselves", w.owner, w.owner.UserID, contracts.ErrForbidden},
			{"the operator of the owner", contracts.Operator, w.owner.UserID, nil},
			{"an API token without the scope", scoped, member.UserID, contracts.ErrForbidden},
			{"of a bot", w.owner, bot.ID, contracts.ErrConflict},
			{"of a suspended user", w.owner, suspended.UserID, contracts.ErrConflict},
			{"of nobody", w.owner, "usr_none", contracts.ErrNotFound},
		} {
			if _, err := w.NewReset(w.ctx, c.actor, c.of); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
	})
}

func TestOneResetOfManyWins(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		for range 5 {
			reset, err := w.NewReset(w.ctx, w.owner, member.UserID)
			w.must(err)
			errs := atOnce(8, func(i int) error {
				_, err := w.ResetPassword(w.ctx, reset.Code, auth.Secret(fmt.Sprintf("the words of number %d", i)), "")
				return err
			})
			if n := w.won(errs, contracts.ErrGone); n != 1 {
				t.Fatalf("%d of 8 set the password", n)
			}
			if i := slices.IndexFunc(errs, func(err error) bool { return err == nil }); !w.knows("member1", fmt.Sprintf("the words of number %d", i)) {
				t.Error("the password is not the winner's")
			}
		}
	})
}

func TestResetByMail(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		w.userWith("member1", "Member1@example.org", contracts.RoleMember)
		w.user("nomail", contracts.RoleMember)
		away := w.userWith("away", "away@example.org", contracts.RoleMember)
		_, err := w.Suspend(w.ctx, w.owner, away.UserID)
		w.must(err)
		p.fails = 2 // two tries fail, the third gets through
		w.RequestReset(" @Member1", "192.0.2.1")
		mail := w.mailed(p, auth.MailReset, "Member1@example.org", 1)[0]
		code := w.code(mail, "https://chat.example.org/reset#")
		if mail.Name != "member1" || !mail.ExpiresAt.Equal(w.clock.Now().Add(time.Hour)) {
			t.Errorf("got %+v", mail)
		}
		for range auth.DefaultMaxFailures { // as people do who have forgotten it
			_, err := w.CheckLogin(w.ctx, auth.LoginInput{Username: "member1", Password: "is it this one?", IP: "192.0.2.1"})
			w.wants(err, contracts.ErrBadCredentials)
		}
		_, err = w.ResetPassword(w.ctx, code, anotherPassword, "192.0.2.1")
		w.must(err)
		_, err = w.CheckLogin(w.ctx, auth.LoginInput{Username: "member1", Password: anotherPassword, IP: "192.0.2.1"})
		w.must(err)
		if told := w.mailed(p, auth.MailPassword, "Member1@example.org", 1)[0]; told.Link != "" || told.IP != "192.0.2.1" {
			t.Errorf("got %+v", told)
		}
		// What is written for nobody is as much as for somebody: a request that waits for it
		// would tell.
		w.WaitErrands() // the wrong passwords are still being written down
		var commits atomic.Int64
		defer w.db.OnCommit(func(int64, []any) { commits.Add(1) })()
		for i, account := range []string{"member1", "nobody", "nobody@example.org", "nomail", "away", "away@example.org", ""} {
			commits.Store(0)
			w.RequestReset(account, fmt.Sprintf("192.0.2.%d", 10+i))
			w.WaitErrands()
			if n := commits.Load(); n != 3 {
				t.Errorf("%q was written down %d times, want 3", account, n)
			}
		}
		w.RequestReset(strings.Repeat("x", 300), "192.0.2.98")
		w.WaitErrands()
		if n := len(p.of(auth.MailReset, "away@example.org")); n != 0 || len(p.mails) != 3 {
			t.Errorf("mailed %+v", p.mails)
		}
	})
}

// Three an hour to one user, ten an hour from one address; an hour later again.
func TestResetMailsAreLimited(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		for i := range 12 {
			w.userWith(fmt.Sprintf("person%d", i), fmt.Sprintf("p%d@example.org", i), contracts.RoleMember)
		}
		for i := range 4 {
			w.RequestReset("person0", fmt.Sprintf("192.0.2.%d", i))
			w.WaitErrands()
		}
		if n := len(p.of(auth.MailReset, "p0@example.org")); n != 3 {
			t.Errorf("%d mails to one user in an hour, want 3", n)
		}
		for i := 1; i < 12; i++ {
			w.RequestReset(fmt.Sprintf("person%d", i), "198.51.100.1")
			w.WaitErrands()
		}
		if n := len(p.of(auth.MailReset, "p10@example.org")); n != 1 {
			t.Errorf("the tenth of one address: %d mails, want 1", n)
		}
		if n := len(p.of(auth.MailReset, "p11@example.org")); n != 0 {
			t.Errorf("the eleventh of one address: %d mails, want 0", n)
		}
		w.clock.advance(time.Hour + time.Second)
		w.RequestReset("person0", "198.51.100.1")
		w.WaitErrands()
		if n := len(p.of(auth.MailReset, "p0@example.org")); n != 4 {
			t.Errorf("%d mails after another hour, want 4", n)
		}
	})
}

// A mail server that hangs or refuses holds nobody up.
func TestNobodyWaitsForTheMailServer(t *testing.T) {
	each(t, func(w *world) {
		stuck := make(chan struct{})
		w.cfg.Mailer, w.cfg.PublicURL = hanging(stuck), "https://chat.example.org"
		w.Service = w.another()
		w.userWith("member1", "m@example.org", contracts.RoleMember)
		done := make(chan error, 1)
		go func() {
			for i := range 3 {
				w.RequestReset("member1", fmt.Sprintf("192.0.2.%d", i))
				if _, err := w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: goodPassword, IP: fmt.Sprintf("198.51.100.%d", i)}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		var err error
		select {
		case err = <-done:
		case <-time.After(2 * time.Minute):
			err = errors.New("three sign-ins wait for the mail server")
		}
		close(stuck)
		w.must(err)
		w.WaitErrands()
	})
}

// hanging is a mail server that answers nobody until it is closed.
type hanging chan struct{}

func (h hanging) Send(context.Context, auth.Mail) error {
	<-h
	return nil
}

func TestAMailerNeedsAPublicURL(t *testing.T) {
	each(t, func(w *world) {
		_, err := auth.New(w.ctx, w.db, auth.Config{Mailer: &postbox{}})
		w.wants(err, contracts.ErrInvalid)
		w.RequestReset("owner", "192.0.2.1") // without a mailer: nothing, and no harm
		w.WaitErrands()
	})
}

func TestInviteByMail(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		member := w.user("member1", contracts.RoleMember)
		invite, err := w.CreateInvite(w.ctx, member, auth.NewInvite{Email: " New@example.org "})
		w.must(err)
		mail := w.mailed(p, auth.MailInvite, "New@example.org", 1)[0]
		if code := w.code(mail, "https://chat.example.org/invite/"); code.Reveal() == invite.Code || mail.By != "member1" || !mail.ExpiresAt.Equal(invite.ExpiresAt) {
			t.Errorf("got %+v for %+v", mail, invite)
		}
		w.must(w.signup(invite.Code, "newcomer"))
		_, err = w.CreateInvite(w.ctx, member, auth.NewInvite{Email: "a@example.org, b@example.org"})
		w.wants(err, contracts.ErrInvalid)
		_, err = w.CreateInvite(w.ctx, member, auth.NewInvite{Email: "a@example.org", MaxUses: 2})
		w.wants(err, contracts.ErrInvalid)
		for i := range 4 { // more mails to one address than three an hour are not sent, which is said
			invite, err := w.CreateInvite(w.ctx, member, auth.NewInvite{Email: "often@example.org"})
			w.must(err)
			if invite.Mailed != (i < 3) {
				t.Errorf("invite %d to one address: mailed %v", i+1, invite.Mailed)
			}
		}
		_, err = w.CreateInvite(w.ctx, contracts.Operator, auth.NewInvite{Email: "c@example.org"})
		w.must(err)
		if mail := w.mailed(p, auth.MailInvite, "c@example.org", 1)[0]; mail.By != "" {
			t.Errorf("got %+v", mail)
		}
	})
}

func TestInviteByMailWithoutAMailServer(t *testing.T) {
	each(t, func(w *world) {
		invite, err := w.CreateInvite(w.ctx, w.owner, auth.NewInvite{Email: "new@example.org"})
		w.must(err)
		if invite.Mailed || invite.Code == "" || invite.Email != "new@example.org" {
			t.Errorf("made %+v", invite)
		}
		in, err := w.Signup(w.ctx, auth.SignupInput{Code: auth.Secret(invite.Code), Username: "newcomer", Password: goodPassword})
		w.must(err)
		if in.User.Email != "new@example.org" {
			t.Errorf("signed up %+v", in.User)
		}
	})
}
