package sqldb_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestRowsComeInFewSizes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 1, 3: 1, 4: 4, 15: 4, 16: 16, 63: 16, 64: 64, 5000: 64} {
		if got := sqldb.RowsPerStatement(n); got != want {
			t.Errorf("%d rows: %d, want %d", n, got, want)
		}
	}
	if got := sqldb.Placeholders(2, 3); got != "($1, $2, $3), ($4, $5, $6)" {
		t.Error(got)
	}
}

// The same on SQLite: TestAStatementIsPreparedOncePerConnection.
func TestPostgresKeepsStatementsToo(t *testing.T) {
	t.Parallel()
	db := patient(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things))
	count := func() (n int) {
		mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT count(*) FROM pg_prepared_statements`).Scan(&n)
		})
		return n
	}
	mustWrite(t, db, add("first"))
	_ = count()
	before := count()
	for i := range 10 {
		mustWrite(t, db, add(fmt.Sprint(i)))
	}
	if after := count(); after != before || before == 0 {
		t.Errorf("%d prepared statements, then %d", before, after)
	}
}
