package eventlog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Querier is what reads.
type Querier = sqldb.Querier

// Since returns up to limit events after position after, oldest first, with Data
// nil. It does not tell whether older ones were pruned: see [Oldest].
func Since(ctx context.Context, q Querier, after int64, limit int) ([]contracts.Event, error) {
	events, err := sqldb.List(ctx, q, scanEvent, `SELECT `+columns+` FROM events WHERE position > $1 ORDER BY position LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// scopesPerStatement bounds the binds; the text comes in few sizes so that it is
// prepared once.
var scopesPerStatement = []int{256, 64, 16, 4, 1}

// SinceScopes returns up to limit events of the given scopes with after < position
// <= upto, oldest first, with Data nil. Scopes may be many, and may repeat.
func SinceScopes(ctx context.Context, q Querier, after, upto int64, scopes []string, limit int) ([]contracts.Event, error) {
	if limit <= 0 || upto <= after {
		return nil, nil
	}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	var found []contracts.Event
	for len(scopes) > 0 {
		n := 0
		for _, size := range scopesPerStatement {
			if size <= len(scopes) {
				n = size
				break
			}
		}
		args := []any{after, upto, limit}
		names := make([]string, n)
		for i, s := range scopes[:n] {
			args = append(args, s)
			names[i] = placeholder(len(args))
		}
		part, err := sqldb.List(ctx, q, scanEvent, `SELECT `+columns+` FROM events WHERE scope IN (`+strings.Join(names, ", ")+`)
			AND position > $1 AND position <= $2 ORDER BY position LIMIT $3`, args...)
		if err != nil {
			return nil, fmt.Errorf("read events of scopes: %w", err)
		}
		found = append(found, part...)
		scopes = scopes[n:]
	}
	slices.SortFunc(found, func(a, b contracts.Event) int { return cmp.Compare(a.Position, b.Position) })
	return found[:min(limit, len(found))], nil
}

func scanEvent(scan sqldb.Scan) (ev contracts.Event, err error) {
	var at int64
	err = scan(&ev.Position, &ev.Mark, &ev.Type, &ev.Scope, &ev.Actor, &ev.Subject, &ev.Refs, &at)
	ev.At = time.UnixMilli(at).UTC()
	return ev, err
}

// Head returns the cursor of the newest event. Its mark is "" when the log is empty.
func Head(ctx context.Context, q Querier) (contracts.Cursor, error) {
	var c contracts.Cursor
	err := q.QueryRowContext(ctx, `SELECT h.epoch, h.last, coalesce(e.mark, '')
		FROM event_head h LEFT JOIN events e ON e.position = h.last WHERE h.id = 1`).Scan(&c.Epoch, &c.Position, &c.Mark)
	if err != nil {
		return contracts.Cursor{}, fmt.Errorf("read log head: %w", err)
	}
	return c, nil
}

// At returns the event at a position; false when there is none, because it was
// pruned or has not happened.
func At(ctx context.Context, q Querier, position int64) (contracts.Event, bool, error) {
	row := q.QueryRowContext(ctx, `SELECT `+columns+` FROM events WHERE position = $1`, position)
	ev, err := scanEvent(row.Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return contracts.Event{}, false, nil
	case err != nil:
		return contracts.Event{}, false, fmt.Errorf("read event: %w", err)
	}
	return ev, true, nil
}

// Oldest returns the position of the oldest kept event, or head+1 when none is
// kept. A cursor at position p can be resumed exactly when p >= Oldest-1.
func Oldest(ctx context.Context, q Querier) (int64, error) {
	var position int64
	err := q.QueryRowContext(ctx, `SELECT coalesce((SELECT min(position) FROM events), last + 1) FROM event_head WHERE id = 1`).Scan(&position)
	if err != nil {
		return 0, fmt.Errorf("read oldest event: %w", err)
	}
	return position, nil
}
