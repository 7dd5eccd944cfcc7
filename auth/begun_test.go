package auth_test

import (
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
)

// alive tells which of some sessions still let somebody in.
func (w *world) alive(sessions ...auth.SignedIn) (alive []bool) {
	w.Helper()
	for _, in := range sessions {
		_, err := w.Authenticate(w.ctx, in.Access.Reveal())
		if err != nil {
			w.wants(err, contracts.ErrUnauthenticated)
		}
		alive = append(alive, err == nil)
	}
	return alive
}

// handed is a session that another handed over.
func (w *world) handed(in auth.SignedIn) auth.SignedIn {
	w.Helper()
	actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
	w.must(err)
	link, err := w.HandOver(w.ctx, actor)
	w.must(err)
	got, err := w.TakeOver(w.ctx, link.Code, "web/1", "192.0.2.9")
	w.must(err)
	return got
}

// let in is a session that another approved.
func (w *world) letIn(in auth.SignedIn) auth.SignedIn {
	w.Helper()
	actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
	w.must(err)
	d := w.begin()
	_, err = w.AnswerDevice(w.ctx, actor, d.UserCode, true)
	w.must(err)
	got, err := w.FinishDevice(w.ctx, d.DeviceCode, "192.0.2.8")
	w.must(err)
	return got
}

// Whoever has a lost device has what it began: taking its passkey away ends that, and
// what came of it, at once.
func TestTheEndOfAPasskeyEndsItsSessions(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		lost, made, actor := w.withPasskey(a)
		kept := passkeytest.New(origin)
		w.addPasskey(kept, actor)
		by := func(device *passkeytest.Authenticator) auth.SignedIn {
			t.Helper()
			in, err := w.passkeyLogin(device)
			w.must(err)
			return in
		}
		gone, other, otherUser := by(lost), by(kept), w.owner
		handed := w.handed(gone)
		devices := w.letIn(handed) // a third hand
		_, others := w.signIn(otherUser)
		password, _ := w.signIn(a)
		asks, err := w.Authenticate(w.ctx, by(kept).Access.Reveal())
		w.must(err)
		head := w.head()
		_, err = w.RemovePasskey(w.ctx, asks, made.ID)
		w.must(err)
		if got := w.alive(gone, handed, devices, other, password); got[0] || got[1] || got[2] || !got[3] || !got[4] {
			t.Errorf("alive %v", got)
		}
		ended := map[string]bool{}
		for _, ev := range w.events(head) {
			if ev.Type == contracts.EventSessionRevoked {
				ended[ev.Subject] = true
			}
		}
		if len(ended) != 3 || !ended[gone.Session.ID] || !ended[handed.Session.ID] || !ended[devices.Session.ID] {
			t.Errorf("told of %v", ended)
		}
		w.must(w.RequireFresh(w.ctx, others))
	})
}

// The one that asks goes on, even when that passkey began it: it has just proved who is
// there. The operator has no session, so nothing goes on.
func TestWhoTakesAPasskeyAwayGoesOn(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		device, made, _ := w.withPasskey(a)
		asks, err := w.passkeyLogin(device)
		w.must(err)
		too, err := w.passkeyLogin(device)
		w.must(err)
		actor, err := w.Authenticate(w.ctx, asks.Access.Reveal())
		w.must(err)
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.must(err)
		if got := w.alive(asks, too); !got[0] || got[1] {
			t.Errorf("alive %v", got)
		}
		device, made, _ = w.withPasskey(a)
		in, err := w.passkeyLogin(device)
		w.must(err)
		_, err = w.RemovePasskey(w.ctx, contracts.Operator, made.ID)
		w.must(err)
		if got := w.alive(in, asks); got[0] || !got[1] {
			t.Errorf("after the operator, alive %v", got)
		}
	})
}

func TestTheEndOfALinkedAccountEndsItsSessions(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		a := w.user("somebody", contracts.RoleMember)
		through := func(sub string) auth.OIDCDone {
			t.Helper()
			w.person(sub)
			done, err := w.travel(auth.OIDCStart{})
			w.must(err)
			return done
		}
		for _, sub := range []string{"1", "2"} {
			_, err := w.LinkIdentity(w.ctx, contracts.Operator, auth.NewIdentity{UserID: a.UserID, Provider: "corp", Subject: sub})
			w.must(err)
		}
		gone, other := through("1"), through("2")
		handed := w.handed(gone.SignedIn)
		_, asks := w.signIn(a)
		_, err := w.RemoveIdentity(w.ctx, asks, gone.Identity.ID)
		w.must(err)
		if got := w.alive(gone.SignedIn, handed, other.SignedIn); got[0] || got[1] || !got[2] {
			t.Errorf("alive %v", got)
		}
		w.must(w.RequireFresh(w.ctx, asks))
		actor, err := w.Authenticate(w.ctx, other.Access.Reveal())
		w.must(err)
		too := through("2")
		_, err = w.RemoveIdentity(w.ctx, actor, other.Identity.ID)
		w.must(err)
		if got := w.alive(other.SignedIn, too.SignedIn); !got[0] || got[1] {
			t.Errorf("of the one that asks and another, alive %v", got)
		}
	})
}
