package auth_test

import (
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// A key signs for KeyLife; what it signed is good until its end, and no longer.
func TestKeysAreRotatedByAge(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		first, _ := w.signIn(person)
		old := kidOf(t, first.Access)
		prune := func(keys int) {
			t.Helper()
			_, err := w.Prune(w.ctx)
			w.must(err)
			all, err := w.Keys(w.ctx)
			w.must(err)
			if len(all) != keys {
				t.Errorf("%d keys, want %d", len(all), keys)
			}
		}
		w.clock.advance(48*time.Hour - time.Millisecond)
		prune(1)
		before, _ := w.signIn(person)
		if kidOf(t, before.Access) != old {
			t.Error("another key signs too early")
		}
		w.clock.advance(time.Millisecond)
		head := w.head()
		prune(2)
		if types := w.types(head); len(types) != 1 || types[0] != contracts.EventKeyRotated {
			t.Errorf("events: %v", types)
		}
		prune(2) // once
		after, _ := w.signIn(person)
		if kidOf(t, after.Access) == old {
			t.Error("the old key goes on signing")
		}
		for _, in := range []auth.SignedIn{before, after} {
			_, err := w.Authenticate(w.ctx, in.Access.Reveal())
			w.must(err)
		}
		w.clock.advance(5*time.Minute + 2*time.Minute)
		_, err := w.Authenticate(w.ctx, before.Access.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		if n := published(w); n != 1 {
			t.Errorf("%d keys are published", n)
		}
	}, func(c *auth.Config) { c.KeyLife = 48 * time.Hour })
}

// Processes that find the key too old at once make one.
func TestKeyRotationRace(t *testing.T) {
	each(t, func(w *world) {
		services := []*auth.Service{w.Service, w.another(), w.another()}
		for range raceRounds(t) {
			before, err := w.Keys(w.ctx)
			w.must(err)
			w.clock.advance(31 * 24 * time.Hour)
			w.won(atOnce(len(services), func(i int) error {
				_, err := services[i].Prune(w.ctx)
				return err
			}))
			after, err := w.Keys(w.ctx)
			w.must(err)
			active := 0
			for _, k := range after {
				if k.RetiredAt == nil {
					active++
				}
			}
			if active != 1 || len(after) != 2 || after[0].ID != before[len(before)-1].ID {
				t.Errorf("%d keys sign; before %+v, after %+v", active, before, after)
			}
		}
	})
}
