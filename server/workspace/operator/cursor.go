package operator

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// FormatCursor writes a place in the log as one word, EPOCH.POSITION.MARK.
func FormatCursor(c contracts.Cursor) string {
	return fmt.Sprintf("%s.%d.%s", c.Epoch, c.Position, c.Mark)
}

// Cursor reads what [FormatCursor] wrote and checks that it belongs to this
// database's history; "start" is before the oldest event that is kept, "" the head.
//
// Errors: [contracts.ErrInvalid] for another form, [contracts.ErrGone] when events
// after it are not kept any more or history was replaced (a restored backup).
func (s *Session) Cursor(ctx context.Context, text string) (contracts.Cursor, error) {
	head, err := eventlog.Head(ctx, s.DB.Read)
	if err != nil || text == "" {
		return head, err
	}
	oldest, err := eventlog.Oldest(ctx, s.DB.Read)
	if err != nil {
		return head, err
	}
	if text == "start" {
		return contracts.Cursor{Epoch: head.Epoch, Position: oldest - 1}, nil
	}
	parts := strings.SplitN(text, ".", 3)
	bad := contracts.Invalid("/from", "the cursor is not one that an event carried").WithHint(`Give the "cursor" of an event, or start.`)
	if len(parts) != 3 {
		return head, bad
	}
	position, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || position < 0 {
		return head, bad
	}
	c := contracts.Cursor{Epoch: parts[0], Position: position, Mark: parts[2]}
	if c.Epoch != head.Epoch || c.Position > head.Position {
		return head, contracts.ErrGone.With("the cursor belongs to another history of this database").WithHint("Begin anew with --from start.")
	}
	if c.Position < oldest-1 {
		return head, contracts.ErrGone.With("events after the cursor are not kept any more").WithHint("Begin anew with --from start.")
	}
	if ev, kept, err := eventlog.At(ctx, s.DB.Read, c.Position); err != nil {
		return head, err
	} else if kept && ev.Mark != c.Mark {
		return head, contracts.ErrGone.With("the cursor belongs to another history of this database").WithHint("Begin anew with --from start.")
	}
	return c, nil
}
