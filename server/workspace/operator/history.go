package operator

import (
	"context"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// Walk reads a conversation page by page in one direction: back from the newest or
// from Before, or on from After.
type Walk struct {
	// Messages are all that was read so far, ascending by position.
	Messages []contracts.Message

	s            *Session
	conversation string
	req          messaging.HistoryRequest
	forward      bool
}

// Walk begins to read a conversation: beside a message, or where cursor, the Next of
// an earlier page, says. At most one of the three may be set.
func (s *Session) Walk(conversation, before, after, cursor string) (*Walk, error) {
	w := &Walk{s: s, conversation: conversation, req: messaging.HistoryRequest{Before: before, After: after}, Messages: []contracts.Message{}}
	if cursor != "" {
		if before != "" || after != "" {
			return nil, contracts.Invalid("/cursor", "cursor, before and after exclude one another")
		}
		var direction, at string
		if err := contracts.DecodeCursor(cursor, &direction, &at); err != nil {
			return nil, err
		}
		if direction == "after" {
			w.req.After = at
		} else {
			w.req.Before = at
		}
	}
	w.forward = w.req.After != ""
	return w, nil
}

// Page reads the next page; only the size of p counts. Errors as
// [messaging.Service.Messages].
func (w *Walk) Page(ctx context.Context, p contracts.PageRequest) (contracts.Page[contracts.Message], error) {
	w.req.Limit = p.Limit
	h, err := w.s.Messaging.Messages(ctx, w.s.Actor, w.conversation, w.req)
	if err != nil || len(h.Messages) == 0 {
		return contracts.Page[contracts.Message]{}, err
	}
	page := contracts.Page[contracts.Message]{Data: h.Messages}
	direction, at, more := "before", h.Messages[0].ID, h.HasBefore
	if w.forward {
		direction, at, more = "after", h.Messages[len(h.Messages)-1].ID, h.HasAfter
		w.req.After = at
		w.Messages = append(w.Messages, h.Messages...)
	} else {
		w.req.Before = at
		w.Messages = append(h.Messages[:len(h.Messages):len(h.Messages)], w.Messages...)
	}
	if more {
		next := contracts.EncodeCursor(direction, at)
		page.Page.HasMore, page.Page.Next = true, &next
	}
	return page, nil
}
