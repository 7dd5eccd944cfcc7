package server

import (
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/auth"
)

func (s *Server) readEmail(w http.ResponseWriter, r *request) error {
	state, err := s.ws.Auth.OwnEmail(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, state)
}

func (s *Server) resendEmail(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	state, err := s.ws.Auth.ResendEmail(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusAccepted, state)
}

func (s *Server) cancelEmail(w http.ResponseWriter, r *request) error {
	if err := s.ws.Auth.CancelEmail(r.Context(), r.Actor); err != nil {
		return err
	}
	return empty(w)
}

type emailProof struct {
	Code auth.Secret `json:"code" is:"required"`
}

// verifyEmail is asked by whoever has the mail, signed in or not.
func (s *Server) verifyEmail(w http.ResponseWriter, r *request) error {
	var body emailProof
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if err := s.logins.take(r.from, time.Now()); err != nil {
		return err
	}
	if _, err := s.ws.ConfirmEmail(r.Context(), body.Code, r.IP); err != nil {
		return err
	}
	return empty(w)
}
