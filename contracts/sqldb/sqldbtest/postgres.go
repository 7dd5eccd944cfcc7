package sqldbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

// Server returns the URL of the PostgreSQL that tests use, with the right to create
// databases: TEST_POSTGRES_URL, else one of two that all tests on this machine share,
// started when it is not up. The calling process counts as a user of it until it ends.
// The durable one is on disk and syncs its writes (fsync), as measurements and crashes
// need. The other one does not, and lives in memory where that can be had: most of what
// tests do is to make and remove databases.
func Server(durable bool) (string, error) {
	_, url, err := instance(durable)
	return url, err
}

// instance returns the process's pool on a server's maintenance database, and its URL.
func instance(durable bool) (*sql.DB, string, error) {
	if durable {
		return durableOne()
	}
	return quickOne()
}

// instanceFor is the one that a test takes, or a benchmark.
func instanceFor(tb testing.TB) (*sql.DB, string) {
	tb.Helper()
	_, durable := tb.(*testing.B)
	pool, url, err := instance(durable)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return pool, url
}

var quickOne, durableOne = opened(false), opened(true)

func opened(durable bool) func() (*sql.DB, string, error) {
	var u string
	open := sync.OnceValues(func() (pool *sql.DB, err error) {
		if u = os.Getenv("TEST_POSTGRES_URL"); u == "" { // else its owner decides
			if u, err = startShared(durable); err != nil {
				return nil, err
			}
		}
		if pool, err = sql.Open("pgx", u); err == nil {
			pool.SetMaxOpenConns(4)
			pool.SetMaxIdleConns(1)
		}
		return pool, err
	})
	return func() (*sql.DB, string, error) {
		pool, err := open()
		return pool, u, err
	}
}

func withDatabase(base, name string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base // the driver has accepted it: it parses
	}
	u.Path = "/" + name
	return u.String()
}

// createDatabase makes a database of its own for a test and drops it afterwards.
func createDatabase(tb testing.TB, template string) string {
	tb.Helper()
	pool, base := instanceFor(tb)
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	name := "dk_" + hex.EncodeToString(id[:])
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute) // others wait for the same four connections
	defer cancel()
	if err := whenUnused(ctx, pool, `CREATE DATABASE `+name+` TEMPLATE `+template); err != nil {
		tb.Fatalf("create test database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		if err := whenUnused(ctx, pool, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			tb.Errorf("drop test database: %v", err)
		}
	})
	return withDatabase(base, name)
}

// whenUnused runs a statement about a whole database, which others must not use then.
// PostgreSQL asks them to leave, its own cleaners among them, and waits five seconds: too
// short for a busy machine, and one that was about to begin comes later.
func whenUnused(ctx context.Context, on interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, statement string) error {
	for {
		_, err := on.ExecContext(ctx, statement)
		var answer interface{ SQLState() string }
		if err == nil || ctx.Err() != nil || !errors.As(err, &answer) || answer.SQLState() != "55006" { // object_in_use
			return err
		}
	}
}

// missing says why there is no PostgreSQL and how to get one.
func missing(reason string) error {
	return fmt.Errorf("no PostgreSQL for the tests: %s\n\n%s", reason, howToGetIt)
}

const howToGetIt = `Do one of these:
  - install its server programs: "apt-get install postgresql" (Debian, Ubuntu),
    "brew install postgresql@17" (macOS), or Postgres.app; no cluster has to run;
  - set PG_BIN to the folder that holds initdb and postgres;
  - set TEST_POSTGRES_URL=postgres://user:password@host/postgres to a server whose
    user may create databases.`
