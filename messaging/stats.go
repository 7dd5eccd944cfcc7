package messaging

import (
	"context"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Count fills in messaging's figures of the workspace's statistics: DirectMessages,
// Messages (deleted ones included) and MessagesLastDay.
func (s *Service) Count(ctx context.Context, q eventlog.Querier, stats *contracts.Stats) error {
	err := q.QueryRowContext(ctx, `SELECT count(CASE WHEN kind = 'dm' THEN 1 END), cast(coalesce(sum(last_position), 0) AS bigint) FROM conversations`).
		Scan(&stats.DirectMessages, &stats.Messages)
	if err != nil {
		return fmt.Errorf("count conversations: %w", err)
	}
	// Per conversation a walk down from its newest message, over the last day alone.
	err = q.QueryRowContext(ctx, `SELECT cast(coalesce(sum(c.last_position - coalesce(
			(SELECT m.position FROM messages m WHERE m.conversation_id = c.id AND m.created_at < $1 ORDER BY m.position DESC LIMIT 1), 0)), 0) AS bigint)
		FROM conversations c WHERE c.last_post_at >= $1`, s.clock().Add(-24*time.Hour).UnixMilli()).Scan(&stats.MessagesLastDay)
	if err != nil {
		return fmt.Errorf("count messages of the last day: %w", err)
	}
	return nil
}
