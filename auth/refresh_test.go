package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestRefreshRotates(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		in, _ := w.signIn(member1)
		seen := map[auth.Secret]bool{in.Refresh: true}
		current := in
		for range 4 {
			w.clock.advance(time.Hour)
			next, err := w.Refresh(w.ctx, current.Refresh, "192.0.2.9")
			w.must(err)
			if seen[next.Refresh] || next.Secret != "" || next.Session.ID != in.Session.ID || next.Session.IP != "192.0.2.9" ||
				!next.Session.LastUsedAt.Equal(w.clock.Now()) || next.User.ID != member1.UserID {
				t.Errorf("got %+v", next)
			}
			seen[next.Refresh] = true
			actor, err := w.Authenticate(w.ctx, next.Access.Reveal())
			w.must(err)
			if actor.SessionID != in.Session.ID {
				t.Errorf("got %+v", actor)
			}
			current = next
		}
		_, err := w.Authenticate(w.ctx, in.Secret.Reveal())
		w.must(err) // the cookie of the same session goes on
	})
}

// Whoever uses an old token again, however old, ends the session for both.
func TestRefreshReuseEndsTheSession(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		for _, age := range []int{1, 2, 5} {
			in, _ := w.signIn(member1)
			bystander, _ := w.signIn(member1)
			current := in
			for range age {
				next, err := w.Refresh(w.ctx, current.Refresh, "")
				w.must(err)
				current = next
			}
			head := w.head()
			_, err := w.Refresh(w.ctx, in.Refresh, "")
			w.wants(err, contracts.ErrUnauthenticated)
			evs := w.events(head)
			if len(evs) != 1 || evs[0].Type != contracts.EventSessionRevoked || evs[0].Subject != in.Session.ID || evs[0].Scope != member1.UserID {
				t.Errorf("events: %+v", evs)
			}
			_, err = w.Refresh(w.ctx, current.Refresh, "")
			w.wants(err, contracts.ErrUnauthenticated)
			for _, secret := range []auth.Secret{current.Access, in.Access, in.Secret} {
				_, err := w.Authenticate(w.ctx, secret.Reveal())
				w.wants(err, contracts.ErrUnauthenticated)
			}
			_, err = w.Refresh(w.ctx, bystander.Refresh, "")
			w.must(err)
		}
	})
}

func TestRefreshRaceHasOneWinner(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		services := []*auth.Service{w.Service, w.another()}
		for range raceRounds(t) {
			in, _ := w.signIn(member1)
			var winner auth.SignedIn
			errs := atOnce(10, func(i int) error {
				next, err := services[i%2].Refresh(w.ctx, in.Refresh, "")
				if err == nil {
					winner = next
				}
				return err
			})
			if n := w.won(errs, contracts.ErrUnauthenticated); n != 1 {
				t.Fatalf("%d of 10 refreshed", n)
			}
			_, err := w.Refresh(w.ctx, winner.Refresh, "")
			w.wants(err, contracts.ErrUnauthenticated) // the others showed that the token is shared
		}
	})
}

func TestRefreshRefuses(t *testing.T) {
	each(t, func(w *world) {
		in, _ := w.signIn(w.user("member1", contracts.RoleMember))
		good := in.Refresh.Reveal()
		head := w.head()
		for name, token := range map[string]string{
			"nothing": "", "only the prefix": "dkr_", "a cookie": in.Secret.Reveal(), "an access token": in.Access.Reveal(),
			"one letter less": good[:len(good)-1], "one letter more": good + "x", "another family": "dkr_" + strings.Repeat("A", 22) + good[26:],
			"no prefix": good[4:], "8 kB": "dkr_" + strings.Repeat("A", 8192), "an SQL quote": "dkr_" + strings.Repeat("'", 65),
		} {
			if _, err := w.Refresh(w.ctx, auth.Secret(token), ""); contracts.CodeOf(err) != contracts.CodeUnauthenticated {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if w.head() != head {
			t.Error("a forged token ended a session")
		}
		_, err := w.Authenticate(w.ctx, good)
		w.wants(err, contracts.ErrUnauthenticated) // it is for Refresh alone
		_, err = w.Refresh(w.ctx, in.Refresh, "")
		w.must(err)
	})
}
