package eventlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// pruneChunk keeps a transaction short: a chunk holds the write lock for milliseconds.
const pruneChunk = 500

// Prune deletes the oldest events: those older than keepFor, but never one of the
// newest keepMin. It works in transactions of at most 500 rows and returns how many
// it deleted, also beside an error. What remains is the log's upper end without gaps.
//
// Age is by the wall clock that wrote the events. When that ran ahead for a while,
// pruning stops before those events until their time has come.
func Prune(ctx context.Context, db *sqldb.DB, keepFor time.Duration, keepMin int64) (int64, error) {
	before := time.Now().Add(-keepFor).UnixMilli()
	var total int64
	for {
		var n int64
		err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			deleted, err := pruneTx(ctx, tx, before, keepMin)
			n = deleted
			return err
		})
		if err != nil {
			return total, fmt.Errorf("prune events: %w", err)
		}
		if total += n; n == 0 {
			return total, nil
		}
	}
}

func pruneTx(ctx context.Context, tx *sql.Tx, before, keepMin int64) (int64, error) {
	var upto sql.NullInt64
	// The newest of the 500 oldest that is old enough; all below it go with it, so
	// that no hole appears where a clock went backwards.
	err := tx.QueryRowContext(ctx, `SELECT max(position) FROM (
			SELECT position, at FROM events WHERE position <= (SELECT last FROM event_head WHERE id = 1) - cast($1 AS bigint)
			ORDER BY position LIMIT $2) AS oldest
		WHERE at < $3`, keepMin, pruneChunk, before).Scan(&upto)
	if err != nil || !upto.Valid {
		return 0, ignoreNoRows(err)
	}
	res, err := tx.ExecContext(ctx, `DELETE FROM events WHERE position <= $1`, upto.Int64)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
