package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestASessionIsHandedOver(t *testing.T) {
	each(t, func(w *world) {
		in, member := w.signIn(w.user("member1", contracts.RoleMember))
		w.clock.advance(9 * time.Minute)
		link, err := w.HandOver(w.ctx, member)
		w.must(err)
		if !link.ExpiresAt.Equal(w.clock.Now().Add(2 * time.Minute)) {
			t.Errorf("got %+v", link)
		}
		w.clock.advance(2*time.Minute - time.Millisecond)
		got, err := w.TakeOver(w.ctx, " "+link.Code+"\n", "web/1.0 (Safari on iPhone)", "192.0.2.9")
		w.must(err)
		s := got.Session
		if s.ID == in.Session.ID || s.UserID != member.UserID || s.Method != contracts.MethodLink || s.IP != "192.0.2.9" || s.Client != "web/1.0" || s.Device != "Safari on iPhone" || got.Owes != "" {
			t.Errorf("got %+v", got)
		}
		other, err := w.Authenticate(w.ctx, got.Secret.Reveal())
		w.must(err)
		_, err = w.Authenticate(w.ctx, in.Secret.Reveal())
		w.must(err) // the first goes on
		_, err = w.TakeOver(w.ctx, link.Code, "", "")
		w.wants(err, contracts.ErrGone)
		_, err = w.HandOver(w.ctx, other) // it has proved what the first had proved, when that had
		w.wants(err, contracts.ErrReauthRequired)
	})
}

func TestALinkThatIsNotGoodAnyMore(t *testing.T) {
	each(t, func(w *world) {
		in, member := w.signIn(w.user("member1", contracts.RoleMember))
		offer := func() auth.Secret {
			t.Helper()
			link, err := w.HandOver(w.ctx, member)
			w.must(err)
			return link.Code
		}
		refused := func(code auth.Secret) {
			t.Helper()
			_, err := w.TakeOver(w.ctx, code, "", "")
			w.wants(err, contracts.ErrGone)
		}
		replaced, late := offer(), offer()
		refused(replaced)
		w.clock.advance(2 * time.Minute)
		refused(late)
		for _, wrong := range []auth.Secret{"", "dkl_", "dkl_" + auth.Secret(strings.Repeat("a", 43)), late + "x", auth.Secret(strings.Repeat("x", 1<<20))} {
			refused(wrong)
		}
		ended := offer()
		w.must(w.RevokeSession(w.ctx, contracts.Operator, in.Session.ID))
		refused(ended)
		_, err := w.HandOver(w.ctx, member)
		w.wants(err, contracts.ErrUnauthenticated)
	})
}

func TestWhoMayHandASessionOver(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		_, token := w.token(person, "*")
		_, stale := w.signIn(person)
		w.clock.advance(10*time.Minute + time.Millisecond)
		_, owing := w.signIn(person)
		owing.Owes = contracts.ProofEnrolment
		for _, c := range []struct {
			actor contracts.Actor
			want  error
		}{
			{token, contracts.ErrForbidden}, {contracts.Actor{}, contracts.ErrForbidden}, {contracts.Operator, contracts.ErrForbidden},
			{stale, contracts.ErrReauthRequired}, {owing, contracts.ErrMFARequired},
		} {
			_, err := w.HandOver(w.ctx, c.actor)
			w.wants(err, c.want)
		}
	})
}

func TestALinkIsTakenOnce(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		for range raceRounds(t) {
			member := w.fresh(person) // the oldest of many sessions leaves
			link, err := w.HandOver(w.ctx, member)
			w.must(err)
			errs := atOnce(8, func(int) error {
				_, err := w.TakeOver(w.ctx, link.Code, "", "")
				return err
			})
			if n := w.won(errs, contracts.ErrGone); n != 1 {
				t.Errorf("%d sessions were started", n)
			}
		}
	})
}

func TestAllSessionsEnd(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		first, asks := w.signIn(person)
		second, _ := w.signIn(person)
		bystander, _ := w.signIn(w.user("member2", contracts.RoleMember))
		n, err := w.RevokeAllSessions(w.ctx, asks, person.UserID)
		w.must(err)
		if n != 2 {
			t.Errorf("%d sessions ended", n)
		}
		for _, in := range []auth.SignedIn{first, second} {
			_, err := w.Authenticate(w.ctx, in.Secret.Reveal())
			w.wants(err, contracts.ErrUnauthenticated)
		}
		_, err = w.Authenticate(w.ctx, bystander.Secret.Reveal())
		w.must(err)
		_, err = w.RevokeAllSessions(w.ctx, asks, bystander.User.ID)
		w.wants(err, contracts.ErrForbidden)
	})
}
