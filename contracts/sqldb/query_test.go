package sqldb_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Whatever the number of values, each row is read once, and an error of one ends the query.
func TestEachInReadsEveryRowOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sqldb.DB) {
		names := make([]string, 150)
		for i := range names {
			names[i] = fmt.Sprintf("thing%03d", i)
		}
		mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
			for i, name := range names {
				if _, err := tx.ExecContext(ctx, `INSERT INTO thing (name, n) VALUES ($1, $2)`, name, i%2); err != nil {
					return err
				}
			}
			return nil
		})
		for _, n := range []int{0, 1, 3, 4, 5, 16, 17, 64, 65, 150} {
			var found []string
			wanted := append(slices.Clone(names[:n]), names[:n/2]...) // some twice
			err := sqldb.EachIn(t.Context(), db.Read, `SELECT name FROM thing WHERE n = $1 AND name`, []any{1}, wanted, func(scan sqldb.Scan) error {
				found = append(found, "")
				return scan(&found[len(found)-1])
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i, name := range names[:n] {
				if i%2 == 1 {
					want = append(want, name)
				}
			}
			slices.Sort(found)
			if !slices.Equal(found, want) {
				t.Errorf("of %d: %d found, want %d", n, len(found), len(want))
			}
		}
		rows := 0
		err := sqldb.Each(t.Context(), db.Read, `SELECT name FROM thing`, nil, func(sqldb.Scan) error { rows++; return sql.ErrTxDone })
		wantIs(t, "of a row", err, sql.ErrTxDone)
		if rows != 1 {
			t.Errorf("%d rows after an error", rows)
		}
		// The connection is free again.
		list, err := sqldb.List(t.Context(), db.Read, func(scan sqldb.Scan) (n int64, err error) { err = scan(&n); return n, err }, `SELECT n FROM thing WHERE name >= $1`, names[140])
		if err != nil || len(list) != 10 {
			t.Errorf("%v, %v", list, err)
		}
	})
}
