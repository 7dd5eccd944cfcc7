package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) listMutedUsers(w http.ResponseWriter, r *request) error {
	muted, err := s.ws.Messaging.MutedUsers(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return list(w, muted)
}

type muteInput struct {
	Level contracts.MuteLevel `json:"level" is:"required"`
}

func (s *Server) muteUser(w http.ResponseWriter, r *request) error {
	var body muteInput
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	muted, err := s.ws.MuteUser(r.Context(), r.Actor, r.PathValue("user"), body.Level)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, muted)
}

func (s *Server) unmuteUser(w http.ResponseWriter, r *request) error {
	if err := s.ws.Messaging.UnmuteUser(r.Context(), r.Actor, r.PathValue("user")); err != nil {
		return err
	}
	return empty(w)
}
