package messaging

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// MarkRead marks everything up to position as read by the actor and returns what
// is left. A position over the newest message means all; one below what was read
// already changes nothing. Durable when it returns nil. Errors:
// [contracts.ErrNotFound]; [contracts.ErrInvalid] for a negative position.
func (s *Service) MarkRead(ctx context.Context, actor contracts.Actor, conversation string, position int64) (contracts.ReadState, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return contracts.ReadState{}, err
	}
	if position < 0 {
		return contracts.ReadState{}, contracts.Invalid("/position", "a position is 0 or more")
	}
	now, err := readState(ctx, s.db.Read, actor.UserID, conversation)
	if err != nil || position <= now.LastReadPosition {
		return now, err
	}
	return s.move(ctx, actor, conversation, func(now contracts.ReadState) int64 {
		return max(now.LastReadPosition, min(position, now.LastPosition))
	})
}

// MarkUnreadFrom makes the message at position the first unread one, whether it was
// read or not. Errors: [contracts.ErrNotFound]; [contracts.ErrInvalid] when there is
// no message at position.
func (s *Service) MarkUnreadFrom(ctx context.Context, actor contracts.Actor, conversation string, position int64) (contracts.ReadState, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return contracts.ReadState{}, err
	}
	now, err := readState(ctx, s.db.Read, actor.UserID, conversation)
	if err != nil {
		return now, err
	}
	if position < 1 || position > now.LastPosition {
		return contracts.ReadState{}, contracts.Invalid("/position", fmt.Sprintf("there is no message at this position: the newest is %d", now.LastPosition))
	}
	return s.move(ctx, actor, conversation, func(contracts.ReadState) int64 { return position - 1 })
}

// move sets the actor's read position to what to returns and recomputes the counts.
func (s *Service) move(ctx context.Context, actor contracts.Actor, conversation string, to func(contracts.ReadState) int64) (contracts.ReadState, error) {
	var out contracts.ReadState
	err := s.write(ctx, "mark read", func(ctx context.Context, tx *sql.Tx) error {
		now, err := readState(ctx, tx, actor.UserID, conversation)
		if err != nil {
			return err
		}
		position := to(now)
		if position == now.LastReadPosition {
			out = now
			return nil
		}
		state, err := s.moveTx(ctx, tx, actor, now, position)
		if err == nil {
			out = state
		}
		return err
	})
	return out, err
}

func (s *Service) moveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, now contracts.ReadState, position int64) (contracts.ReadState, error) {
	left, err := countAfter(ctx, tx, actor.UserID, now, position)
	if err != nil {
		return now, err
	}
	now = left.state(now, position)
	if _, err := tx.ExecContext(ctx, `UPDATE participants SET last_read_position = $1, read_quiet = $6, mentions = $2,
			all_mentions = (SELECT c.all_mentions FROM conversations c WHERE c.id = $3) - cast($4 AS bigint)
		WHERE conversation_id = $3 AND user_id = $5`, position, left.direct, now.ConversationID, left.all, actor.UserID, now.ReadQuiet); err != nil {
		return now, fmt.Errorf("update read position: %w", err)
	}
	return now, appendRead(ctx, tx, actor.UserID, now)
}

// after is what stands after a read position: messages that name the user, those that
// name everybody and are not his own, quiet ones; hushed ones, and their mentions.
type after struct{ direct, all, quiet, hushed, hushedMentions int64 }

// state returns the read state st moved to position.
func (a after) state(st contracts.ReadState, position int64) contracts.ReadState {
	st.LastReadPosition, st.ReadQuiet, st.Hushed, st.Mentions = position, st.Quiet-a.quiet, a.hushed, a.direct+a.all-a.hushedMentions
	st.Unread = unreadOf(st)
	return st
}

// unreadOf counts the messages after the read position that are neither quiet nor hushed.
func unreadOf(st contracts.ReadState) int64 {
	return (st.LastPosition - st.Quiet) - (st.LastReadPosition - st.ReadQuiet) - st.Hushed
}

var countAfterRead = `SELECT c.direct, c.everybody, c.quiet,
		` + hushedAfter("cast($3 AS bigint)", "(cast($4 AS bigint) - cast($3 AS bigint) - c.quiet)") + `,
		` + hushedMentionsAfter("cast($3 AS bigint)") + `
	FROM (SELECT id, kind,
		(SELECT count(*) FROM mentions WHERE user_id = $1 AND conversation_id = $2 AND position > cast($3 AS bigint)) AS direct,
		(SELECT count(*) FROM messages WHERE conversation_id = $2 AND position > cast($3 AS bigint) AND mention_all AND author <> $1) AS everybody,
		(SELECT count(*) FROM messages WHERE conversation_id = $2 AND position > cast($3 AS bigint) AND position <= cast($4 AS bigint) AND kind = 'system') AS quiet
		FROM conversations WHERE id = $2) AS c`

// countAfter counts what stands after position; nothing does after the last one.
func countAfter(ctx context.Context, q eventlog.Querier, user string, st contracts.ReadState, position int64) (a after, err error) {
	if position >= st.LastPosition {
		return a, nil
	}
	err = q.QueryRowContext(ctx, countAfterRead, user, st.ConversationID, position, st.LastPosition).
		Scan(&a.direct, &a.all, &a.quiet, &a.hushed, &a.hushedMentions)
	if err != nil {
		return a, fmt.Errorf("count unread messages: %w", err)
	}
	return a, nil
}

func appendRead(ctx context.Context, tx *sql.Tx, user string, state contracts.ReadState) error {
	data, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("encode read state: %w", err)
	}
	return eventlog.Append(ctx, tx, &contracts.Event{Type: contracts.EventReadUpdated, Scope: user, Actor: user, Subject: state.ConversationID,
		Refs: fmt.Sprintf(`{"last_read_position":%d}`, state.LastReadPosition), Data: data})
}

// MarkAllRead marks every conversation of the actor as read and returns those that
// were not.
func (s *Service) MarkAllRead(ctx context.Context, actor contracts.Actor) ([]contracts.ReadState, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return nil, err
	}
	var out []contracts.ReadState
	err := s.write(ctx, "mark all read", func(ctx context.Context, tx *sql.Tx) error {
		states, err := behind(ctx, tx, actor.UserID)
		if err != nil {
			return err
		}
		rows := make([][]any, 0, len(states))
		for i, st := range states {
			st = after{}.state(st, st.LastPosition)
			states[i] = st
			rows = append(rows, []any{st.ConversationID, actor.UserID, st.LastPosition})
		}
		err = readToEnd.Each(rows, func(query string, args []any) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("update read positions: %w", err)
		}
		for _, st := range states {
			if err := appendRead(ctx, tx, actor.UserID, st); err != nil {
				return err
			}
		}
		out = states
		return nil
	})
	return out, err
}

var readToEnd = sqldb.Multi{
	Text: `WITH v (conversation_id, user_id, position) AS (VALUES %VALUES%)
		UPDATE participants SET last_read_position = v.position, mentions = 0,
			read_quiet = (SELECT c.quiet FROM conversations c WHERE c.id = participants.conversation_id),
			all_mentions = (SELECT c.all_mentions FROM conversations c WHERE c.id = participants.conversation_id)
		FROM v WHERE participants.conversation_id = v.conversation_id AND participants.user_id = v.user_id`,
	Columns: []string{"text", "text", "bigint"},
}

// Unread returns the read state of those of the actor's conversations in which
// something is unread.
func (s *Service) Unread(ctx context.Context, actor contracts.Actor) ([]contracts.ReadState, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return nil, err
	}
	states, err := behind(ctx, s.db.Read, actor.UserID)
	return slices.DeleteFunc(states, func(st contracts.ReadState) bool { return st.Unread == 0 }), err
}

// readColumns are of participants p of whom p.user_id is $1, and their conversations c.
var readColumns = `c.id, p.last_read_position, c.last_position, c.quiet, p.read_quiet,
	` + hushedAfter("p.last_read_position", "(c.last_position - c.quiet - p.last_read_position + p.read_quiet)") + `,
	p.mentions + c.all_mentions - p.all_mentions - (` + hushedMentionsAfter("p.last_read_position") + `)`

// scanRead scans readColumns after other columns.
func scanRead(scan sqldb.Scan, others ...any) (contracts.ReadState, error) {
	var st contracts.ReadState
	err := scan(append(others, &st.ConversationID, &st.LastReadPosition, &st.LastPosition, &st.Quiet, &st.ReadQuiet, &st.Hushed, &st.Mentions)...)
	st.Unread = unreadOf(st)
	return st, err
}

// behind returns the states of the conversations in which there is something after the
// read position, be it only hushed.
func behind(ctx context.Context, q eventlog.Querier, user string) ([]contracts.ReadState, error) {
	out := []contracts.ReadState{}
	err := sqldb.Each(ctx, q, `SELECT `+readColumns+` FROM participants p JOIN conversations c ON c.id = p.conversation_id
		WHERE p.user_id = $1 AND c.last_position - c.quiet > p.last_read_position - p.read_quiet ORDER BY c.id`, []any{user}, func(scan sqldb.Scan) error {
		st, err := scanRead(scan)
		out = append(out, st)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read unread counts: %w", err)
	}
	return out, nil
}

func readState(ctx context.Context, q eventlog.Querier, user, conversation string) (contracts.ReadState, error) {
	st, err := scanRead(q.QueryRowContext(ctx, `SELECT `+readColumns+` FROM participants p JOIN conversations c ON c.id = p.conversation_id
		WHERE p.user_id = $1 AND p.conversation_id = $2`, user, conversation).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return st, errHidden
	}
	if err != nil {
		return st, fmt.Errorf("read read state: %w", err)
	}
	return st, nil
}

// readStateAt returns what MarkRead would, without writing.
func (s *Service) readStateAt(ctx context.Context, actor contracts.Actor, conversation string, position int64) (contracts.ReadState, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return contracts.ReadState{}, err
	}
	if position < 0 {
		return contracts.ReadState{}, contracts.Invalid("/position", "a position is 0 or more")
	}
	st, err := readState(ctx, s.db.Read, actor.UserID, conversation)
	if err != nil || min(position, st.LastPosition) <= st.LastReadPosition {
		return st, err
	}
	position = min(position, st.LastPosition)
	left, err := countAfter(ctx, s.db.Read, actor.UserID, st, position)
	return left.state(st, position), err
}
