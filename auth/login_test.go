package auth_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestLogin(t *testing.T) {
	each(t, func(w *world) {
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "member1", Email: "Member1@Example.org", Password: goodPassword})
		w.must(err)
		for _, name := range []string{"member1", "MEMBER1", " member1 ", "@member1", "member1@example.org", "MEMBER1@EXAMPLE.ORG"} {
			in, err := w.Login(w.ctx, auth.LoginInput{Username: name, Password: goodPassword, Client: "cli/1\x1b[31m", IP: "192.0.2.1"})
			w.must(err)
			if in.User.ID != u.ID || in.User.Email != "Member1@Example.org" || in.Session.UserID != u.ID || !in.Session.Current || in.Session.IP != "192.0.2.1" || in.Session.Client != "cli/1[31m" {
				t.Errorf("%q: got %+v", name, in)
			}
			for _, secret := range []auth.Secret{in.Secret, in.Access} {
				actor, err := w.Authenticate(w.ctx, secret.Reveal())
				w.must(err)
				if actor.UserID != u.ID || actor.SessionID != in.Session.ID || actor.Username != "member1" || actor.Role != contracts.RoleMember || actor.Scopes != nil || actor.TokenID != "" || actor.Operator {
					t.Errorf("got %+v", actor)
				}
			}
			if !strings.HasPrefix(in.Secret.Reveal(), "dks_") || len(in.Secret.Reveal()) != 47 || !strings.HasPrefix(in.Refresh.Reveal(), "dkr_") {
				t.Error("the secrets have another form")
			}
		}
		checked, err := w.CheckLogin(w.ctx, auth.LoginInput{Username: "member1", Password: goodPassword})
		w.must(err)
		sessions, err := w.Sessions(w.ctx, contracts.Operator, u.ID)
		w.must(err)
		if checked.ID != u.ID || len(sessions) != 6 {
			t.Errorf("CheckLogin made a session: %d", len(sessions))
		}
	})
}

// Whoever is unknown, has no password, or enters a wrong one gets one answer for the
// cost of one hash.
func TestLoginTellsNothing(t *testing.T) {
	each(t, func(w *world) {
		w.user("member1", contracts.RoleMember)
		_, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "robot", Bot: true})
		w.must(err)
		_, err = w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "unset"})
		w.must(err)
		suspended := w.user("gone", contracts.RoleMember)
		_, err = w.Suspend(w.ctx, w.owner, suspended.UserID)
		w.must(err)
		w.WaitErrands()
		var first error
		var commits atomic.Int64
		defer w.db.OnCommit(func(int64, []any) { commits.Add(1) })()
		for _, name := range []string{"member1", "nobody", "robot", "unset", "gone", "nobody@example.org", "", "x' OR '1'='1", "all"} {
			before := w.Hashes()
			commits.Store(0)
			_, err := w.Login(w.ctx, auth.LoginInput{Username: name, Password: "a wrong password", IP: "192.0.2.1"})
			w.wants(err, contracts.ErrBadCredentials)
			if first == nil {
				first = err
			}
			if !reflect.DeepEqual(err, first) {
				t.Errorf("%q: another answer: %#v", name, err)
			}
			if n := w.Hashes() - before; n != 1 {
				t.Errorf("%q cost %d hashes, want 1", name, n)
			}
			w.WaitErrands() // what is written behind the answer holds the next request up
			if n := commits.Load(); n != 2 {
				t.Errorf("%q was written down %d times, want 2", name, n)
			}
		}
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: auth.Secret(strings.Repeat("x", 1025))})
		w.wants(err, contracts.ErrInvalid)
		_, err = w.Login(w.ctx, auth.LoginInput{Username: strings.Repeat("x", 255), Password: goodPassword})
		w.wants(err, contracts.ErrInvalid)
	})
}

func TestLoginThrottle(t *testing.T) {
	each(t, func(w *world) {
		w.user("member1", contracts.RoleMember)
		w.user("member2", contracts.RoleMember)
		try := func(s *auth.Service, name, password, ip string) error {
			_, err := s.Login(w.ctx, auth.LoginInput{Username: name, Password: auth.Secret(password), IP: ip})
			return err
		}
		for range 5 {
			w.wants(try(w.Service, "member1", "a wrong password", "192.0.2.1"), contracts.ErrBadCredentials)
		}
		w.clock.advance(time.Minute)
		hashes := w.Hashes()
		var e *contracts.Error
		err := try(w.Service, "member1", goodPassword, "192.0.2.1")
		w.wants(err, contracts.ErrRateLimited)
		if !errors.As(err, &e) || e.RetryAfter != 14*60 {
			t.Errorf("RetryAfter %d, want 840", e.RetryAfter)
		}
		w.wants(try(w.Service, "MEMBER1", goodPassword, "192.0.2.1"), contracts.ErrRateLimited)
		w.wants(try(w.another(), "member1", goodPassword, "::ffff:192.0.2.1"), contracts.ErrRateLimited) // another instance, the same address
		if w.Hashes() != hashes {
			t.Error("a refused login cost a hash")
		}
		w.must(try(w.Service, "member1", goodPassword, "192.0.2.2")) // not locked out from elsewhere
		w.must(try(w.Service, "member1", goodPassword, ""))          // nor at the machine itself
		w.must(try(w.Service, "member2", goodPassword, "192.0.2.1")) // nor others at the same address
		w.clock.advance(14 * time.Minute)
		w.must(try(w.Service, "member1", goodPassword, "192.0.2.1"))

		// A success gives the attempts back.
		for range 3 {
			for range 4 {
				w.wants(try(w.Service, "member2", "a wrong password", "192.0.2.9"), contracts.ErrBadCredentials)
			}
			w.must(try(w.Service, "member2", goodPassword, "192.0.2.9"))
			w.clock.advance(2 * time.Minute)
		}
	})
}

func TestLoginThrottleOfOneAddress(t *testing.T) {
	each(t, func(w *world) {
		w.user("member1", contracts.RoleMember)
		for i := range 20 {
			ip := fmt.Sprintf("2001:db8:1:2::%x", i+1) // one network
			_, err := w.Login(w.ctx, auth.LoginInput{Username: fmt.Sprintf("victim%d", i), Password: "spring2024!", IP: ip})
			w.wants(err, contracts.ErrBadCredentials)
		}
		in := auth.LoginInput{Username: "member1", Password: goodPassword, IP: "2001:db8:1:2::ffff"}
		_, err := w.Login(w.ctx, in)
		w.wants(err, contracts.ErrRateLimited)
		other := in
		other.IP = "2001:db8:1:3::1"
		_, err = w.Login(w.ctx, other)
		w.must(err)
		w.clock.advance(time.Minute)
		_, err = w.Login(w.ctx, in)
		w.must(err)

		// Successes don't use the address up: a whole office signs in.
		for range 25 {
			_, err := w.Login(w.ctx, in)
			w.must(err)
		}
	})
}

// Many at once cannot all slip past the count.
func TestLoginThrottleInParallel(t *testing.T) {
	each(t, func(w *world) {
		w.user("member1", contracts.RoleMember)
		before := w.Hashes()
		errs := atOnce(40, func(i int) error {
			_, err := w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: "a wrong password", IP: "192.0.2.1"})
			return err
		})
		if n := w.won(errs, contracts.ErrBadCredentials, contracts.ErrRateLimited); n != 0 {
			t.Errorf("%d logins with a wrong password", n)
		}
		if n := w.Hashes() - before; n != 5 {
			t.Errorf("%d passwords were tried, want 5", n)
		}
	})
}

func TestLoginRenewsAWeakHash(t *testing.T) {
	each(t, func(w *world) {
		w.user("member1", contracts.RoleMember)
		w.cfg.Hash.Time = 2
		stronger := w.another()
		in := auth.LoginInput{Username: "member1", Password: goodPassword}
		for i, want := range []int64{2, 1} { // the second finds the new hash
			before := stronger.Hashes()
			_, err := stronger.Login(w.ctx, in)
			w.must(err)
			if n := stronger.Hashes() - before; n != want {
				t.Errorf("login %d cost %d hashes, want %d", i+1, n, want)
			}
		}
		var hash string
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT hash FROM credentials c JOIN users u ON u.id = c.user_id WHERE u.username = 'member1'`).Scan(&hash))
		if !strings.Contains(hash, "t=2") {
			t.Errorf("the hash was not renewed: %s", hash)
		}
		_, err := stronger.Login(w.ctx, auth.LoginInput{Username: "member1", Password: "a wrong password"})
		w.wants(err, contracts.ErrBadCredentials)
	})
}
