package server

import (
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

type forgotBody struct {
	Username string `json:"username"`
	Email    string `json:"email"`
}

// forgot answers 202 whoever asks for whom. What follows happens beside the request.
func (s *Server) forgot(w http.ResponseWriter, r *request) error {
	var body forgotBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if (body.Username == "") == (body.Email == "") {
		return contracts.Invalid("/username", "the body holds either a user name or an email address")
	}
	if err := s.logins.take(r.from, time.Now()); err != nil {
		return err
	}
	s.ws.Auth.RequestReset(body.Username+body.Email, r.IP)
	return respond(w, http.StatusAccepted, struct{}{})
}

type resetBody struct {
	Code     auth.Secret `json:"code"     is:"required"`
	Password auth.Secret `json:"password" is:"required"`
}

func (s *Server) resetPassword(w http.ResponseWriter, r *request) error {
	var body resetBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if err := s.logins.take(r.from, time.Now()); err != nil {
		return err
	}
	if _, err := s.ws.ResetPassword(r.Context(), body.Code, body.Password, r.IP); err != nil {
		return err
	}
	return empty(w)
}

type resetLink struct {
	URL       string    `json:"url"`
	Code      string    `json:"code"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Server) createResetLink(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	reset, err := s.ws.NewReset(r.Context(), r.Actor, r.PathValue("user"))
	if err != nil {
		return err
	}
	code := reset.Code.Reveal()
	return respond(w, http.StatusCreated, resetLink{s.address(r.Request) + "/reset#" + code, code, reset.ExpiresAt})
}
