package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func deleteKeys(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM signing_keys`)
	return err
}

// fuzzWorld is a world that outlives single fuzz runs.
func fuzzWorld(f *testing.F) *world {
	f.Helper()
	w := &world{ctx: context.Background(), db: sqldbtest.Open(f, sqldb.SQLite, auth.Migrations), cfg: auth.Config{Hash: cheapHash}}
	s, err := auth.New(w.ctx, w.db, w.cfg)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	u, err := s.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "owner", Role: contracts.RoleOwner})
	if err != nil {
		f.Fatal(err)
	}
	w.Service, w.owner = s, contracts.Actor{UserID: u.ID, Role: u.Role}
	return w
}

// A verified credential is believed without the database for a while, and no longer.
func TestVerifiedCredentialsFailClosed(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		in, actor := w.signIn(member1)
		w.WaitUses()
		w.must(w.db.Close())
		w.clock.advance(15*time.Second - time.Millisecond)
		again, err := w.Authenticate(w.ctx, in.Secret.Reveal())
		w.must(err)
		if again.SessionID != actor.SessionID {
			t.Errorf("got %+v", again)
		}
		w.clock.advance(time.Millisecond)
		if _, err := w.Authenticate(w.ctx, in.Secret.Reveal()); err == nil || errors.Is(err, contracts.ErrUnauthenticated) {
			t.Errorf("got %v, want the database's error", err)
		}
	})
}

// Another instance hears of a revocation through Apply, and through time alone.
func TestRevocationElsewhere(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, auth.Migrations)
			here := newWorld(t, sqldbtest.Connect(t, url, sqldb.Options{}))
			there := newWorld(t, sqldbtest.Connect(t, url, sqldb.Options{}))
			there.clock, there.cfg.Now = here.clock, here.clock.Now
			there.Service = there.another()
			here.owner = here.found("owner")
			in, _ := here.signIn(here.user("member1", contracts.RoleMember))
			for _, told := range []bool{true, false} {
				in2, err := here.StartSession(here.ctx, in.User.ID, auth.SignInProof{})
				here.must(err)
				_, err = there.Authenticate(there.ctx, in2.Secret.Reveal())
				there.must(err)
				head := here.head()
				here.must(here.RevokeSession(here.ctx, contracts.Operator, in2.Session.ID))
				_, err = here.Authenticate(here.ctx, in2.Secret.Reveal())
				here.wants(err, contracts.ErrUnauthenticated)
				_, err = there.Authenticate(there.ctx, in2.Secret.Reveal())
				there.must(err) // it has not heard yet
				if told {
					for _, ev := range there.events(head) {
						there.Apply(ev)
						there.Apply(ev)
					}
				} else {
					here.clock.advance(15 * time.Second)
				}
				_, err = there.Authenticate(there.ctx, in2.Secret.Reveal())
				there.wants(err, contracts.ErrUnauthenticated)
			}
			// A change of role arrives the same way.
			_, err := there.Authenticate(there.ctx, in.Secret.Reveal())
			there.must(err)
			head := here.head()
			_, err = here.SetRole(here.ctx, here.owner, in.User.ID, contracts.RoleGuest)
			here.must(err)
			for _, ev := range there.events(head) {
				there.Apply(ev)
			}
			actor, err := there.Authenticate(there.ctx, in.Secret.Reveal())
			there.must(err)
			if actor.Role != contracts.RoleGuest {
				t.Errorf("got %+v", actor)
			}
			// And a new key, by its name alone.
			_, err = here.RotateKey(here.ctx, contracts.Operator)
			here.must(err)
			next, err := here.Refresh(here.ctx, in.Refresh, "")
			here.must(err)
			time.Sleep(time.Second) // an unknown key is looked for once a second
			_, err = there.Authenticate(there.ctx, next.Access.Reveal())
			there.must(err)
		})
	}
}

// While credentials are verified at full speed, one is revoked: from the moment that
// the revocation returned, nobody gets through.
func TestRevocationIsExact(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		for range 10 {
			in, _ := w.signIn(member1)
			var wg sync.WaitGroup
			stop := make(chan struct{})
			for range 4 {
				wg.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							_, _ = w.Authenticate(w.ctx, in.Secret.Reveal())
							w.Apply(contracts.Event{Type: contracts.EventUserUpdated, Subject: member1.UserID}) // so that it is read again and again
						}
					}
				})
			}
			time.Sleep(2 * time.Millisecond)
			w.must(w.RevokeSession(w.ctx, contracts.Operator, in.Session.ID))
			for range 20 {
				if _, err := w.Authenticate(w.ctx, in.Secret.Reveal()); !errors.Is(err, contracts.ErrUnauthenticated) {
					t.Errorf("a revoked session: %v", err)
				}
			}
			close(stop)
			wg.Wait()
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		for range 20 {
			w.signIn(member1)
		}
		if n := w.Cached(); n != 8 {
			t.Errorf("%d credentials in memory, want 8", n)
		}
		for range 100 {
			_, err := w.Authenticate(w.ctx, "dks_"+contracts.NewID("ses"))
			w.wants(err, contracts.ErrUnauthenticated)
		}
		if n := w.Cached(); n != 8 {
			t.Errorf("%d credentials in memory after wrong ones, want 8", n)
		}
		_, err := w.RevokeOtherSessions(w.ctx, contracts.Operator, member1.UserID)
		w.must(err)
		if n := w.Cached(); n != 0 {
			t.Errorf("%d credentials in memory after all were revoked", n)
		}
	}, func(c *auth.Config) { c.CacheSize = 8 })
}
