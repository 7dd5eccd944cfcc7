package auth_test

import (
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// told is what a user says about the proof of its address: "" for nothing.
func told(u contracts.User) string {
	switch {
	case u.EmailProved == nil:
		return ""
	case *u.EmailProved:
		return "proved"
	}
	return "unproved"
}

// reads fails unless whoever may see the address is told of its proof, in a list and alone,
// and nobody else is.
func (w *world) reads(id, email, want string) {
	w.Helper()
	page, err := w.Users(w.ctx, w.owner, auth.UsersRequest{})
	w.must(err)
	for _, u := range page.Data {
		if u.ID == id && (u.Email != email || told(u) != want) {
			w.Errorf("in the list: %q, %q, want %q, %q", u.Email, told(u), email, want)
		}
	}
	own := contracts.Actor{UserID: id, Role: contracts.RoleMember, SessionID: "ses"}
	other := contracts.Actor{UserID: contracts.NewID(contracts.PrefixUser), Role: contracts.RoleMember}
	for _, c := range []struct {
		actor contracts.Actor
		want  string
	}{{w.owner, want}, {own, want}, {other, ""}} {
		u, err := w.UserFor(w.ctx, c.actor, id)
		w.must(err)
		if told(u) != c.want || (u.Email == email) != (c.want == want) {
			w.Errorf("%s reads %q, %q, want %q", c.actor.Role, u.Email, told(u), c.want)
		}
	}
	u, err := w.User(w.ctx, id)
	w.must(err)
	if u.Email != "" || told(u) != "" {
		w.Errorf("everybody reads %q, %q", u.Email, told(u))
	}
}

// An administrator sees whose address is proved, and every change answers as a read would.
func TestWhoseAddressIsProvedIsTold(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		check := func(u contracts.User, err error) func(want string) {
			return func(want string) {
				w.Helper()
				w.must(err)
				if told(u) != want {
					w.Errorf("@%s answers %q, want %q", u.Username, told(u), want)
				}
				w.reads(u.ID, u.Email, want)
			}
		}
		change := func(actor contracts.Actor, id, email string) (contracts.User, error) {
			return w.UpdateUser(w.ctx, actor, id, auth.UserUpdate{Email: &email})
		}
		made, err := w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "made", Email: "made@x.example"})
		check(made, err)("proved")
		check(w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "none"}))("")
		check(w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "brought", Email: "brought@x.example", EmailUnproved: true}))("unproved")
		signed := w.unproved("signed", "signed@x.example")
		u, err := w.UserFor(w.ctx, w.owner, signed.UserID)
		check(u, err)("unproved")

		check(change(w.owner, made.ID, "MADE@x.example"))("proved") // the case of its letters
		check(change(w.owner, made.ID, "next@x.example"))("unproved")
		check(change(w.owner, made.ID, ""))("")
		check(change(w.owner, made.ID, "last@x.example"))("unproved")
		code := w.code(w.mailed(p, auth.MailEmail, "last@x.example", 1)[0], emailLink)
		done, err := w.ConfirmEmail(w.ctx, code, "")
		check(done.User, err)("proved")

		_, err = w.CreateInvite(w.ctx, w.owner, auth.NewInvite{Email: "invited@x.example"})
		w.must(err)
		mailed := w.code(w.mailed(p, auth.MailInvite, "invited@x.example", 1)[0], "https://chat.example.org/invite/")
		in, err := w.Signup(w.ctx, auth.SignupInput{Code: mailed, Username: "invited", Password: goodPassword})
		check(in.User, err)("proved")
		w.RequestReset("signed", "192.0.2.1")
		reset := w.code(w.mailed(p, auth.MailReset, "signed@x.example", 1)[0], "https://chat.example.org/reset#")
		check(w.ResetPassword(w.ctx, reset, "another four words then", ""))("proved")

		ev := &contracts.Event{Type: contracts.EventUserUpdated, Subject: made.ID}
		w.must(w.Payload(w.ctx, w.db.Read, []*contracts.Event{ev}))
		if text := string(ev.Data); !strings.Contains(text, `"username":"made"`) || strings.Contains(text, "email") {
			t.Errorf("everybody is sent %s", text)
		}
	})
}
