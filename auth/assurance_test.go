package auth_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// demands is a policy that a test switches on and off.
type demands struct{ of atomic.Value }

func (d *demands) set(role contracts.Role) { d.of.Store(role) }

func (d *demands) config(c *auth.Config) {
	d.set("")
	c.SecondFactorRequired = func(_ context.Context, role contracts.Role) (bool, error) { return d.of.Load() == role, nil }
}

func TestARoleThatDemandsASecondFactorIsLetInToEnrolAlone(t *testing.T) {
	each(t, func(w *world) {
		policy := &demands{}
		policy.config(&w.cfg)
		w.Service = w.another()
		policy.set(contracts.RoleAdmin)
		member, admin := w.user("member", contracts.RoleMember), w.user("deputy", contracts.RoleAdmin)
		if in, _ := w.signIn(member); in.Owes != "" {
			t.Errorf("a member owes %q", in.Owes)
		}
		in, err := w.Login(w.ctx, auth.LoginInput{Username: "deputy", Password: goodPassword})
		w.must(err)
		if in.Owes != contracts.ProofEnrolment || in.Session.Method != contracts.MethodPassword {
			t.Errorf("an administrator owes %q after %q", in.Owes, in.Session.Method)
		}
		for _, credential := range []auth.Secret{in.Secret, in.Access} {
			actor, err := w.Authenticate(w.ctx, credential.Reveal())
			w.must(err)
			if actor.Owes != contracts.ProofEnrolment || actor.UserID != admin.UserID {
				t.Errorf("authenticated as %+v", actor)
			}
			if actor.Can(contracts.PermReadMessages) || actor.InScope("*") {
				t.Error("who owes a proof can do something")
			}
			w.wants(auth.Owing(actor), contracts.ErrMFARequired)
			_, err = w.Sessions(w.ctx, actor, actor.UserID)
			w.wants(err, contracts.ErrForbidden)
			_, _, err = w.CreateToken(w.ctx, actor, auth.NewToken{Name: "t", Scopes: []string{"*"}})
			w.wants(err, contracts.ErrForbidden)
			name := "Other"
			_, err = w.UpdateUser(w.ctx, actor, actor.UserID, auth.UserUpdate{DisplayName: &name})
			w.wants(err, contracts.ErrForbidden)
		}
		if n := w.Cached(); n > 1 { // the member's
			t.Errorf("%d credentials are remembered, those of who owes among them", n)
		}
		_, err = w.Refresh(w.ctx, in.Refresh, "")
		w.wants(err, contracts.ErrMFARequired)

		// Once nothing is demanded any more the same session works, and its refresh token too.
		policy.set("")
		actor, err := w.Authenticate(w.ctx, in.Secret.Reveal())
		w.must(err)
		if actor.Owes != "" || !actor.Can(contracts.PermManageUsers) {
			t.Errorf("still owes: %+v", actor)
		}
		next, err := w.Refresh(w.ctx, in.Refresh, "")
		w.must(err)
		// And a session that is believed owes at once when the settings change.
		policy.set(contracts.RoleAdmin)
		w.Apply(contracts.Event{Type: contracts.EventSettingsChanged})
		if actor, err = w.Authenticate(w.ctx, next.Access.Reveal()); err != nil || actor.Owes != contracts.ProofEnrolment {
			t.Errorf("after the settings changed: owes %q, %v", actor.Owes, err)
		}
	})
}

func TestAFreshProofOfIdentity(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		_, actor := w.signIn(a)
		actor.IP = "192.0.2.1"
		w.must(w.RequireFresh(w.ctx, actor))
		w.must(w.RequireFresh(w.ctx, contracts.Operator))
		w.must(w.RequireFresh(w.ctx, contracts.Actor{UserID: a.UserID, Role: a.Role})) // chat-auth --as
		w.clock.advance(10 * time.Minute)
		w.must(w.RequireFresh(w.ctx, actor))
		w.clock.advance(time.Millisecond)
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired)

		w.wants(w.Reauth(w.ctx, actor, "not the password"), contracts.ErrBadCredentials)
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired)
		w.must(w.Reauth(w.ctx, actor, goodPassword))
		w.must(w.RequireFresh(w.ctx, actor))

		// What a session proved, another of the same user has not.
		w.clock.advance(time.Hour)
		in, other := w.signIn(a)
		w.must(w.RequireFresh(w.ctx, other))
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired)
		w.must(w.RevokeSession(w.ctx, actor, in.Session.ID))
		w.wants(w.RequireFresh(w.ctx, other), contracts.ErrUnauthenticated)

		_, token := w.token(a, "*")
		w.wants(w.RequireFresh(w.ctx, token), contracts.ErrForbidden)
		w.wants(w.Reauth(w.ctx, token, goodPassword), contracts.ErrForbidden)
		// Guessing is limited like logging in.
		for range 5 {
			w.wants(w.Reauth(w.ctx, actor, "not the password"), contracts.ErrBadCredentials)
		}
		w.wants(w.Reauth(w.ctx, actor, goodPassword), contracts.ErrRateLimited)
	})
}

func TestASessionSaysHowItBegan(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		in, err := w.StartSession(w.ctx, a.UserID, auth.SignInProof{Method: contracts.MethodOIDC, Assurance: auth.TwoFactors, ProvedAt: w.clock.Now().Add(-time.Hour)})
		w.must(err)
		actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		list, err := w.Sessions(w.ctx, actor, a.UserID)
		w.must(err)
		if len(list) != 1 || list[0].Method != contracts.MethodOIDC || in.Session.Method != contracts.MethodOIDC {
			t.Errorf("sessions %+v", list)
		}
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired) // what was handed on is an hour old
	})
}
