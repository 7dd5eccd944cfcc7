package sqldbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// fingerprint names a schema: any change of a migration gives another name, so a
// template is never stale.
func fingerprint(sets []sqldb.Set) (string, error) {
	h := sha256.New()
	for _, s := range sets {
		_, _ = fmt.Fprintf(h, "set %s\n", s.Name)
		err := fs.WalkDir(s.FS, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(s.FS, path)
			_, _ = fmt.Fprintf(h, "%s %d\n%s\n", path, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read migrations of %s: %w", s.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

var sqliteTemplates struct {
	sync.Mutex
	byName map[string][]byte
}

// copySQLite writes a copy of the migrated file, which is made once per process.
func copySQLite(tb testing.TB, sets []sqldb.Set) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "test.db")
	image, err := sqliteImage(sets)
	if err == nil {
		err = os.WriteFile(path, image, 0o600)
	}
	if err != nil {
		tb.Fatalf("make SQLite test database: %v", err)
	}
	return "sqlite://" + path
}

func sqliteImage(sets []sqldb.Set) (image []byte, err error) {
	name, err := fingerprint(sets)
	if err != nil {
		return nil, err
	}
	sqliteTemplates.Lock()
	defer sqliteTemplates.Unlock()
	if image, ok := sqliteTemplates.byName[name]; ok {
		return image, nil
	}
	dir, err := os.MkdirTemp("", "dankerchat-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	if err := migrate(context.Background(), "sqlite://"+path, sets); err != nil {
		return nil, err
	}
	// The last connection's Close has brought the WAL into the file.
	if image, err = os.ReadFile(path); err != nil {
		return nil, err
	}
	if sqliteTemplates.byName == nil {
		sqliteTemplates.byName = map[string][]byte{}
	}
	sqliteTemplates.byName[name] = image
	return image, nil
}

var postgresTemplates struct {
	sync.Mutex
	ready map[string]bool // by server and name
}

// postgresTemplate returns the name of a migrated template database, making it when
// no test process on this server has yet.
func postgresTemplate(tb testing.TB, sets []sqldb.Set) string {
	tb.Helper()
	fp, err := fingerprint(sets)
	if err != nil {
		tb.Fatalf("make PostgreSQL template: %v", err)
	}
	name := "dkt_" + fp
	pool, base := instanceFor(tb)
	postgresTemplates.Lock()
	defer postgresTemplates.Unlock()
	if postgresTemplates.ready[base+name] {
		return name
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := makeTemplate(ctx, pool, base, name, sets); err != nil {
		tb.Fatalf("make PostgreSQL template: %v", err)
	}
	if postgresTemplates.ready == nil {
		postgresTemplates.ready = map[string]bool{}
	}
	postgresTemplates.ready[base+name] = true
	return name
}

// makeTemplate works under an advisory lock, since test processes start together.
// The database gets its final name when it is complete.
func makeTemplate(ctx context.Context, pool *sql.DB, base, name string, sets []sqldb.Set) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(7221)`); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(ctx, `SELECT pg_advisory_unlock(7221)`) }()
	var n int
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM pg_database WHERE datname = $1`, name).Scan(&n); err != nil || n > 0 {
		return err
	}
	draft := name + "_draft"
	for _, q := range []string{`DROP DATABASE IF EXISTS ` + draft, `CREATE DATABASE ` + draft + ` TEMPLATE template0`} {
		if err := whenUnused(ctx, conn, q); err != nil {
			return err
		}
	}
	if err := migrate(ctx, withDatabase(base, draft), sets); err != nil {
		return err
	}
	return rename(ctx, conn, draft, name)
}

// rename waits for the migration's sessions, which end a moment after they are closed.
func rename(ctx context.Context, conn *sql.Conn, from, to string) error {
	if _, err := conn.ExecContext(ctx, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1`, from); err != nil {
		return err
	}
	return whenUnused(ctx, conn, `ALTER DATABASE `+from+` RENAME TO `+to)
}
