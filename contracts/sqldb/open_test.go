package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestOpenRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"empty":              "",
		"a bare path":        "/var/lib/chat.db",
		"another database":   "mysql://localhost/chat",
		"no file":            "sqlite:",
		"a host in sqlite":   "sqlite://data/chat.db",
		"memory":             "sqlite::memory:",
		"sqlite parameters":  "sqlite:///tmp/x.db?mode=ro",
		"a broken URL":       "postgres://user:sec ret@[::1/chat",
		"a broken parameter": "postgres://localhost/chat?connect_timeout=soon",
	} {
		_, err := sqldb.Open(t.Context(), url, sqldb.Options{})
		var e *contracts.Error
		if !errors.As(err, &e) || e.Code != contracts.CodeInvalid && name != "a broken parameter" || e.Hint == "" && name != "a broken parameter" {
			t.Errorf("%s (%q): error %v", name, url, err)
		}
		if err != nil && strings.Contains(err.Error(), "sec ret") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

func TestOpenMakesAPrivateFileWhereverItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new folder", `100% #1 "chat".db`)
	db := sqldbtest.Connect(t, "sqlite://"+path, sqldb.Options{})
	if err := sqldb.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v", suffix, info.Mode(), err)
		}
	}
	if db.URL() != "sqlite://"+path || db.Path() != path {
		t.Errorf("URL %q, path %q", db.URL(), db.Path())
	}
}

func TestOpenSetsWhatDurabilityNeeds(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Connect(t, sqldbtest.MigratedURL(t, sqldb.SQLite), sqldb.Options{})
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000", "cache_size": "-2000"} {
		var writer, reader string
		mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `PRAGMA `+pragma).Scan(&writer)
		})
		if err := db.Read.QueryRowContext(t.Context(), `PRAGMA `+pragma).Scan(&reader); err != nil || writer != want || reader != want {
			t.Errorf("%s: writer %s, reader %s, error %v, want %s", pragma, writer, reader, err, want)
		}
	}
	if n := db.Read.Stats().MaxOpenConnections; n != 2 {
		t.Errorf("%d readers, want 2", n)
	}
}

func TestAcknowledgedMeansOnDiskWhateverTheServersDefault(t *testing.T) {
	t.Parallel()
	url := sqldbtest.MigratedURL(t, sqldb.Postgres)
	db := sqldbtest.Connect(t, url+"&synchronous_commit=off", sqldb.Options{})
	var setting string
	mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SHOW synchronous_commit`).Scan(&setting)
	})
	if setting != "on" {
		t.Errorf("synchronous_commit is %s", setting)
	}
}

func TestThePasswordIsNotShown(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Postgres)
	if strings.Contains(db.URL(), "xxxxx") == false && strings.Contains(db.URL(), "@") {
		t.Errorf("URL %q", db.URL())
	}
	_, err := sqldb.Open(t.Context(), "postgres://u:hunter2@127.0.0.1:1/x", sqldb.Options{})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func TestReadOnlyChangesNothing(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			mustWrite(t, sqldbtest.Connect(t, url, sqldb.Options{}), add("there"))
			db := sqldbtest.Connect(t, url, sqldb.Options{ReadOnly: true})
			if got := names(t, db); !slices.Equal(got, []string{"there"}) {
				t.Errorf("things %v", got)
			}
			wantIs(t, "write", db.Write(t.Context(), add("x")), contracts.ErrForbidden)
			more := sqldb.Set{Name: "more", FS: sqlFiles("00001_a.sql", "CREATE TABLE a (id BIGINT);")}
			wantIs(t, "migrate", sqldb.Migrate(t.Context(), db, more), contracts.ErrForbidden)
		})
	}
	t.Run("missing file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "none.db")
		_, err := sqldb.Open(t.Context(), "sqlite://"+path, sqldb.Options{ReadOnly: true})
		wantIs(t, "open", err, contracts.ErrUnavailable)
		if _, err := os.Stat(path); err == nil {
			t.Error("a file was created")
		}
	})
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqldb.Open(t.Context(), "sqlite://"+path, sqldb.Options{})
	wantIs(t, "open", err, contracts.ErrUnavailable)
	if b, _ := os.ReadFile(path); !strings.HasPrefix(string(b), "not a database") {
		t.Error("the file was changed")
	}
}

func TestOneServerPerSQLiteFile(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		release, err := db.LockServer()
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC() // the lock must not go with a forgotten file
		runtime.GC()
		second, err := db.LockServer()
		if db.Dialect() == sqldb.Postgres {
			if err != nil {
				t.Errorf("second server on PostgreSQL: %v", err)
			}
			second()
			release()
			return
		}
		wantIs(t, "second server", err, contracts.ErrConflict)
		mustWrite(t, db, add("a tool beside it"))
		release()
		third, err := db.LockServer()
		if err != nil {
			t.Fatalf("after the release: %v", err)
		}
		third()
		if _, err := db.LockServer(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		again := sqldbtest.Connect(t, db.URL(), sqldb.Options{})
		if _, err := again.LockServer(); err != nil {
			t.Errorf("after Close: %v", err)
		}
	})
}

// What a program gave back is free, though it starts another program at that moment.
func TestALockThatWasGivenBackIsFreeWhileAChildStarts(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite)
	release, err := db.LockServer()
	if err != nil {
		t.Fatal(err)
	}
	forked, err := sqldb.CopyServerLock(db)
	if err != nil {
		t.Fatal(err)
	}
	defer forked()
	release()
	if _, err := db.LockServer(); err != nil {
		t.Fatalf("after the release: %v", err)
	}
	again, err := sqldb.CopyServerLock(db)
	if err != nil {
		t.Fatal(err)
	}
	defer again()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqldbtest.Connect(t, db.URL(), sqldb.Options{}).LockServer(); err != nil {
		t.Errorf("after Close: %v", err)
	}
}
