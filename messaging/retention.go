package messaging

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// expireChunk keeps transactions short: everybody's posts wait for them.
const expireChunk = 500

// ExpireBefore erases what was written before a time: text, revisions and mentions
// of each conversation's messages from its beginning up to the first one that is
// younger, and counts them as read by everybody. Their places stay, but history
// shows them no more. Each conversation concerned gets one messages.removed event.
// It returns how many messages it erased, or with dryRun would erase; beside an
// error, how many were erased until then. Repeating it goes on where it stopped.
func (s *Service) ExpireBefore(ctx context.Context, before time.Time, dryRun bool) (int64, error) {
	type todo struct {
		id             string
		removed, until int64
	}
	var total int64
	for after := ""; ; {
		var page []todo
		// The first message that stays decides: a clock that went backwards erases less, never more.
		err := sqldb.Each(ctx, s.db.Read, `SELECT c.id, c.removed_position,
				coalesce((SELECT min(m.position) - 1 FROM messages m WHERE m.conversation_id = c.id
					AND m.position > c.removed_position AND m.created_at >= $1), c.last_position)
			FROM conversations c WHERE c.id > $2 ORDER BY c.id LIMIT 10`, []any{before.UnixMilli(), after}, func(scan sqldb.Scan) error {
			var t todo
			err := scan(&t.id, &t.removed, &t.until)
			page = append(page, t)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("find expired messages: %w", err)
		}
		if len(page) == 0 {
			return total, nil
		}
		for _, t := range page {
			if dryRun {
				total += t.until - t.removed
				continue
			}
			for from := t.removed; from < t.until; {
				to := min(from+expireChunk, t.until)
				if err := s.expire(ctx, t.id, from, to, to == t.until); err != nil {
					return total, err
				}
				total += to - from
				from = to
			}
		}
		after = page[len(page)-1].id
	}
}

// expire erases positions from+1 to to; the last chunk tells everybody.
func (s *Service) expire(ctx context.Context, conversation string, from, to int64, last bool) error {
	return s.write(ctx, "expire messages", func(ctx context.Context, tx *sql.Tx) error {
		c, err := readConversation(ctx, tx, conversation)
		if err != nil || c.removedPosition >= to {
			return err // another run got here first
		}
		for _, st := range []struct {
			what, query string
			args        []any
		}{
			{"revisions", `DELETE FROM message_revisions WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = $1 AND position > $2 AND position <= $3)`,
				[]any{conversation, from, to}},
			{"mentions", `DELETE FROM mentions WHERE conversation_id = $1 AND position > $2 AND position <= $3`, []any{conversation, from, to}},
			{"messages", `UPDATE messages SET text = '', mentions = '', mention_all = FALSE, request_hash = '', version = version + 1,
					deleted_at = coalesce(deleted_at, $4) WHERE conversation_id = $1 AND position > $2 AND position <= $3`, []any{conversation, from, to, s.now()}},
			{"conversation", `UPDATE conversations SET removed_position = $2 WHERE id = $1`, []any{conversation, to}},
			{"read positions", `UPDATE participants SET last_read_position = $2,
					read_quiet = (SELECT count(*) FROM messages m WHERE m.conversation_id = $1 AND m.position <= $2 AND m.kind = 'system'),
					mentions = (SELECT count(*) FROM mentions n WHERE n.user_id = participants.user_id AND n.conversation_id = participants.conversation_id),
					all_mentions = (SELECT c.all_mentions FROM conversations c WHERE c.id = $1) - (SELECT count(*) FROM messages m
						WHERE m.conversation_id = $1 AND m.position > $2 AND m.mention_all AND m.author <> participants.user_id)
				WHERE conversation_id = $1 AND last_read_position < $2`, []any{conversation, to}},
		} {
			if _, err := tx.ExecContext(ctx, st.query, st.args...); err != nil {
				return fmt.Errorf("expire %s: %w", st.what, err)
			}
		}
		if !last {
			return nil
		}
		refs := fmt.Sprintf(`{"through_position":%d}`, to)
		return eventlog.Append(ctx, tx, &contracts.Event{Type: contracts.EventMessagesRemoved, Scope: conversation, Subject: conversation, Refs: refs,
			Data: removedData(conversation, to)})
	})
}

func removedData(conversation string, through int64) []byte {
	return fmt.Appendf(nil, `{"conversation_id":%q,"through_position":%d}`, conversation, through)
}
