package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/idempotency"
)

// secretAnswers are operations whose answer holds a secret. It is not stored: a
// repeat is told that the first one happened.
var secretAnswers = map[string]bool{
	"setup.claim": true, "auth.login": true, "auth.refresh": true, "auth.signup": true, "auth.verify_signup": true, "token.create": true, "invite.create": true,
	"admin_user.reset_link": true, "factor.enrol": true, "factor.confirm": true, "factor.renew_codes": true,
	"passkey.begin": true, "passkey.create": true, "passkey.begin_login": true, "passkey.login": true, "passkey.begin_proof": true,
	"device.begin": true, "device.finish": true, "session.hand_over": true, "session.take_over": true, "token.rotate": true,
	"identity.link": true, "identity.prove": true,
}

// idempotent runs a handler and, for a POST with an Idempotency-Key, stores its
// answer or replays the stored one.
func (s *Server) idempotent(w *recorder, r *request, rt route) error {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || r.Method != http.MethodPost {
		return rt.handle(s, w, r)
	}
	body, err := readBody(w, r.Request)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	claim := idempotency.Claim{Caller: r.Actor.UserID, Key: key, Request: append([]byte(rt.op+" "+r.URL.Path+"\n"), body...)}
	if claim.Caller == "" {
		claim.Caller = "ip:" + r.IP
	}
	stored, err := s.keys.Claim(r.Context(), claim)
	if err != nil {
		return err
	}
	if stored != nil {
		return replay(w, rt.op, stored)
	}
	w.keep = true
	err = rt.handle(s, w, r)
	if err != nil {
		log := s.log.With().Str("request_id", r.ID).Str("op", rt.op).Logger()
		fail(w, err, r.ID, &log)
	}
	s.settle(r, rt.op, claim, w, err)
	return nil
}

// settle keeps the answer or frees the key. A failure here leaves the claim, which is
// safe: a repeat is then told that the outcome is unknown.
func (s *Server) settle(r *request, op string, claim idempotency.Claim, w *recorder, handled error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	var err error
	switch {
	case errors.Is(handled, contracts.ErrOutcomeUnknown):
		return
	case w.status >= http.StatusInternalServerError || w.status == http.StatusTooManyRequests:
		err = s.keys.Release(ctx, claim)
	default:
		answer := idempotency.Answer{Status: w.status, Headers: map[string]string{}, Body: string(w.body)}
		for _, name := range []string{"Content-Type", "ETag"} {
			if v := w.Header().Get(name); v != "" {
				answer.Headers[name] = v
			}
		}
		if secretAnswers[op] && w.status < http.StatusBadRequest {
			answer.Headers, answer.Body = nil, ""
		}
		err = s.keys.Keep(ctx, claim, answer)
	}
	if err != nil {
		s.log.Warn().Err(err).Str("request_id", r.ID).Msg("idempotency key not settled")
	}
}

func replay(w http.ResponseWriter, op string, a *idempotency.Answer) error {
	if secretAnswers[op] && a.Status < http.StatusBadRequest {
		return contracts.ErrDuplicate.With("this was done already; its answer held a secret, which is not kept").WithHint("Look whether you have its result, else do it anew with another key.")
	}
	for name, v := range a.Headers {
		w.Header().Set(name, v)
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
	return nil
}
