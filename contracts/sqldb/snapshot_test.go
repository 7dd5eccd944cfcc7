package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func TestSnapshotSeesOneState(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		mustWrite(t, db, add("first"))
		err := db.Snapshot(t.Context(), func(ctx context.Context, tx *sql.Tx, head int64) error {
			for i := range 3 {
				mustWrite(t, db, add(strings.Repeat("x", i+1)))
				var n, last int64
				if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM thing`).Scan(&n); err != nil {
					return err
				}
				if err := tx.QueryRowContext(ctx, `SELECT max(position) FROM events`).Scan(&last); err != nil {
					return err
				}
				if n != 1 || last != 1 || head != 1 {
					t.Errorf("snapshot at head %d sees %d things and event %d", head, n, last)
				}
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM thing`); err == nil {
				t.Error("a snapshot could write")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		own := errors.New("own")
		wantIs(t, "own error", db.Snapshot(t.Context(), func(context.Context, *sql.Tx, int64) error { return own }), own)
		if n := db.Read.Stats().InUse; n != 0 {
			t.Errorf("%d connections still in use", n)
		}
	})
}

func TestASnapshotThatTakesTooLongIsBusy(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		sqldb.SetSnapshotLimit(db, 100*time.Millisecond)
		err := db.Snapshot(t.Context(), func(ctx context.Context, tx *sql.Tx, _ int64) error {
			<-ctx.Done()
			_, err := tx.ExecContext(ctx, `SELECT 1`)
			return err
		})
		wantIs(t, "slow snapshot", err, contracts.ErrBusy)
		sqldb.SetSnapshotLimit(db, patience)
		caller, cancel := context.WithCancel(t.Context())
		err = db.Snapshot(caller, func(ctx context.Context, tx *sql.Tx, _ int64) error {
			cancel()
			_, err := tx.ExecContext(ctx, `SELECT 1`)
			return err
		})
		wantIs(t, "the caller left", err, context.Canceled)
		if errors.Is(err, contracts.ErrBusy) {
			t.Errorf("the caller left: %v", err)
		}
		mustWrite(t, db, add("still works"))
		if got := names(t, db); !slices.Equal(got, []string{"still works"}) {
			t.Errorf("things %v", got)
		}
	})
}
