package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// mailSite is a site that mails, whose provider links by address.
type mailSite struct {
	*site
	post *postbox
}

func eachMailSite(t *testing.T, fn func(w mailSite), more ...func(*auth.Config)) {
	t.Helper()
	eachSite(t, func(p *auth.OIDCProvider) { p.LinkByVerifiedEmail = true }, func(w *site) {
		p := &postbox{}
		w.cfg.Mailer, w.cfg.PublicURL, w.cfg.MailRetries = p, "https://chat.example.org/", []time.Duration{time.Millisecond}
		w.Service = w.another()
		fn(mailSite{w, p})
	}, more...)
}

// links tells whether the provider's account with that address is let in as the user, and
// takes what it linked away again.
func (w mailSite) links(address, userID string) bool {
	w.Helper()
	w.person("sub of "+strings.ToLower(address), "email", address, "email_verified", true)
	done, err := w.travel(auth.OIDCStart{})
	if err == nil {
		_, err := w.RemoveIdentity(w.ctx, contracts.Operator, done.Identity.ID)
		w.must(err)
		if done.Created {
			_, err := w.DeleteUser(w.ctx, contracts.Operator, done.User.ID)
			w.must(err)
		}
		return done.User.ID == userID && done.Linked
	}
	w.refused(err, auth.RefusedTaken, contracts.ErrConflict)
	return false
}

func (w mailSite) proves(userID string) bool {
	w.Helper()
	_, actor := w.signIn(contracts.Actor{UserID: userID})
	state, err := w.OwnEmail(w.ctx, actor)
	w.must(err)
	return state.Proved
}

func verifying(c *auth.Config) {
	c.OpenSignup = func(context.Context, string) (bool, error) { return true, nil }
}

func TestALinkThatWasMailedProvesItsAddress(t *testing.T) {
	eachMailSite(t, func(w mailSite) {
		_, pending, err := w.OpenSignup(w.ctx, auth.SignupInput{Username: "signed.up", Password: goodPassword, Email: "up@x.example"})
		w.must(err)
		if !pending {
			t.Fatal("the address was not asked for")
		}
		mail := w.mailed(w.post, auth.MailVerify, "up@x.example", 1)[0]
		in, err := w.VerifySignup(w.ctx, w.code(mail, "https://chat.example.org/verify#"), "web", "")
		w.must(err)
		if !w.proves(in.User.ID) || !w.links("Up@x.example", in.User.ID) {
			t.Error("a sign-up by a mailed link does not prove its address")
		}

		// An address that its user entered counts once a mail there was answered.
		member := w.unproved("member1", "member1@x.example")
		if w.proves(member.UserID) || w.links("member1@x.example", member.UserID) {
			t.Error("an address counts that nobody proved")
		}
		// A link that an administrator hands on was never in that mailbox.
		handed, err := w.NewReset(w.ctx, contracts.Operator, member.UserID)
		w.must(err)
		_, err = w.ResetPassword(w.ctx, handed.Code, anotherPassword, "")
		w.must(err)
		if w.proves(member.UserID) || w.links("member1@x.example", member.UserID) {
			t.Error("a link that was handed on proved an address")
		}
		w.RequestReset("member1", "192.0.2.1")
		mail = w.mailed(w.post, auth.MailReset, "member1@x.example", 1)[0]
		_, err = w.ResetPassword(w.ctx, w.code(mail, "https://chat.example.org/reset#"), goodPassword, "")
		w.must(err)
		if !w.proves(member.UserID) || !w.links("member1@x.example", member.UserID) {
			t.Error("a reset by a mailed link does not prove its address")
		}
	}, verifying)
}

// unproved makes a user with an address that is only said to be theirs.
func (w *world) unproved(name, email string) contracts.Actor {
	w.Helper()
	invite, err := w.CreateInvite(w.ctx, contracts.Operator, auth.NewInvite{})
	w.must(err)
	in, err := w.Signup(w.ctx, auth.SignupInput{Code: auth.Secret(invite.Code), Username: name, Password: goodPassword, Email: email})
	w.must(err)
	return contracts.Actor{UserID: in.User.ID, Username: name, Role: in.User.Role, SessionID: in.Session.ID}
}

// Whoever made the invite knows its link, so the link proves nothing; the mail has another.
func TestAMailedInviteProvesItsAddress(t *testing.T) {
	eachMailSite(t, func(w mailSite) {
		for i, c := range []struct {
			name   string
			mailed bool
		}{{"guest.one", true}, {"guest.two", false}} {
			address := c.name + "@x.example"
			invite, err := w.CreateInvite(w.ctx, w.owner, auth.NewInvite{Email: address})
			w.must(err)
			if invite.Email != address || !invite.Mailed {
				t.Fatalf("made %+v", invite)
			}
			code := auth.Secret(invite.Code)
			mailed := w.code(w.mailed(w.post, auth.MailInvite, address, 1)[0], "https://chat.example.org/invite/")
			if mailed == code {
				t.Fatal("the inviter is shown the code of the mail")
			}
			if c.mailed {
				code = mailed
			}
			for _, other := range []string{"other@x.example", "guest.one@x.example.net"} {
				_, err = w.Signup(w.ctx, auth.SignupInput{Code: code, Username: c.name, Password: goodPassword, Email: other})
				w.wants(err, contracts.ErrForbidden)
				var e *contracts.Error
				if !errors.As(err, &e) || e.Field != "/email" || e.Hint == "" {
					t.Errorf("another address is refused with %+v", err)
				}
			}
			said := []string{"", "GUEST.one@x.example"}[1-i] // the second leaves it out
			if !c.mailed {
				said = ""
			}
			in, err := w.Signup(w.ctx, auth.SignupInput{Code: code, Username: c.name, Password: goodPassword, Email: said})
			w.must(err)
			if in.User.Email != address {
				t.Errorf("the account has the address %q", in.User.Email)
			}
			if w.proves(in.User.ID) != c.mailed || w.links(address, in.User.ID) != c.mailed {
				t.Errorf("%s, by the mail: %v, and its address counts the other way round", c.name, c.mailed)
			}
			for _, used := range []auth.Secret{mailed, auth.Secret(invite.Code)} { // one use for both
				_, err = w.Signup(w.ctx, auth.SignupInput{Code: used, Username: "late", Password: goodPassword})
				w.wants(err, contracts.ErrGone)
			}
		}
	})
}
