package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// request is what a handler gets: who asks, from where, and what they sent.
type request struct {
	actor                      contracts.Actor
	ip, client                 string
	Username, Name             string
	Password, Refresh, Browser auth.Secret
	Response                   json.RawMessage
}

// tokens are what a client keeps: a Secret shows its text only where that is asked for.
func tokens(in auth.SignedIn, err error) (any, error) {
	return map[string]any{"access": in.Access.Reveal(), "refresh": in.Refresh.Reveal(), "expires": in.AccessExpires, "owes": in.Owes}, err
}

type action func(context.Context, request) (any, error)

// known lets those in whose token is good and who owe no second factor.
func known(s *auth.Service, do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, h *http.Request) {
		actor, err := s.Authenticate(h.Context(), bearer(h))
		if err == nil {
			err = auth.Owing(actor)
		}
		answer(w, h, actor, err, do)
	})
}

func anybody(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, h *http.Request) { answer(w, h, contracts.Actor{}, nil, do) })
}

// bearer is the token of the header, which another site cannot send: no cookie, no CSRF.
func bearer(h *http.Request) string {
	token, _ := strings.CutPrefix(h.Header.Get("Authorization"), "Bearer ")
	return token
}

// answer does it and writes the result, or the error with the status of its code.
func answer(w http.ResponseWriter, h *http.Request, actor contracts.Actor, err error, do action) {
	var r request
	if err == nil && h.ContentLength != 0 {
		if json.NewDecoder(http.MaxBytesReader(w, h.Body, 64<<10)).Decode(&r) != nil {
			err = contracts.ErrInvalid.With("the body is no JSON object of at most 64 KiB")
		}
	}
	r.actor, r.client = actor, h.UserAgent()
	r.ip, _, _ = net.SplitHostPort(h.RemoteAddr)
	var result any
	if err == nil {
		result, err = do(h.Context(), r)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		code := contracts.CodeOf(err) // what is no contracts.Error is internal, and its text is nobody's business
		w.WriteHeader(code.Status())
		result = map[string]any{"error": code, "hint": code.Hint()}
	}
	_ = json.NewEncoder(w).Encode(result)
}
