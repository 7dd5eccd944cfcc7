package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// TestMain is also the entry of the child processes that some tests start.
func TestMain(m *testing.M) {
	if role := os.Getenv(childEnv); role != "" {
		os.Exit(child(role))
	}
	os.Exit(m.Run())
}

// things is a small schema: a unique name, and a reference that is checked at COMMIT.
var things = sqldb.Set{Name: "things", FS: fstest.MapFS{"00001_thing.sql": {Data: []byte(`-- +goose Up
CREATE TABLE thing (name TEXT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, position BIGINT NOT NULL DEFAULT 0);
CREATE TABLE part (id BIGINT PRIMARY KEY, thing TEXT NOT NULL REFERENCES thing (name) DEFERRABLE INITIALLY DEFERRED);
-- +goose Down
DROP TABLE part;
DROP TABLE thing;
`)}}}

type closure = func(ctx context.Context, tx *sql.Tx) error

// add inserts a thing and appends an event about it.
func add(name string) closure {
	return func(ctx context.Context, tx *sql.Tx) error {
		ev := &contracts.Event{Type: "thing.added", Scope: contracts.ScopeWorkspace, Subject: name}
		if err := eventlog.Append(ctx, tx, ev); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO thing (name, position) VALUES ($1, $2)`, name, ev.Position)
		return err
	}
}

func mustWrite(t *testing.T, db *sqldb.DB, fn closure) {
	t.Helper()
	if err := db.Write(t.Context(), fn); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// batch runs fns in one batch and returns what each Write returned; a panic of
// Write is returned as an error. Contexts may be given for single closures.
func batch(t *testing.T, db *sqldb.DB, ctxs map[int]context.Context, fns ...closure) []error {
	t.Helper()
	release := hold(t, db)
	results := make([]error, len(fns))
	done := make(chan struct{})
	for i, fn := range fns {
		ctx := t.Context()
		if c, ok := ctxs[i]; ok {
			ctx = c
		}
		go func() {
			defer func() { done <- struct{}{} }()
			defer func() {
				if v := recover(); v != nil {
					results[i] = v.(error)
				}
			}()
			results[i] = db.Write(ctx, fn)
		}()
		eventually(t, "the closure waits", func() bool { return db.Stats().Waiting == i+1 })
	}
	release()
	for range fns {
		<-done
	}
	return results
}

// hold keeps the writer busy until release is called, so that others wait together.
func hold(t *testing.T, db *sqldb.DB) (release func()) {
	t.Helper()
	started, let, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		var once sync.Once
		ended <- db.Write(context.Background(), func(context.Context, *sql.Tx) error {
			once.Do(func() { close(started) })
			<-let
			return nil
		})
	}()
	select {
	case <-started:
	case err := <-ended:
		t.Fatalf("the holding closure did not start: %v", err)
	}
	return func() {
		close(let)
		if err := <-ended; err != nil {
			t.Errorf("the holding closure: %v", err)
		}
	}
}

// patience is how long what must come is waited for.
const patience = time.Minute

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}

func names(t *testing.T, db *sqldb.DB) []string {
	t.Helper()
	rows, err := db.Read.QueryContext(t.Context(), `SELECT name FROM thing ORDER BY position, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// wantGapless checks that the log is 1…head, that the head row agrees, and returns
// the events' subjects in order.
func wantGapless(t *testing.T, db *sqldb.DB) []string {
	t.Helper()
	var subjects []string
	for after := int64(0); ; {
		events, err := eventlog.Since(t.Context(), db.Read, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			break
		}
		for _, ev := range events {
			if ev.Position != after+1 {
				t.Fatalf("after position %d comes %d", after, ev.Position)
			}
			after = ev.Position
			subjects = append(subjects, ev.Subject)
		}
	}
	if head, err := db.Head(t.Context()); err != nil || head != int64(len(subjects)) {
		t.Fatalf("head %d, error %v, but %d events", head, err, len(subjects))
	}
	return subjects
}

func wantIs(t *testing.T, what string, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%s: error %v, want %v", what, err, target)
		}
	}
}

func each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, patient(t, sqldbtest.MigratedURL(t, d, things)))
		})
	}
}

// patient opens url for one whose turn comes late: what is waited for in tests, a
// transaction that holds others up or the process beside it, takes as long as the machine
// is slow.
func patient(t *testing.T, url string) *sqldb.DB {
	t.Helper()
	db := sqldbtest.Connect(t, url, sqldb.Options{BusyTimeout: patience})
	holdsLong(t, db, patience)
	return db
}

// holdsLong gives the transactions of db that long, on PostgreSQL also to do nothing.
func holdsLong(t *testing.T, db *sqldb.DB, deadline time.Duration) {
	t.Helper()
	sqldb.SetDeadline(db, deadline)
	if db.Dialect() == sqldb.Postgres {
		mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `SET idle_in_transaction_session_timeout = 0`)
			return err
		})
	}
}

// inTheEnd adds a thing through a database whose limits are short, which a slow machine
// passes now and then.
func inTheEnd(t *testing.T, db *sqldb.DB, name string) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = db.Write(t.Context(), add(name)); err == nil || sqldb.IsUnique(err) { // one whose outcome was unknown
			return
		}
	}
	t.Fatalf("%s was not written within %v: %v", name, patience, err)
}
