package server

import (
	"context"
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

type messageList struct {
	contracts.Page[contracts.Message]
	HasBefore bool `json:"has_before"`
	HasAfter  bool `json:"has_after"`
}

func (s *Server) listMessages(w http.ResponseWriter, r *request) error {
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	h, err := s.ws.Messaging.Messages(r.Context(), r.Actor, r.PathValue("conversation"),
		messaging.HistoryRequest{Before: q.Get("before"), After: q.Get("after"), Around: q.Get("around"), Limit: limit})
	if err != nil {
		return err
	}
	body := messageList{HasBefore: h.HasBefore, HasAfter: h.HasAfter}
	body.Page = contracts.NewPage(h.Messages, len(h.Messages), func(contracts.Message) string { return "" })
	body.Page.Page.HasMore = h.HasBefore || h.HasAfter
	return respond(w, http.StatusOK, body)
}

type newMessage struct {
	Text        string `json:"text"          is:"required"`
	ClientMsgID string `json:"client_msg_id"`
}

func (s *Server) postMessage(w http.ResponseWriter, r *request) error {
	var body newMessage
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	msg, duplicate, err := s.post(r.Context(), r.Actor, contracts.NewMessage{ConversationID: r.PathValue("conversation"), Text: body.Text, ClientMsgID: body.ClientMsgID})
	if err != nil {
		return err
	}
	if duplicate {
		return respond(w, http.StatusOK, msg)
	}
	return respond(w, http.StatusCreated, msg)
}

// post is the one way for REST and socket: the limits of the author and of the
// conversation, then the library.
func (s *Server) post(ctx context.Context, actor contracts.Actor, m contracts.NewMessage) (contracts.Message, bool, error) {
	by := s.posters
	if actor.TokenID != "" {
		by = s.tokenPosters
	}
	now := time.Now()
	if err := by.take(actor.UserID, now); err != nil {
		return contracts.Message{}, false, err
	}
	if err := s.rooms.take(m.ConversationID, now); err != nil {
		return contracts.Message{}, false, err
	}
	msg, duplicate, err := s.ws.Channels.Post(ctx, actor, m)
	if err == nil && !duplicate {
		s.metrics.posts.Inc()
	}
	return msg, duplicate, err
}

func (s *Server) readMessage(w http.ResponseWriter, r *request) error {
	msg, err := s.ws.Messaging.Message(r.Context(), r.Actor, r.PathValue("message"))
	if err != nil {
		return err
	}
	return versioned(w, r, msg.Version, msg)
}

type messageEdit struct {
	Text string `json:"text" is:"required"`
}

func (s *Server) editMessage(w http.ResponseWriter, r *request) error {
	var body messageEdit
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	version, err := ifMatch(r)
	if err != nil {
		return err
	}
	msg, err := s.ws.Messaging.Edit(r.Context(), r.Actor, r.PathValue("message"), body.Text, version)
	if err != nil {
		return err
	}
	return versioned(w, r, msg.Version, msg)
}

func (s *Server) deleteMessage(w http.ResponseWriter, r *request) error {
	msg, err := s.ws.DeleteMessage(r.Context(), r.Actor, r.PathValue("message"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, msg)
}

func (s *Server) listRevisions(w http.ResponseWriter, r *request) error {
	revisions, err := s.ws.Messaging.Revisions(r.Context(), r.Actor, r.PathValue("message"))
	if err != nil {
		return err
	}
	return list(w, revisions)
}
