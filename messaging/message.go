package messaging

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// messageColumns are scanned by a messageRow.
const messageColumns = `m.id, m.conversation_id, m.position, m.kind, m.author, m.text, m.mentions, m.mention_all,
	coalesce(m.client_msg_id, ''), m.version, m.created_at, m.edited_at, m.deleted_at`

// messageRow is where the columns of a row go. The rows of a query share one: made anew
// for each it was most of what a page of history allocated.
type messageRow struct {
	m               contracts.Message
	mentions        string
	created         int64
	edited, deleted sql.NullInt64
	columns         []any
}

// newMessageRow takes where the columns behind messageColumns go.
func newMessageRow(more ...any) *messageRow {
	r := &messageRow{}
	r.columns = append([]any{&r.m.ID, &r.m.ConversationID, &r.m.Position, &r.m.Kind, &r.m.Author.ID, &r.m.Text, &r.mentions, &r.m.MentionAll,
		&r.m.ClientMsgID, &r.m.Version, &r.created, &r.edited, &r.deleted}, more...)
	return r
}

// read takes one row; of the author it knows the id alone.
func (r *messageRow) read(scan sqldb.Scan) (contracts.Message, error) {
	err := scan(r.columns...)
	r.m.Mentions = strings.Fields(r.mentions)
	r.m.CreatedAt, r.m.EditedAt, r.m.DeletedAt = at(r.created), atOrNil(r.edited), atOrNil(r.deleted)
	return r.m, err
}

// Message returns one message of a conversation that the actor takes part in; the
// operator may read any. Errors: [contracts.ErrNotFound], also for a message that
// retention erased.
func (s *Service) Message(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error) {
	if err := mayRead(actor); err != nil {
		return contracts.Message{}, err
	}
	m, err := readMessage(ctx, s.db.Read, id)
	if err != nil {
		return contracts.Message{}, err
	}
	if err := s.mayRead(ctx, s.db.Read, actor, m.ConversationID); err != nil {
		return contracts.Message{}, hidden(err)
	}
	m.Author, err = s.ref(ctx, m.Author.ID)
	return m, err
}

// hidden makes the answer about a hidden message the one about a missing one.
func hidden(err error) error {
	if errors.Is(err, contracts.ErrNotFound) {
		return errNoMessage
	}
	return err
}

func readMessage(ctx context.Context, q eventlog.Querier, id string) (contracts.Message, error) {
	row := q.QueryRowContext(ctx, `SELECT `+messageColumns+`, c.removed_position FROM messages m
		JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1`, id)
	var removed int64
	m, err := newMessageRow(&removed).read(row.Scan)
	if errors.Is(err, sql.ErrNoRows) || err == nil && m.Position <= removed {
		return contracts.Message{}, errNoMessage
	}
	if err != nil {
		return contracts.Message{}, fmt.Errorf("read message: %w", err)
	}
	return m, nil
}

// readMessages returns the messages with these ids, authors by id alone.
func readMessages(ctx context.Context, q eventlog.Querier, ids []string) (map[string]contracts.Message, error) {
	out := make(map[string]contracts.Message, len(ids))
	row := newMessageRow()
	for part := range slices.Chunk(unique(ids), 500) {
		err := sqldb.Each(ctx, q, `SELECT `+messageColumns+` FROM messages m WHERE m.id IN (`+in(1, len(part))+`)`, list(part), func(scan sqldb.Scan) error {
			m, err := row.read(scan)
			out[m.ID] = m
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
	}
	return out, nil
}

// Revisions returns the earlier texts of a message, oldest first; none for one
// that was never edited, or that was deleted (a delete takes them along).
func (s *Service) Revisions(ctx context.Context, actor contracts.Actor, id string) ([]contracts.Revision, error) {
	if _, err := s.Message(ctx, actor, id); err != nil {
		return nil, err
	}
	out := []contracts.Revision{}
	err := sqldb.Each(ctx, s.db.Read, `SELECT message_id, version, text, edited_by, at FROM message_revisions
		WHERE message_id = $1 ORDER BY version`, []any{id}, func(scan sqldb.Scan) error {
		var r contracts.Revision
		var when int64
		err := scan(&r.MessageID, &r.Version, &r.Text, &r.EditedBy, &when)
		r.At = at(when)
		out = append(out, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return out, nil
}
