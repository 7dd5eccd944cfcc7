package auth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// wantsEmail asks for another address in the actor's name.
func (w *world) wantsEmail(actor contracts.Actor, email string) (contracts.User, error) {
	return w.UpdateUser(w.ctx, actor, actor.UserID, auth.UserUpdate{Email: &email})
}

func (w *world) email(actor contracts.Actor) contracts.EmailState {
	w.Helper()
	state, err := w.OwnEmail(w.ctx, actor)
	w.must(err)
	return state
}

const emailLink = "https://chat.example.org/verify/email#"

func TestAnotherAddressHoldsOnceItsMailIsAnswered(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		actor := w.fresh(w.userWith("member1", "old@x.example", contracts.RoleMember))
		head := w.head()
		u, err := w.wantsEmail(actor, "New@x.example")
		w.must(err)
		state := w.email(actor)
		if u.Email != "old@x.example" || state.Email != "old@x.example" || !state.Proved || state.Pending == nil ||
			state.Pending.Email != "New@x.example" || !state.Pending.ExpiresAt.Equal(w.clock.Now().Truncate(time.Millisecond).Add(24*time.Hour)) {
			t.Errorf("before the mail is answered: %+v, %+v", u, state)
		}
		w.mailed(p, auth.MailEmailAsked, "old@x.example", 1)
		first := w.code(w.mailed(p, auth.MailEmail, "New@x.example", 1)[0], emailLink)
		_, err = w.wantsEmail(actor, "new@X.example") // said again it is the same wish
		w.must(err)
		state, err = w.ResendEmail(w.ctx, actor)
		w.must(err)
		if state.Pending == nil || state.Pending.Email != "New@x.example" {
			t.Errorf("after a repeat: %+v", state)
		}
		mails := w.mailed(p, auth.MailEmail, "New@x.example", 2)
		second := w.code(mails[1], emailLink)
		w.WaitErrands()
		if n := len(p.of(auth.MailEmailAsked, "old@x.example")) + len(p.of(auth.MailEmail, "new@X.example")); n != 1 {
			t.Errorf("%d mails about one wish, want 1 besides the links", n)
		}
		for _, code := range []auth.Secret{first, "", "nonsense", "' OR 1=1 --"} {
			_, err = w.ConfirmEmail(w.ctx, code, "")
			w.wants(err, contracts.ErrGone)
		}
		done, err := w.ConfirmEmail(w.ctx, " "+second+"\n", "192.0.2.9")
		w.must(err)
		if !done.Changed || done.User.Email != "New@x.example" || done.User.ID != actor.UserID {
			t.Errorf("confirmed %+v", done)
		}
		if state = w.email(actor); state.Email != "New@x.example" || !state.Proved || state.Pending != nil {
			t.Errorf("after the mail was answered: %+v", state)
		}
		if m := w.mailed(p, auth.MailEmailChanged, "old@x.example", 1)[0]; m.Link != "" || m.IP != "192.0.2.9" {
			t.Errorf("the address before is told %+v", m)
		}
		_, err = w.ConfirmEmail(w.ctx, second, "")
		w.wants(err, contracts.ErrGone)
		_, err = w.Authenticate(w.ctx, "")
		w.wants(err, contracts.ErrUnauthenticated)
		if got := w.types(head); len(got) != 0 { // an address is in no event
			t.Errorf("events %v", got)
		}
		// Taken away it is gone at once, which the address is told too.
		_, err = w.wantsEmail(actor, "")
		w.must(err)
		if state = w.email(actor); state.Email != "" || state.Proved {
			t.Errorf("without an address: %+v", state)
		}
		w.mailed(p, auth.MailEmailChanged, "New@x.example", 1)
	})
}

// Whoever asks learns nothing of who has an address, and who has it is not bothered.
func TestAChangeOfAddressTellsNothing(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		w.userWith("member1", "taken@x.example", contracts.RoleMember)
		for _, address := range []string{"taken@x.example", "TAKEN@X.example", "free@x.example"} {
			actor := w.fresh(w.user(fmt.Sprintf("m%d", w.head()), contracts.RoleMember))
			u, err := w.wantsEmail(actor, address)
			w.must(err)
			state := w.email(actor)
			if u.Email != "" || state.Email != "" || state.Pending == nil || state.Pending.Email != address {
				t.Errorf("%s: %+v, %+v", address, u, state)
			}
			_, err = w.ResendEmail(w.ctx, actor)
			w.must(err)
		}
		w.mailed(p, auth.MailEmail, "free@x.example", 2)
		for _, address := range []string{"taken@x.example", "TAKEN@X.example"} {
			if got := p.of(auth.MailEmail, address); len(got) != 0 {
				t.Errorf("%d mails to somebody's address", len(got))
			}
		}
		// Who was quicker has it; the link that is older says so to who holds the mailbox.
		code := w.code(p.of(auth.MailEmail, "free@x.example")[1], emailLink)
		w.userWith("quicker", "free@x.example", contracts.RoleMember)
		_, err := w.ConfirmEmail(w.ctx, code, "")
		w.wants(err, contracts.ErrNameTaken)
	})
}

func TestWhatAChangeOfAddressNeeds(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		member := w.userWith("member1", "old@x.example", contracts.RoleMember)
		actor := w.fresh(member)
		_, token := w.token(member, "*")
		_, err := w.wantsEmail(token, "new@x.example")
		w.wants(err, contracts.ErrForbidden)
		_, err = w.OwnEmail(w.ctx, token)
		w.wants(err, contracts.ErrForbidden)
		_, err = w.ResendEmail(w.ctx, actor)
		w.wants(err, contracts.ErrConflict) // nothing is open
		for _, bad := range []string{"nonsense", "a@b@c", "two words@x.example"} {
			_, err = w.wantsEmail(actor, bad)
			w.wants(err, contracts.ErrInvalid)
		}
		w.clock.advance(11 * time.Minute)
		_, err = w.wantsEmail(actor, "new@x.example")
		w.wants(err, contracts.ErrReauthRequired)
		_, err = w.wantsEmail(actor, "OLD@x.example") // the same address
		w.must(err)
		actor = w.fresh(member)
		_, err = w.wantsEmail(actor, "new@x.example")
		w.must(err)
		w.must(w.CancelEmail(w.ctx, actor))
		w.must(w.CancelEmail(w.ctx, actor))
		code := w.code(w.mailed(p, auth.MailEmail, "new@x.example", 1)[0], emailLink)
		_, err = w.ConfirmEmail(w.ctx, code, "")
		w.wants(err, contracts.ErrGone)
	})
}

// What makes a link useless before its day is over, and after it.
func TestWhatEndsAChangeOfAddress(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		for name, spoil := range map[string]func(a contracts.Actor){
			"a day":          func(contracts.Actor) { w.clock.advance(24 * time.Hour) },
			"a new password": func(a contracts.Actor) { w.must(w.SetPassword(w.ctx, w.owner, a.UserID, anotherPassword)) },
			"a suspension": func(a contracts.Actor) {
				_, err := w.Suspend(w.ctx, w.owner, a.UserID)
				w.must(err)
			},
			"another wish": func(a contracts.Actor) {
				_, err := w.wantsEmail(a, "later@x.example")
				w.must(err)
			},
			"an administrator": func(a contracts.Actor) {
				set := a.Username + "@admin.example"
				_, err := w.UpdateUser(w.ctx, w.owner, a.UserID, auth.UserUpdate{Email: &set})
				w.must(err)
			},
			"deletion": func(a contracts.Actor) {
				_, err := w.DeleteUser(w.ctx, contracts.Operator, a.UserID)
				w.must(err)
			},
		} {
			actor := w.fresh(w.user("m"+fmt.Sprint(w.head()), contracts.RoleMember))
			address := actor.Username + "@x.example"
			_, err := w.wantsEmail(actor, address)
			w.must(err)
			code := w.code(w.mailed(p, auth.MailEmail, address, 1)[0], emailLink)
			spoil(actor)
			if _, err := w.ConfirmEmail(w.ctx, code, ""); !errors.Is(err, contracts.ErrGone) {
				t.Errorf("after %s: got %v, want gone", name, err)
			}
		}
		w.clock.advance(24 * time.Hour)
		_, err := w.Prune(w.ctx)
		w.must(err)
		var left int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM email_changes`).Scan(&left))
		if left != 0 {
			t.Errorf("%d expired changes are left", left)
		}
	})
}

// 3 mails an hour to one address, whoever asks; 10 changes by one user, and from one place.
func TestChangesOfAddressAreLimited(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		actor := w.fresh(w.user("member1", contracts.RoleMember))
		_, err := w.wantsEmail(actor, "one@x.example")
		w.must(err)
		for range 4 {
			_, err := w.ResendEmail(w.ctx, actor)
			w.must(err)
		}
		for i := range 5 {
			_, err := w.wantsEmail(actor, fmt.Sprintf("n%d@x.example", i))
			w.must(err)
		}
		_, err = w.wantsEmail(actor, "eleventh@x.example")
		w.wants(err, contracts.ErrRateLimited)
		var e *contracts.Error
		if !errors.As(err, &e) || e.RetryAfter < 3599 || e.RetryAfter > 3600 {
			t.Errorf("wait %+v", err)
		}
		w.mailed(p, auth.MailEmail, "n4@x.example", 1) // the last one that went out
		if n := len(p.of(auth.MailEmail, "one@x.example")); n != 3 {
			t.Errorf("%d mails to one address, want 3", n)
		}
		w.clock.advance(time.Hour)
		actor = w.fresh(actor)
		_, err = w.wantsEmail(actor, "one@x.example")
		w.must(err)
		w.mailed(p, auth.MailEmail, "one@x.example", 4)
		for i := range 11 {
			other := w.fresh(w.user(fmt.Sprintf("other%d", i), contracts.RoleMember))
			other.IP = "192.0.2.77"
			_, err := w.wantsEmail(other, fmt.Sprintf("o%d@x.example", i))
			if i < 10 {
				w.must(err)
			} else {
				w.wants(err, contracts.ErrRateLimited)
			}
		}
	})
}

// Without a mail server a change holds at once, and is worth less than it was.
func TestWithoutMailAnotherAddressHoldsAtOnceUnproved(t *testing.T) {
	each(t, func(w *world) {
		member := w.fresh(w.userWith("member1", "old@x.example", contracts.RoleMember))
		w.userWith("member2", "taken@x.example", contracts.RoleMember)
		if state := w.email(member); !state.Proved {
			t.Errorf("who makes an account answers for its address: %+v", state)
		}
		u, err := w.wantsEmail(member, "new@x.example")
		w.must(err)
		if state := w.email(member); u.Email != "new@x.example" || state.Email != "new@x.example" || state.Proved || state.Pending != nil {
			t.Errorf("%+v, %+v", u, state)
		}
		_, err = w.wantsEmail(member, "old@x.example") // that it was proved once counts no more
		w.must(err)
		if state := w.email(member); state.Proved {
			t.Errorf("back to the first: %+v", state)
		}
		_, err = w.wantsEmail(member, "taken@x.example")
		w.wants(err, contracts.ErrNameTaken)
		_, err = w.ResendEmail(w.ctx, member)
		w.wants(err, contracts.ErrUnavailable)
		w.clock.advance(11 * time.Minute)
		_, err = w.wantsEmail(member, "late@x.example")
		w.wants(err, contracts.ErrReauthRequired)
	})
}

// An administrator's entry holds at once, unproved; a mail asks the user to prove it.
func TestAnAddressThatAnAdministratorEnters(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		member := w.userWith("member1", "old@x.example", contracts.RoleMember)
		w.userWith("member2", "taken@x.example", contracts.RoleMember)
		set := func(email string) error {
			_, err := w.UpdateUser(w.ctx, w.owner, member.UserID, auth.UserUpdate{Email: &email})
			return err
		}
		w.wants(set("taken@x.example"), contracts.ErrNameTaken) // they see everybody's
		w.must(set("new@x.example"))
		actor := w.fresh(member)
		if state := w.email(actor); state.Email != "new@x.example" || state.Proved || state.Pending == nil {
			t.Errorf("entered: %+v", state)
		}
		w.mailed(p, auth.MailEmailChanged, "old@x.example", 1)
		done, err := w.ConfirmEmail(w.ctx, w.code(w.mailed(p, auth.MailEmail, "new@x.example", 1)[0], emailLink), "")
		w.must(err)
		if state := w.email(actor); done.Changed || !state.Proved || state.Pending != nil {
			t.Errorf("proved: %+v, %+v", done, state)
		}
		if n := len(p.of(auth.MailEmailChanged, "new@x.example")); n != 0 {
			t.Errorf("%d notices that nothing changed", n)
		}
		// One that nobody ever proved can be, when its user wants to.
		other := w.fresh(w.unproved("member3", "said@x.example"))
		state, err := w.ResendEmail(w.ctx, other)
		w.must(err)
		if state.Pending == nil || state.Pending.Email != "said@x.example" {
			t.Errorf("asked for: %+v", state)
		}
		_, err = w.ConfirmEmail(w.ctx, w.code(w.mailed(p, auth.MailEmail, "said@x.example", 1)[0], emailLink), "")
		w.must(err)
		if state := w.email(other); !state.Proved {
			t.Errorf("said and proved: %+v", state)
		}
	})
}

func TestOneOfManyConfirmationsWins(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		actor := w.fresh(w.user("member1", contracts.RoleMember))
		_, err := w.wantsEmail(actor, "new@x.example")
		w.must(err)
		code := w.code(w.mailed(p, auth.MailEmail, "new@x.example", 1)[0], emailLink)
		errs := atOnce(10, func(int) error {
			_, err := w.ConfirmEmail(context.WithoutCancel(w.ctx), code, "")
			return err
		})
		if n := w.won(errs, contracts.ErrGone); n != 1 {
			t.Errorf("%d confirmations by one code", n)
		}
	})
}
