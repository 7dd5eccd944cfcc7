package auth_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// spends is what a wrong password costs each of the names: the memory walked.
func (w *world) spends(s *auth.Service, names []string) map[string]int64 {
	w.Helper()
	spent := map[string]int64{}
	for _, name := range names {
		before, hashes := s.Walked(), s.Hashes()
		_, err := s.Login(w.ctx, auth.LoginInput{Username: name, Password: "a wrong password"})
		w.wants(err, contracts.ErrBadCredentials)
		if n := s.Hashes() - hashes; n != 1 {
			w.Errorf("%q cost %d hashes", name, n)
		}
		spent[name] = s.Walked() - before
	}
	return spent
}

// While some passwords are hashed with older parameters, what a wrong one costs does not
// tell who is known: of the unknown as many cost as much, each always the same.
func TestOlderParametersTellNothing(t *testing.T) {
	each(t, func(w *world) {
		w.cfg.Logins.PerAccount = 1000
		older := w.another()
		w.cfg.Hash.Time = 3
		newer := w.another()
		const people = 10
		var known, unknown []string
		for i := range people {
			s := older
			if i%2 == 0 {
				s = newer
			}
			name := fmt.Sprintf("person%d", i)
			u, err := s.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: name, Password: goodPassword})
			w.must(err)
			known = append(known, u.Username)
		}
		for i := range 60 {
			unknown = append(unknown, fmt.Sprintf("nobody%d", i))
		}
		s := w.another()
		count := func(spent map[string]int64) map[int64]int {
			of := map[int64]int{}
			for _, n := range spent {
				of[n]++
			}
			return of
		}
		ofKnown, first := count(w.spends(s, known)), w.spends(s, unknown)
		ofUnknown := count(first)
		if len(ofKnown) != 2 || !slices.Equal(slices.Sorted(maps.Keys(ofKnown)), slices.Sorted(maps.Keys(ofUnknown))) {
			w.Fatalf("the known cost %v, the unknown %v", ofKnown, ofUnknown)
		}
		for cost, n := range ofUnknown { // half of them; 60 fair coins show less than 8 heads once in 10⁹
			if n < 8 {
				w.Errorf("%d of %d unknown cost %d, half of the known do", n, len(unknown), cost)
			}
		}
		// Asked again, after a restart too, each costs the same.
		if again := w.spends(w.another(), unknown); !maps.Equal(again, first) {
			w.Errorf("other names cost more the second time")
		}
		// Whoever signs in takes along those who cost as much because of them: nobody costs what
		// was before.
		signIn := func(names ...string) {
			for _, name := range names {
				_, err := s.Login(w.ctx, auth.LoginInput{Username: name, Password: goodPassword})
				w.must(err)
			}
		}
		signIn(known[1], known[3])
		for name, n := range w.spends(w.another(), unknown) {
			if n < first[name] {
				w.Errorf("%q cost %d and now %d", name, first[name], n)
			}
		}
		signIn(append(known, "owner")...)
		if last := count(w.spends(w.another(), append(known, unknown...))); len(last) != 1 {
			w.Errorf("all have the new parameters, and a wrong password costs %v", last)
		}
	})
}
