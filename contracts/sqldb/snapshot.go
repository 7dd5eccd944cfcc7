package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

const snapshotLimit = 5 * time.Second

// Snapshot runs fn in a read-only transaction that sees one state of the database:
// the one at log position head. Whatever hands out state together with a cursor
// uses it. It ends after 5 s: a long snapshot slows every writer, so long reads go
// page by page without one. One that takes longer fails with [contracts.ErrBusy].
func (db *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx, head int64) error) (err error) {
	conn, err := db.Read.Conn(ctx) // waiting for a connection is not part of the 5 s
	if err != nil {
		return fmt.Errorf("begin snapshot: %w", classify(err))
	}
	defer func() { _ = conn.Close() }() // gives it back to the pool
	inner, cancel := context.WithTimeout(ctx, db.snapshotLimit)
	defer cancel()
	defer func() {
		if err != nil && inner.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("snapshot ran longer than %v: %w", db.snapshotLimit, withCode(contracts.ErrBusy, err))
		}
	}()
	tx, err := conn.BeginTx(inner, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin snapshot: %w", classify(err))
	}
	defer func() {
		if e := tx.Rollback(); err == nil && !errors.Is(e, sql.ErrTxDone) {
			err = e
		}
	}()
	var head int64 // the first read fixes the state on both engines
	if err := tx.QueryRowContext(inner, selectHead).Scan(&head); err != nil {
		return fmt.Errorf("read log head: %w", classify(err))
	}
	return fn(inner, tx, head)
}
