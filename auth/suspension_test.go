package auth_test

import (
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestSuspension(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		one, _ := w.signIn(member1)
		two, _ := w.signIn(member1)
		secret, _ := w.token(member1, "*")
		_, bystander := w.signIn(w.owner)
		head := w.head()

		u, err := w.Suspend(w.ctx, w.owner, member1.UserID)
		w.must(err)
		if u.State != contracts.UserSuspended {
			t.Errorf("got %+v", u)
		}
		_, err = w.Authenticate(w.ctx, one.Secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated) // its session is gone
		_, err = w.Authenticate(w.ctx, one.Access.Reveal())
		w.wants(err, contracts.ErrSuspended)
		_, err = w.Authenticate(w.ctx, secret)
		w.wants(err, contracts.ErrSuspended)
		_, err = w.Refresh(w.ctx, two.Refresh, "")
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.StartSession(w.ctx, member1.UserID, auth.SignInProof{})
		w.wants(err, contracts.ErrSuspended)
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: goodPassword})
		w.wants(err, contracts.ErrSuspended)
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: "a wrong password"})
		w.wants(err, contracts.ErrBadCredentials) // the state is told to who knows the password

		want := []string{contracts.EventUserSuspended, contracts.EventSessionRevoked, contracts.EventSessionRevoked}
		if got := w.types(head); !slices.Equal(got, want) {
			t.Errorf("events: %v, want %v", got, want)
		}
		evs := w.events(head)
		if evs[0].Scope != contracts.ScopeMembers || evs[1].Scope != member1.UserID || evs[2].Scope != member1.UserID ||
			!slices.Contains([]string{one.Session.ID, two.Session.ID}, evs[1].Subject) || evs[1].Subject == evs[2].Subject {
			t.Errorf("events: %+v", evs)
		}
		_, err = w.Suspend(w.ctx, w.owner, member1.UserID)
		w.must(err)
		if got := w.types(head); len(got) != 3 {
			t.Errorf("a repeated suspension logs: %v", got)
		}

		_, err = w.Restore(w.ctx, w.owner, member1.UserID)
		w.must(err)
		if got := w.types(head); len(got) != 4 || got[3] != contracts.EventUserRestored {
			t.Errorf("events: %v", got)
		}
		_, err = w.Authenticate(w.ctx, secret)
		w.must(err) // the token works again
		_, err = w.Authenticate(w.ctx, one.Access.Reveal())
		w.wants(err, contracts.ErrUnauthenticated) // the session does not
		if sessions, err := w.Sessions(w.ctx, bystander, w.owner.UserID); err != nil || len(sessions) != 1 {
			t.Errorf("the bystander: %v, %v", sessions, err)
		}
	})
}
