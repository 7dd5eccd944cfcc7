package messaging

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Who blocks and who is blocked get the same code; only the one who blocks is told why.
var (
	errYouBlock    = contracts.ErrCannotMessage.With("you have blocked this person").WithHint("Unblock them to write to one another again.")
	errUnreachable = contracts.ErrCannotMessage.WithHint("What was written before stays readable. In channels you can write on.")
)

// shut freezes the direct conversation between two while one of them blocks the other:
// a post then finds that out where it looks anyway.
func shut(ctx context.Context, tx *sql.Tx, a, b string) error {
	_, err := tx.ExecContext(ctx, `UPDATE conversations SET frozen = EXISTS (SELECT 1 FROM muted_users
			WHERE blocked AND (user_id = $1 AND muted_id = $2 OR user_id = $2 AND muted_id = $1))
		WHERE direct_key = $3`, a, b, directKey([]string{a, b}))
	if err != nil {
		return fmt.Errorf("freeze direct conversation: %w", err)
	}
	return nil
}

// open takes back what [shut] did between a user and others, of whom none blocks the user
// any more when the transaction ends.
func open(ctx context.Context, tx *sql.Tx, user string, others []string) error {
	for some := range slices.Chunk(others, 500) {
		keys := make([]string, len(some))
		for i, other := range some {
			keys[i] = directKey([]string{user, other})
		}
		if _, err := tx.ExecContext(ctx, `UPDATE conversations SET frozen = FALSE WHERE direct_key IN (`+in(1, len(keys))+`)`, list(keys)...); err != nil {
			return fmt.Errorf("open direct conversations: %w", err)
		}
	}
	return nil
}

// reachable refuses to make a direct conversation between somebody and people of whom
// one blocks him, or whom he blocks.
func reachable(ctx context.Context, q eventlog.Querier, user string, members []string) error {
	var mine, theirs int
	err := q.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM muted_users WHERE blocked AND user_id = $1 AND muted_id IN (`+in(2, len(members))+`)),
		(SELECT count(*) FROM muted_users WHERE blocked AND muted_id = $1 AND user_id IN (`+in(2, len(members))+`))`,
		append([]any{user}, list(members)...)...).Scan(&mine, &theirs)
	switch {
	case err != nil:
		return fmt.Errorf("look who is blocked: %w", err)
	case mine > 0:
		return errYouBlock.At("/user_ids")
	case theirs > 0 && len(members) > 2:
		return errUnreachable.With("messages to one of these people can't be sent").At("/user_ids")
	case theirs > 0:
		return errUnreachable.At("/user_ids")
	}
	return nil
}

// closed says why a frozen conversation takes nothing from a user.
func closed(ctx context.Context, q eventlog.Querier, conversation, user string) error {
	var kind contracts.ConversationKind
	var mine bool
	err := q.QueryRowContext(ctx, `SELECT c.kind, EXISTS (SELECT 1 FROM participants o
			JOIN muted_users u ON u.user_id = $2 AND u.muted_id = o.user_id AND u.blocked WHERE o.conversation_id = c.id)
		FROM conversations c WHERE c.id = $1`, conversation, user).Scan(&kind, &mine)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errHidden
	case err != nil:
		return fmt.Errorf("look who is blocked: %w", err)
	case kind != contracts.KindDirect:
		return errArchived
	case mine:
		return errYouBlock
	}
	return errUnreachable
}
