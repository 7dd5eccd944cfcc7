package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// Every round trip of a write transaction is one for all instances, since they wait
// for the head that it holds.
func TestAWriteTransactionTakesFewRoundTrips(t *testing.T) {
	t.Parallel()
	trips := sqldbtest.CountTrips(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things))
	db, other := patient(t, trips.URL), patient(t, trips.URL)
	one := func(ctx context.Context, tx *sql.Tx) error {
		if _, err := sqldb.TakePositions(ctx, 1); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE thing SET n = n + $1 WHERE name = 'x'`, 1)
		return err
	}
	count := func(write func()) int64 {
		before := trips.Count()
		write()
		return trips.Count() - before
	}
	alone := func() { mustWrite(t, db, one) }
	alone() // prepares, and the next as well
	mustWrite(t, other, one)
	alone()
	if n := count(alone); n != 3 {
		t.Errorf("one closure with one statement took %d round trips, want 3: BEGIN with the lock, the statement, COMMIT with the head", n)
	}
	mustWrite(t, other, one)
	if n := count(alone); n != 4 {
		t.Errorf("after another instance's write it took %d round trips, want 4: one more to read the head", n)
	}
	three := func() {
		for _, err := range batch(t, db, nil, one, one, one) {
			if err != nil {
				t.Error(err)
			}
		}
	}
	// The holding closure has 2, the batch BEGIN, SAVEPOINT, 3 statements, 3 times
	// RELEASE (with the next SAVEPOINT), COMMIT.
	if n := count(three); n != 2+9 {
		t.Errorf("three closures took %d round trips, want 9 beside 2 of the one before", n)
	}
	if head, err := db.Head(t.Context()); err != nil || head != 9 {
		t.Errorf("head %d, error %v, want 9", head, err)
	}
}

// Alone a closure has no savepoint; what it swallows must come out at COMMIT.
func TestASwallowedErrorIsNoSuccessEvenAlone(t *testing.T) {
	t.Parallel()
	db := patient(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things))
	for name, fn := range map[string]closure{
		"with events": func(ctx context.Context, tx *sql.Tx) error {
			if err := add("x")(ctx, tx); err != nil {
				return err
			}
			_, _ = tx.ExecContext(ctx, `INSERT INTO thing (name) VALUES ('x')`) // there already
			return nil
		},
		"without": func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `INSERT INTO thing (name) VALUES ('y')`); err != nil {
				return err
			}
			_, _ = tx.ExecContext(ctx, `INSERT INTO thing (name) VALUES ('y')`)
			return nil
		},
	} {
		err := db.Write(t.Context(), fn)
		if err == nil || errors.Is(err, contracts.ErrOutcomeUnknown) {
			t.Errorf("%s: a swallowed error gave %v, want an error that says that nothing happened", name, err)
		}
	}
	mustWrite(t, db, add("after"))
	if got := wantGapless(t, db); len(got) != 1 {
		t.Errorf("log %v", got)
	}
	if got := names(t, db); len(got) != 1 || got[0] != "after" {
		t.Errorf("things %v", got)
	}
}
