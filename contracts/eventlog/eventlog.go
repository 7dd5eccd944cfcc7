// Package eventlog is the workspace's one log: every durable change appends an
// event in the transaction of the change. Log order is commit order, without
// gaps, on SQLite and PostgreSQL, across processes and instances.
//
// A writer calls [Append] inside [sqldb.DB.Write]; a reader calls [Since] with the
// last position that it has seen, and [Head] for a cursor. The log stores
// references, never message bodies, so an erased message is erased everywhere.
// Hints that something was appended come from [sqldb.DB.OnCommit] and
// [sqldb.DB.Watch]; the log itself is the truth.
package eventlog

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

//go:embed migrations
var files embed.FS

// Migrations makes the table events. It comes right after sqldb's own set and
// before every library's.
var Migrations = sqldb.NewSet("eventlog", files)

const columns = `position, mark, type, scope, actor, subject, refs, at`

// insert writes events. Rows without a position fill a statement up.
var insert = sqldb.Multi{
	Text: `WITH v (` + columns + `) AS (VALUES %VALUES%)
		INSERT INTO events (` + columns + `) SELECT ` + columns + ` FROM v WHERE position IS NOT NULL`,
	Columns: []string{"bigint", "text", "text", "text", "text", "text", "text", "bigint"},
}

// Append appends events to the log, in order, in the transaction of the closure
// whose ctx this is. It sets each event's Position and Mark, and At to now when it
// is zero, at a precision of milliseconds. After the commit the observers of
// [sqldb.DB.OnCommit] get each *[contracts.Event] as a note, with the Data that the
// writer attached; so events must not be changed afterwards.
func Append(ctx context.Context, tx *sql.Tx, events ...*contracts.Event) error {
	part, err := Part(ctx, events...)
	if err != nil {
		return err
	}
	return sqldb.ExecParts(ctx, tx, part)
}

// Part does what [Append] does but for the writing itself, which it leaves to the
// caller's [sqldb.ExecParts], together with other statements. A closure that
// succeeds without it would leave a hole in the log.
func Part(ctx context.Context, events ...*contracts.Event) (sqldb.Part, error) {
	part := sqldb.Part{Name: "append events", Statement: &insert}
	if len(events) == 0 {
		return part, nil
	}
	first, err := sqldb.TakePositions(ctx, len(events))
	if err != nil {
		return part, fmt.Errorf("append events: %w", err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	marks := newMarks(len(events))
	part.Rows = make([][]any, len(events))
	for i, ev := range events {
		if ev.Type == "" || ev.Scope == "" {
			return part, fmt.Errorf("append events: event %d has no type or no scope", i)
		}
		ev.Position, ev.Mark = first+int64(i), marks[i]
		if ev.At.IsZero() {
			ev.At = now
		}
		ev.At = ev.At.UTC().Truncate(time.Millisecond)
		part.Rows[i] = []any{ev.Position, ev.Mark, ev.Type, ev.Scope, ev.Actor, ev.Subject, ev.Refs, ev.At.UnixMilli()}
	}
	for _, ev := range events {
		sqldb.Note(ctx, ev)
	}
	return part, nil
}

// markAlphabet has 32 letters, so that a random byte maps evenly.
const markAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// newMarks returns n marks of 8 characters, 40 random bits each: enough to tell one
// history from another at the same position.
func newMarks(n int) []string {
	b := make([]byte, 8*n)
	if _, err := rand.Read(b); err != nil {
		panic("eventlog: no randomness: " + err.Error()) // crypto/rand never fails on supported systems
	}
	for i, c := range b {
		b[i] = markAlphabet[c&31]
	}
	all := string(b)
	marks := make([]string, n)
	for i := range marks {
		marks[i] = all[8*i : 8*i+8]
	}
	return marks
}

// NewEpoch starts a new history: every cursor given out before is answered with a
// resync. Called after a restore, before the first event.
func NewEpoch(ctx context.Context, db *sqldb.DB) error {
	epoch := strings.Join(newMarks(2), "")
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE event_head SET epoch = $1 WHERE id = 1`, epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("start new epoch: %w", err)
	}
	return nil
}

func placeholder(i int) string { return "$" + strconv.Itoa(i) }
