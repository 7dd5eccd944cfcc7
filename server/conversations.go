package server

import (
	"net/http"
)

func (s *Server) listDirects(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	directs, err := s.ws.Messaging.Directs(r.Context(), r.Actor, req)
	if err != nil {
		return err
	}
	return page(w, r, directs)
}

type newDirect struct {
	UserIDs []string `json:"user_ids" is:"required"`
}

func (s *Server) openDirect(w http.ResponseWriter, r *request) error {
	var body newDirect
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	direct, created, err := s.ws.OpenDirect(r.Context(), r.Actor, body.UserIDs)
	if err != nil {
		return err
	}
	if created {
		return respond(w, http.StatusCreated, direct)
	}
	return respond(w, http.StatusOK, direct)
}

func (s *Server) listConversations(w http.ResponseWriter, r *request) error {
	memberships, err := s.ws.Memberships(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return list(w, memberships)
}

func (s *Server) readConversation(w http.ResponseWriter, r *request) error {
	membership, err := s.ws.Membership(r.Context(), r.Actor, r.PathValue("conversation"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, membership)
}

type positionInput struct {
	Position int64 `json:"position" is:"required"`
}

func (s *Server) markRead(w http.ResponseWriter, r *request) error {
	var body positionInput
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	state, err := s.ws.Messaging.MarkRead(r.Context(), r.Actor, r.PathValue("conversation"), body.Position)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, state)
}

func (s *Server) markUnread(w http.ResponseWriter, r *request) error {
	var body positionInput
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	state, err := s.ws.Messaging.MarkUnreadFrom(r.Context(), r.Actor, r.PathValue("conversation"), body.Position)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, state)
}

func (s *Server) markAllRead(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	states, err := s.ws.Messaging.MarkAllRead(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return list(w, states)
}

func (s *Server) readSync(w http.ResponseWriter, r *request) error {
	state, err := s.ws.Sync(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, state)
}
