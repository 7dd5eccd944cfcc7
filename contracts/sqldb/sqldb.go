// Package sqldb opens DankerChat's database by URL and is the one way to write
// to it. Start with [Open], which brings the schema up to date as well, then read
// through [DB.Read] and write through [DB.Write].
//
// Two engines, one SQL text: binds are $1, $2, … on both, times are BIGINT unix
// milliseconds. SQLite runs with WAL and synchronous=FULL, PostgreSQL through
// pgx/v5. The package imports no driver: a program imports
// modernc.org/sqlite, github.com/jackc/pgx/v5/stdlib, or both.
//
// [DB.Write] groups the closures that wait together into one transaction with
// one fsync, and makes write transactions serial, on SQLite as on PostgreSQL and
// across processes: see docs/adr/0001-group-commit.md and
// docs/adr/0002-event-log-head-lock.md for what that costs and buys. Nothing
// here hides [sql.Tx]: closures get it and use it directly.
//
// It does not build queries, map rows or retry what a caller asked for once it
// may have happened.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Dialect names a database engine.
type Dialect string

// The engines.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Options tune [Open]. The zero value suits a server.
type Options struct {
	// Sets are brought up to date by Open, as [Migrate] does; none leaves the schema alone.
	Sets []Set
	// BusyTimeout is how long a write waits for another process that holds the
	// write lock before it fails with [contracts.ErrBusy]. Default 5 s; command-line
	// tools beside a server use 30 s.
	BusyTimeout time.Duration
	// ReadOnly refuses Write and Migrate and never creates the SQLite file.
	ReadOnly bool
	// DryRun lets Write run closures as always, with all their checks, and then roll
	// them back: Write returns nil, nothing is stored, and OnCommit is not told.
	DryRun bool
	// MaxReaders bounds the connections of DB.Read. Default 2 on SQLite (more are
	// slower on two cores), 8 on PostgreSQL.
	MaxReaders int
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	// Read is the pool for reading. Its connections refuse to write
	// (query_only on SQLite, default_transaction_read_only on PostgreSQL).
	Read *sql.DB

	engine  engine
	options Options
	write   *sql.DB // one connection; the writer goroutine's alone

	deadline      time.Duration // of a write transaction that has the lock
	snapshotLimit time.Duration
	queue         chan *request
	closing       chan struct{} // closed by Close: no new work
	stopped       chan struct{} // closed when the writer goroutine has ended
	close         sync.Once

	own    atomic.Int64          // positions that this DB has committed since Open
	broken atomic.Pointer[error] // a storage error after which nothing is acknowledged any more
	stats  counters

	mu         sync.Mutex // guards what follows
	observers  []observer
	nextID     int
	serverLock io.Closer
}

// Open opens the database that url names: "sqlite:///absolute/path",
// "sqlite:relative/path", or "postgres://user@host/name" as pgx reads it. It
// creates a missing SQLite file (mode 0600) and its folder (0700), and tables only
// of [Options.Sets]. PostgreSQL must be reachable.
//
// Errors: [contracts.ErrInvalid] for a URL of no known kind,
// [contracts.ErrUnavailable] when the database cannot be reached, those of [Migrate].
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	if opts.BusyTimeout <= 0 {
		opts.BusyTimeout = 5 * time.Second
	}
	e, err := parseURL(url, opts)
	if err != nil {
		return nil, err
	}
	if opts.MaxReaders <= 0 {
		opts.MaxReaders = e.readers()
	}
	if err := e.prepare(); err != nil {
		return nil, err
	}
	db := &DB{
		engine:        e,
		options:       opts,
		deadline:      batchDeadline,
		snapshotLimit: snapshotLimit,
		queue:         make(chan *request, maxWaiting),
		closing:       make(chan struct{}),
		stopped:       make(chan struct{}),
	}
	if db.write, err = e.open(roleWrite); err != nil {
		return nil, err
	}
	if db.Read, err = e.open(roleRead); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	db.write.SetMaxOpenConns(1)
	db.Read.SetMaxOpenConns(opts.MaxReaders)
	db.Read.SetMaxIdleConns(opts.MaxReaders)
	// The reader is opened last: a new SQLite file gets its WAL mode from the writer.
	for _, pool := range []*sql.DB{db.write, db.Read} {
		if err := pool.PingContext(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", db.URL(), unreachable(err)), db.write.Close(), db.Read.Close())
		}
	}
	go (&writer{db: db}).loop()
	if len(opts.Sets) > 0 {
		if err := Migrate(ctx, db, opts.Sets...); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// Dialect says which engine this is. SQL that differs asks it; there is little.
func (db *DB) Dialect() Dialect { return db.engine.dialect() }

// URL returns the URL that opened the database, with a password replaced.
func (db *DB) URL() string { return db.engine.redacted() }

// Path returns the SQLite file's path, or "" on PostgreSQL.
func (db *DB) Path() string { return db.engine.path() }

// Ping tells whether the database can be read and written. After a storage error
// at COMMIT (SQLite's I/O errors) it fails for good: what was acknowledged is
// safe, but the process must be started anew.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.broken.Load(); err != nil {
		return *err
	}
	if err := db.Read.PingContext(ctx); err != nil {
		return fmt.Errorf("ping %s: %w", db.URL(), classify(err))
	}
	return nil
}

// Head returns the position of the newest event of the log, 0 when it is empty.
func (db *DB) Head(ctx context.Context) (int64, error) {
	var head int64
	if err := db.Read.QueryRowContext(ctx, selectHead).Scan(&head); err != nil {
		return 0, fmt.Errorf("read log head: %w", classify(err))
	}
	return head, nil
}

// Close lets the running batch end, answers what still waits with
// [contracts.ErrUnavailable], and closes all connections. It may be called twice.
func (db *DB) Close() error {
	var err error
	db.close.Do(func() {
		close(db.closing)
		<-db.stopped
		err = errors.Join(db.Read.Close(), db.write.Close())
		db.mu.Lock()
		defer db.mu.Unlock()
		if db.serverLock != nil {
			_ = db.serverLock.Close() // released already, perhaps
		}
	})
	return err
}

// Stmt returns query prepared on the transaction's connection. On SQLite, where
// preparing costs as much as running, every statement of a connection is prepared
// once and kept by its text, whether it comes through here or through tx; pgx does
// the same on PostgreSQL. So tx.ExecContext is as fast as this, and closing what
// it returns costs nothing.
func (db *DB) Stmt(ctx context.Context, tx *sql.Tx, query string) (*sql.Stmt, error) {
	st, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	return st, nil
}

const selectHead = `SELECT last FROM event_head WHERE id = 1`

func unreachable(err error) error {
	if err := classify(err); errors.Is(err, contracts.ErrBusy) || errors.Is(err, contracts.ErrStorageFull) {
		return err
	}
	return withCode(contracts.ErrUnavailable, err)
}
