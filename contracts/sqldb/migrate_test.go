package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func eachURL(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, sqldbtest.URL(t, d))
		})
	}
}

func sqlFiles(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + pairs[i+1] + "\n-- +goose Down\n")}
	}
	return m
}

func TestMigrateByManyAtOnce(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		errs := make(chan error)
		const processes, goroutines = 2, 4
		for range processes {
			cmd := startChild(t, "migrate", url)
			go func() {
				_, err := cmd.Output()
				var exit *exitError
				if errors.As(err, &exit) {
					err = errors.New(string(exit.Stderr))
				}
				errs <- err
			}()
		}
		for range goroutines {
			db := sqldbtest.Connect(t, url, sqldb.Options{BusyTimeout: patience})
			go func() { errs <- sqldb.Migrate(context.Background(), db, eventlog.Migrations, things) }()
		}
		for range processes + goroutines {
			if err := <-errs; err != nil {
				t.Errorf("migrate: %v", err)
			}
		}
		db := patient(t, url)
		mustWrite(t, db, add("first"))
		var applied int
		if err := db.Read.QueryRowContext(t.Context(), `SELECT count(*) FROM goose_things WHERE version_id = 1`).Scan(&applied); err != nil || applied != 1 {
			t.Errorf("applied %d times, error %v", applied, err)
		}
	})
}

func TestMigrateTakesNoLockWhenAllIsCurrent(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Connect(t, url, sqldb.Options{})
		if err := sqldb.Migrate(t.Context(), db, eventlog.Migrations, things); err != nil {
			t.Fatal(err)
		}
		unlock := holdMigrationLock(t, db)
		defer unlock()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := sqldb.Migrate(ctx, db, eventlog.Migrations, things); err != nil {
			t.Errorf("current schema: %v", err)
		}
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		more := sqldb.Set{Name: "more", FS: sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);")}
		if err := sqldb.Migrate(short, db, more); err == nil {
			t.Error("a migration went on although another process held the lock")
		}
		unlock()
		if err := sqldb.Migrate(t.Context(), db, more); err != nil {
			t.Errorf("after the lock was free: %v", err)
		}
	})
}

func holdMigrationLock(t *testing.T, db *sqldb.DB) (unlock func()) {
	t.Helper()
	if db.Dialect() == sqldb.SQLite {
		f, err := os.OpenFile(db.Path()+".migrate", os.O_RDWR|os.O_CREATE, 0o600)
		if err == nil {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() { _ = f.Close() }
	}
	conn, err := db.Read.Conn(t.Context())
	if err == nil {
		_, err = conn.ExecContext(t.Context(), `SELECT pg_advisory_lock(7233183884042068340)`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		_, _ = conn.ExecContext(context.Background(), `SELECT pg_advisory_unlock_all()`)
		_ = conn.Close()
	}
}

func TestMigrateGoesForwardAndRefusesANewerSchema(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Connect(t, url, sqldb.Options{})
		one := sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);")
		two := sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);", "00002_b.sql", "ALTER TABLE a ADD COLUMN b BIGINT;")
		for _, files := range []fstest.MapFS{one, two, two} {
			if err := sqldb.Migrate(t.Context(), db, sqldb.Set{Name: "steps", FS: files}); err != nil {
				t.Fatal(err)
			}
		}
		other := sqldb.Set{Name: "other", FS: sqlFiles("00001_c.sql", "CREATE TABLE c (id BIGINT);")}
		err := sqldb.Migrate(t.Context(), db, other, sqldb.Set{Name: "steps", FS: one})
		wantIs(t, "older program", err, contracts.ErrSchemaNewer)
		if err != nil && !strings.Contains(err.Error(), "steps has version 2, this program knows 1") {
			t.Errorf("error %v", err)
		}
		if _, err := db.Read.ExecContext(t.Context(), `SELECT id FROM c`); err == nil {
			t.Error("a refused migration changed the schema")
		}
	})
}

func TestOpenBringsItsSetsUpToDate(t *testing.T) {
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Connect(t, url, sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, things}})
		mustWrite(t, db, add("one"))
		if _, err := sqldb.Open(t.Context(), url, sqldb.Options{Sets: []sqldb.Set{{Name: "things", FS: fstest.MapFS{}}}}); err == nil {
			t.Error("opened with a set that cannot be applied")
		}
	})
}

func TestAFailingMigrationSaysWhichAndIsNotApplied(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Connect(t, url, sqldb.Options{})
		bad := sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);\nCREATE TABLE a (id BIGINT);")
		err := sqldb.Migrate(t.Context(), db, sqldb.Set{Name: "steps", FS: bad})
		if err == nil || !strings.Contains(err.Error(), "migrate steps") || !strings.Contains(err.Error(), "00001_a.sql") {
			t.Errorf("error %v", err)
		}
		good := sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);")
		if err := sqldb.Migrate(t.Context(), db, sqldb.Set{Name: "steps", FS: good}); err != nil {
			t.Errorf("after the repair: %v", err)
		}
	})
}

func TestASetMayHaveFilesForOneEngine(t *testing.T) {
	eachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Connect(t, url, sqldb.Options{})
		files := sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);", "00003_c.sql", "INSERT INTO a (id) VALUES (3);",
			"sqlite/00002_b.sql", "INSERT INTO a VALUES (length(randomblob(2)));", "postgres/00002_b.sql", "INSERT INTO a VALUES ((SELECT 2::bigint));")
		if err := sqldb.Migrate(t.Context(), db, sqldb.Set{Name: "both", FS: files}); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Read.QueryContext(t.Context(), `SELECT id FROM a ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var ids []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		if rows.Err() != nil || !slices.Equal(ids, []int64{2, 3}) {
			t.Errorf("rows %v, error %v", ids, rows.Err())
		}
	})
}

func TestABadSetIsRefusedBeforeAnythingHappens(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Connect(t, sqldbtest.URL(t, sqldb.SQLite), sqldb.Options{})
	for name, set := range map[string]sqldb.Set{
		"name":     {Name: "Robert'); DROP TABLE", FS: sqlFiles("00001_a.sql", "SELECT 1;")},
		"no files": {Name: "empty", FS: fstest.MapFS{}},
		"no FS":    {Name: "nil"},
		"number":   {Name: "number", FS: sqlFiles("first.sql", "SELECT 1;")},
	} {
		if err := sqldb.Migrate(t.Context(), db, set); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := db.Head(t.Context()); err == nil {
		t.Error("a refused set left tables behind")
	}
}

func TestMigrateWorksBesideAWritingServer(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			db := patient(t, url)
			server := startChild(t, "write until killed", url)
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
			eventually(t, "the server writes", func() bool { head, err := db.Head(t.Context()); return err == nil && head > 50 })
			more := sqldb.Set{Name: "more", FS: sqlFiles("00001_a.sql", "ALTER TABLE events ADD COLUMN extra TEXT;")}
			if err := sqldb.Migrate(t.Context(), db, more); err != nil {
				t.Errorf("migrate: %v", err)
			}
			head, err := db.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "the server writes on", func() bool { now, err := db.Head(t.Context()); return err == nil && now > head+50 })
			_ = server.Process.Kill()
			_ = server.Wait() // until then it writes
			// What was on its way when it died has ended when the head can be taken.
			if err := db.Write(t.Context(), func(context.Context, *sql.Tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
			wantGapless(t, db)
		})
	}
}
