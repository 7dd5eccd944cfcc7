// Package sqldbtest gives tests real databases: [Each] runs a test on SQLite and
// on PostgreSQL, each time with a fresh, migrated database that goes away
// afterwards.
//
// PostgreSQL is the one that TEST_POSTGRES_URL names (its user must be allowed to
// create databases), else one that the package starts itself from local binaries,
// once per machine, shared by all test processes, and stopped when nobody has used
// it for two minutes. Where there is neither, the test fails and says what to do;
// nothing is skipped.
package sqldbtest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	_ "modernc.org/sqlite"             // driver "sqlite"

	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Dialects returns the engines that a test must pass on.
func Dialects() []sqldb.Dialect { return []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} }

// Each runs fn as the parallel subtests "sqlite" and "postgres", with a fresh
// database that has the event log's tables and those of sets. The database is
// closed and removed when the subtest ends.
func Each(t *testing.T, fn func(t *testing.T, db *sqldb.DB), sets ...sqldb.Set) {
	t.Helper()
	for _, d := range Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, d, sets...))
		})
	}
}

// Open returns a fresh database with the event log's tables and those of sets. Its writes
// wait long for their turn, since a crowd of them takes long on a slow machine.
func Open(tb testing.TB, d sqldb.Dialect, sets ...sqldb.Set) *sqldb.DB {
	tb.Helper()
	return Connect(tb, MigratedURL(tb, d, sets...), sqldb.Options{BusyTimeout: 30 * time.Second})
}

// Connect opens url and closes it when the test ends: a second process's view of a
// database that another DB uses.
func Connect(tb testing.TB, url string, opts sqldb.Options) *sqldb.DB {
	tb.Helper()
	db, err := sqldb.Open(tb.Context(), url, opts)
	if err != nil {
		tb.Fatalf("open test database: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close test database: %v", err)
		}
	})
	return db
}

// URL returns the URL of a fresh database without any tables, for tests that start
// real processes.
func URL(tb testing.TB, d sqldb.Dialect) string {
	tb.Helper()
	if d == sqldb.SQLite {
		return "sqlite://" + tb.TempDir() + "/test.db"
	}
	return createDatabase(tb, "template0")
}

// PostgresURL returns the URL of a fresh PostgreSQL database without any tables.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	return URL(tb, sqldb.Postgres)
}

// MigratedURL returns the URL of a fresh database with the event log's tables and
// those of sets. It copies a template that is migrated once.
func MigratedURL(tb testing.TB, d sqldb.Dialect, sets ...sqldb.Set) string {
	tb.Helper()
	sets = append([]sqldb.Set{eventlog.Migrations}, sets...)
	if d == sqldb.SQLite {
		return copySQLite(tb, sets)
	}
	return createDatabase(tb, postgresTemplate(tb, sets))
}

func migrate(ctx context.Context, url string, sets []sqldb.Set) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	db, err := sqldb.Open(ctx, url, sqldb.Options{})
	if err != nil {
		return err
	}
	err = sqldb.Migrate(ctx, db, sets...)
	if e := db.Close(); err == nil {
		err = e
	}
	return err
}

// Exec runs one statement in a transaction of its own, past the library under test.
func Exec(tb testing.TB, db *sqldb.DB, query string, args ...any) {
	tb.Helper()
	err := db.Write(tb.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}
