package server

import (
	"net/http"
	"net/url"
	"time"

	"github.com/dankerchat/dankerchat/auth"
)

// The device flow of RFC 8628, in JSON: a program asks to be let in, somebody who is
// signed in approves by its code. And a session that goes on on another device.

type deviceBegin struct {
	Client string `json:"client"`
}

type deviceBegun struct {
	DeviceCode              string `json:"device_code"`
	UserCode                string `json:"user_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	ExpiresIn               int    `json:"expires_in"`
	Interval                int    `json:"interval"`
}

func (s *Server) beginDevice(w http.ResponseWriter, r *request) error {
	var body deviceBegin
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if err := s.logins.take(r.from, time.Now()); err != nil {
		return err
	}
	begun, err := s.ws.Auth.BeginDevice(r.Context(), clientName(body.Client, r), r.IP)
	if err != nil {
		return err
	}
	page := s.address(r.Request) + "/device"
	return respond(w, http.StatusOK, deviceBegun{
		begun.DeviceCode.Reveal(), begun.UserCode, page, page + "?code=" + url.QueryEscape(begun.UserCode),
		int(auth.DeviceLife / time.Second), int(begun.Interval / time.Second),
	})
}

type deviceFinish struct {
	DeviceCode auth.Secret `json:"device_code" is:"required"`
}

func (s *Server) finishDevice(w http.ResponseWriter, r *request) error {
	var body deviceFinish
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	in, err := s.ws.Auth.FinishDevice(r.Context(), body.DeviceCode, r.IP)
	if err != nil {
		return err
	}
	return s.signIn(w, http.StatusOK, in, byToken)
}

type deviceRequest struct {
	Client    string    `json:"client"`
	IP        string    `json:"ip"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (s *Server) readDevice(w http.ResponseWriter, r *request) error {
	asks, err := s.ws.Auth.DeviceRequest(r.Context(), r.Actor, r.PathValue("user_code"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, deviceRequest(asks))
}

type deviceAnswer struct {
	UserCode string `json:"user_code" is:"required"`
	Approve  bool   `json:"approve"   is:"required"`
}

func (s *Server) answerDevice(w http.ResponseWriter, r *request) error {
	var body deviceAnswer
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if err := s.ws.AnswerDevice(r.Context(), r.Actor, body.UserCode, body.Approve); err != nil {
		return err
	}
	return empty(w)
}

type handOver struct {
	URL       string `json:"url"`
	ExpiresIn int    `json:"expires_in"`
}

// handOver answers with a link whose code stands in the fragment: no server or proxy
// on the way logs it.
func (s *Server) handOver(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	link, err := s.ws.HandOver(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusCreated, handOver{s.address(r.Request) + "/handover#" + link.Code.Reveal(), int(auth.LinkLife / time.Second)})
}

type takeOver struct {
	Code    auth.Secret `json:"code" is:"required"`
	Client  string      `json:"client"`
	Session string      `json:"session"`
}

func (s *Server) takeOver(w http.ResponseWriter, r *request) error {
	var body takeOver
	mode, err := s.entering(w, r, &body, &body.Session)
	if err != nil {
		return err
	}
	in, err := s.ws.Auth.TakeOver(r.Context(), body.Code, clientName(body.Client, r), r.IP)
	if err != nil {
		return err
	}
	return s.signIn(w, http.StatusCreated, in, mode)
}
