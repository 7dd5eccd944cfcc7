package messaging

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// HistoryRequest asks for a page of a conversation. At most one of the five places
// may be set; none asks for the newest messages.
type HistoryRequest struct {
	Before, After, Around string // ids of messages of this conversation
	BeforePosition        int64  // positions count from 1; 0 is not set
	AfterPosition         int64  // negative is "from the beginning"
	Limit                 int    // 0 is 50; over 200 is an error
}

// History is a page of a conversation.
type History struct {
	Messages  []contracts.Message // ascending by position
	HasBefore bool                // older messages exist
	HasAfter  bool                // newer messages exist
}

// Messages returns a page of the history of a conversation that the actor takes
// part in (the operator may read any), deleted messages included. Around returns
// the message with about half of the page before it.
//
// Errors: [contracts.ErrNotFound]; [contracts.ErrInvalid] for two places at once, a
// place that is no message of this conversation, or a wrong limit.
func (s *Service) Messages(ctx context.Context, actor contracts.Actor, conversation string, req HistoryRequest) (History, error) {
	if err := mayRead(actor); err != nil {
		return History{}, err
	}
	limit, err := contracts.PageRequest{Limit: req.Limit}.Check()
	if err != nil {
		return History{}, err
	}
	if err := s.mayRead(ctx, s.db.Read, actor, conversation); err != nil {
		return History{}, err
	}
	p, err := place(ctx, s.db.Read, conversation, req)
	if err != nil {
		return History{}, err
	}
	return s.history(ctx, s.db.Read, conversation, p, limit)
}

// span is a place in a history: messages with after < position < before, from its
// upper end unless ascending; around centres on a position.
type span struct {
	after, before, around int64
	ascending             bool
}

const endless = int64(1) << 62

func place(ctx context.Context, q eventlog.Querier, conversation string, req HistoryRequest) (span, error) {
	p := span{before: endless}
	set := 0
	for _, given := range []bool{req.Before != "", req.After != "", req.Around != "", req.BeforePosition != 0, req.AfterPosition != 0} {
		if given {
			set++
		}
	}
	if set > 1 {
		return p, contracts.ErrInvalid.With("before, after and around exclude one another")
	}
	resolve := func(field, id string) (int64, error) {
		m, err := readMessage(ctx, q, id)
		if errors.Is(err, contracts.ErrNotFound) || err == nil && m.ConversationID != conversation {
			return 0, contracts.Invalid(field, "there is no message "+quoted(id)+" in this conversation")
		}
		return m.Position, err
	}
	var err error
	switch {
	case req.Before != "":
		p.before, err = resolve("/before", req.Before)
	case req.After != "":
		p.ascending = true
		p.after, err = resolve("/after", req.After)
	case req.Around != "":
		p.around, err = resolve("/around", req.Around)
	case req.BeforePosition != 0:
		p.before = req.BeforePosition
	case req.AfterPosition != 0:
		p.after, p.ascending = max(req.AfterPosition, 0), true
	}
	return p, err
}

func (s *Service) history(ctx context.Context, q eventlog.Querier, conversation string, p span, limit int) (History, error) {
	if p.around > 0 { // positions have no gaps, so a page around one is a page before another
		p = span{before: p.around + int64(limit+1)/2} // near the newest message filled from further below
	}
	order := `DESC`
	if p.ascending {
		order = `ASC`
	}
	h := History{Messages: make([]contracts.Message, 0, limit)}
	var last, removed int64
	row := newMessageRow(&last, &removed)
	err := sqldb.Each(ctx, q, `SELECT `+messageColumns+`, c.last_position, c.removed_position
		FROM messages m JOIN conversations c ON c.id = m.conversation_id
		WHERE m.conversation_id = $1 AND m.position > $2 AND m.position < $3 AND m.position > c.removed_position
		ORDER BY m.position `+order+` LIMIT $4`, []any{conversation, p.after, p.before, limit}, func(scan sqldb.Scan) error {
		m, err := row.read(scan)
		h.Messages = append(h.Messages, m)
		return err
	})
	if err != nil {
		return h, fmt.Errorf("read history: %w", err)
	}
	if len(h.Messages) == 0 {
		// Nothing on that side; whether there is something on the other the head tells.
		c, err := readConversation(ctx, q, conversation)
		h.HasBefore = p.ascending && c.last > c.removedPosition
		h.HasAfter = !p.ascending && p.before <= c.last
		return h, err
	}
	if !p.ascending {
		slices.Reverse(h.Messages)
	}
	h.HasBefore = h.Messages[0].Position > removed+1
	h.HasAfter = h.Messages[len(h.Messages)-1].Position < last
	return h, s.fillAuthors(ctx, h.Messages)
}

func (s *Service) fillAuthors(ctx context.Context, messages []contracts.Message) error {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.Author.ID
	}
	ref, err := s.refs(ctx, ids)
	if err != nil {
		return err
	}
	for i := range messages {
		messages[i].Author = ref(messages[i].Author.ID)
	}
	return nil
}
