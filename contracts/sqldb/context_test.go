package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestWriteInsideWriteIsRefused(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Write(t.Context(), func(ctx context.Context, _ *sql.Tx) error { return db.Write(ctx, add("inner")) })
		wantIs(t, "nested", err, sqldb.ErrNested)
		mustWrite(t, db, add("after"))
		if got := names(t, db); !slices.Equal(got, []string{"after"}) {
			t.Errorf("things %v", got)
		}
	})
}

func TestWriteInsideWriteByAnotherContextEndsBusy(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Connect(t, sqldbtest.MigratedURL(t, sqldb.SQLite, things), sqldb.Options{BusyTimeout: 50 * time.Millisecond})
	sqldb.SetDeadline(db, time.Second)
	err := db.Write(t.Context(), func(context.Context, *sql.Tx) error { return db.Write(t.Context(), add("inner")) })
	wantIs(t, "nested by the outer context", err, contracts.ErrBusy)
	inTheEnd(t, db, "after")
	if got := names(t, db); !slices.Equal(got, []string{"after"}) {
		t.Errorf("things %v", got)
	}
}

func TestTheCallersContextDecidesTheStartAndTheWait(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		wantIs(t, "ended before the call", db.Write(gone, add("never 1")), context.Canceled)

		release := hold(t, db)
		waiting, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- db.Write(waiting, add("never 2")) }()
		eventually(t, "it waits", func() bool { return db.Stats().Waiting == 1 })
		cancel()
		err := <-left
		wantIs(t, "ended while it waited", err, context.Canceled)
		if errors.Is(err, contracts.ErrOutcomeUnknown) {
			t.Errorf("the outcome of a closure that never starts is known: %v", err)
		}
		release()

		running, cancel := context.WithCancel(t.Context())
		started, let := make(chan struct{}), make(chan struct{})
		go func() {
			left <- db.Write(running, func(ctx context.Context, tx *sql.Tx) error {
				close(started)
				<-let
				return add("done anyway")(ctx, tx)
			})
		}()
		<-started
		cancel()
		wantIs(t, "ended while it ran", <-left, context.Canceled, contracts.ErrOutcomeUnknown)
		close(let)
		mustWrite(t, db, add("last"))
		if got := wantGapless(t, db); !slices.Equal(got, []string{"done anyway", "last"}) {
			t.Errorf("log %v", got)
		}
	})
}

func TestTheCallersContextUsedInsideHurtsNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		caller, cancel := context.WithCancel(t.Context())
		wrong := func(_ context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(caller, `INSERT INTO thing (name) VALUES ('wrong')`); err != nil {
				return err
			}
			cancel()
			_, err := tx.ExecContext(caller, `INSERT INTO thing (name) VALUES ('wrong too')`)
			return err
		}
		results := batch(t, db, map[int]context.Context{1: caller}, add("first"), wrong, add("second"))
		wantIs(t, "the caller with the ended context", results[1], context.Canceled)
		if results[0] != nil || results[2] != nil {
			t.Errorf("the others got %v and %v", results[0], results[2])
		}
		if got := names(t, db); !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("things %v", got)
		}
	})
}

type valueKey struct{}

func TestTheInnerContextHasTheCallersValuesAndTheBatchsEnd(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), valueKey{}, "request 7"), time.Hour)
		defer cancel()
		err := db.Write(ctx, func(ctx context.Context, _ *sql.Tx) error {
			if _, ok := ctx.Deadline(); ok {
				return errors.New("the inner context has the caller's deadline")
			}
			if ctx.Value(valueKey{}) != "request 7" {
				return fmt.Errorf("value %v", ctx.Value(valueKey{}))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestASlowClosureIsEndedAndTheOthersAreWritten(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		sqldb.SetDeadline(db, 15*time.Second) // for each of the others too, when they come again
		var runs atomic.Int32
		slow := func(ctx context.Context, tx *sql.Tx) error {
			runs.Add(1)
			_ = add("slow")(ctx, tx)
			<-ctx.Done()
			_, err := tx.ExecContext(ctx, `INSERT INTO thing (name) VALUES ('late')`)
			return err
		}
		results := batch(t, db, nil, add("first"), slow, add("second"))
		wantIs(t, "slow closure", results[1], contracts.ErrBusy, context.DeadlineExceeded)
		if results[0] != nil || results[2] != nil {
			t.Errorf("the others got %v and %v", results[0], results[2])
		}
		if runs.Load() != 1 { // it held the others up once
			t.Errorf("the slow closure ran %d times", runs.Load())
		}
		if got := wantGapless(t, db); !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("log %v", got)
		}
	})
}
