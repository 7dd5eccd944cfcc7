package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	watchSQLite   = 50 * time.Millisecond
	watchPostgres = 250 * time.Millisecond
)

// Watch calls fn when the log may have advanced by another process, until ctx
// ends; then it returns nil. It is the backstop behind faster hints, and correct
// without them: on SQLite it looks at PRAGMA data_version on a connection that it
// holds, every 50 ms, on PostgreSQL at the log's head every 250 ms. It calls fn after its
// first look too, for what came since the caller's own. fn may be called once too
// often, never too rarely. While the database cannot be reached Watch goes on
// trying, and calls fn when it is back.
//
// It returns an error only when the database is closed.
func (db *DB) Watch(ctx context.Context, fn func()) error {
	pool, err := db.engine.open(roleWatch)
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1) // data_version counts the commits of others than its own connection
	defer func() { _ = pool.Close() }()
	interval := watchPostgres
	if db.Dialect() == SQLite {
		interval = watchSQLite
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var seenVersion, seenHead, seenOwn int64 = -1, -1, 0
	unseen := true // before the first look, and while the database cannot be reached
	for {
		version, head, err := db.look(ctx, pool, seenVersion)
		own := db.own.Load() // after the head: a commit in between is one call too many, not one missed
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			unseen = true
		default:
			if unseen || head >= 0 && head-seenHead != own-seenOwn {
				fn()
			}
			unseen, seenVersion = false, version
			if head >= 0 {
				seenHead, seenOwn = head, own
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-db.closing:
			return fmt.Errorf("watch: %w", errClosed)
		case <-tick.C:
		}
	}
}

// look returns SQLite's data version (0 on PostgreSQL) and the head, or -1 for the
// head when the version says that nobody wrote.
func (db *DB) look(ctx context.Context, pool *sql.DB, seen int64) (version, head int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, batchDeadline)
	defer cancel()
	if db.Dialect() == SQLite {
		if err := pool.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
			return 0, 0, fmt.Errorf("read data version: %w", err)
		}
		if version == seen {
			return version, -1, nil
		}
	}
	if err := pool.QueryRowContext(ctx, selectHead).Scan(&head); err != nil {
		return 0, 0, fmt.Errorf("read log head: %w", err)
	}
	return version, head, nil
}
