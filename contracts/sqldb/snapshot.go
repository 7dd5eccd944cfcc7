package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const snapshotLimit = 5 * time.Second

// Snapshot runs fn in a read-only transaction that sees one state of the database:
// the one at log position head. Whatever hands out state together with a cursor
// uses it. It ends after 5 s: a long snapshot slows every writer, so long reads go
// page by page without one.
func (db *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx, head int64) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotLimit)
	defer cancel()
	tx, err := db.Read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin snapshot: %w", classify(err))
	}
	defer func() {
		if e := tx.Rollback(); err == nil && !errors.Is(e, sql.ErrTxDone) {
			err = e
		}
	}()
	var head int64 // the first read fixes the state on both engines
	if err := tx.QueryRowContext(ctx, selectHead).Scan(&head); err != nil {
		return fmt.Errorf("read log head: %w", classify(err))
	}
	return fn(ctx, tx, head)
}
