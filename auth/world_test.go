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
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// cheapHash keeps tests quick; what a hash costs is tested by itself.
var cheapHash = auth.HashParams{MemoryKiB: 64, Time: 1, Threads: 1, Running: 2, Waiting: 256}

const goodPassword = "four words make this"

// clock is the time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a workspace of one database, one Service and its first owner.
type world struct {
	*testing.T
	*auth.Service
	ctx   context.Context
	db    *sqldb.DB
	clock *clock
	cfg   auth.Config
	owner contracts.Actor
}

// each runs a test on both engines in a world of its own.
func each(t *testing.T, fn func(w *world), change ...func(*auth.Config)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db, change...)
		w.owner = w.found("owner")
		fn(w)
	}, auth.Migrations)
}

func newWorld(t *testing.T, db *sqldb.DB, change ...func(*auth.Config)) *world {
	t.Helper()
	c := &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 6_000_000, time.UTC)}
	cfg := auth.Config{Now: c.Now, Hash: cheapHash, Issuer: "https://chat.example.org"}
	for _, f := range change {
		f(&cfg)
	}
	w := &world{T: t, ctx: t.Context(), db: db, clock: c, cfg: cfg}
	w.Service = w.another()
	return w
}

// another is another process on the same database.
func (w *world) another() *auth.Service {
	w.Helper()
	s, err := auth.New(w.ctx, w.db, w.cfg)
	w.must(err)
	w.Cleanup(func() { _ = s.Close() })
	return s
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

// wants fails unless err matches target by code.
func (w *world) wants(err, target error) {
	w.Helper()
	if !errors.Is(err, target) {
		w.Fatalf("got error %v, want %v", err, target)
	}
}

func (w *world) write(fn func(ctx context.Context, tx *sql.Tx) error) error {
	return w.db.Write(w.ctx, fn)
}

// found makes the first owner.
func (w *world) found(name string) contracts.Actor {
	w.Helper()
	code, err := w.NewClaim(w.ctx)
	w.must(err)
	claim, err := w.PrepareClaim(w.ctx, auth.ClaimInput{Code: code, Username: name, Password: goodPassword})
	w.must(err)
	var user contracts.User
	w.must(w.write(func(ctx context.Context, tx *sql.Tx) error {
		var err error
		user, err = w.ClaimTx(ctx, tx, claim)
		return err
	}))
	return contracts.Actor{UserID: user.ID, Username: name, Role: contracts.RoleOwner, SessionID: "ses_none"}
}

// user makes a user by the operator and returns the actor of a sign-in.
func (w *world) user(name string, role contracts.Role) contracts.Actor {
	w.Helper()
	u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: name, Role: role, Password: goodPassword})
	w.must(err)
	return contracts.Actor{UserID: u.ID, Username: name, Role: role, SessionID: "ses_none"}
}

// signIn starts a session and returns it with its verified actor.
func (w *world) signIn(a contracts.Actor) (auth.SignedIn, contracts.Actor) {
	w.Helper()
	in, err := w.StartSession(w.ctx, a.UserID, auth.SignInProof{Client: "test/1", IP: "192.0.2.1"})
	w.must(err)
	actor, err := w.Authenticate(w.ctx, in.Secret.Reveal())
	w.must(err)
	return in, actor
}

// fresh is the actor in a session that has just proved who it is.
func (w *world) fresh(a contracts.Actor) contracts.Actor {
	w.Helper()
	in, _ := w.signIn(a)
	a.SessionID = in.Session.ID
	return a
}

// token makes an API token and returns its verified actor.
func (w *world) token(a contracts.Actor, scopes ...string) (string, contracts.Actor) {
	w.Helper()
	a.SessionID = "" // as at the command line, where no session has to be fresh
	_, secret, err := w.CreateToken(w.ctx, a, auth.NewToken{Name: "t", Scopes: scopes})
	w.must(err)
	actor, err := w.Authenticate(w.ctx, secret.Reveal())
	w.must(err)
	return secret.Reveal(), actor
}

// events are those after a position, without the ones that made the world.
func (w *world) events(after int64) []contracts.Event {
	w.Helper()
	found, err := eventlog.Since(w.ctx, w.db.Read, after, 1000)
	w.must(err)
	return found
}

func (w *world) head() int64 {
	w.Helper()
	c, err := eventlog.Head(w.ctx, w.db.Read)
	w.must(err)
	return c.Position
}

// types are the types of events after a position, in order.
func (w *world) types(after int64) []string {
	var types []string
	for _, ev := range w.events(after) {
		types = append(types, ev.Type)
	}
	return types
}

// atOnce runs fn n times in parallel and returns the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs, start := make([]error, n), make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// won counts the nil errors, and fails on errors that are none of those expected.
func (w *world) won(errs []error, expected ...error) int {
	w.Helper()
	winners := 0
next:
	for _, err := range errs {
		if err == nil {
			winners++
			continue
		}
		for _, e := range expected {
			if errors.Is(err, e) {
				continue next
			}
		}
		w.Errorf("unexpected error in a race: %v", err)
	}
	return winners
}
