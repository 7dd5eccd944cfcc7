package server

import (
	"context"
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

type healthBody struct {
	Status string `json:"status"`
}

func (s *Server) live(w http.ResponseWriter, _ *request) error {
	return respond(w, http.StatusOK, healthBody{"ok"})
}

// ready asks the database, so that an instance which cannot reach it gets no traffic.
func (s *Server) ready(w http.ResponseWriter, r *request) error {
	switch {
	case s.draining.Load():
		return contracts.ErrUnavailable.With("the server is shutting down")
	case s.hubDown.Load():
		return contracts.ErrUnavailable.With("the server no longer follows the event log")
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	var one int
	if err := s.ws.DB.Read.QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
		s.log.Warn().Err(err).Str("request_id", r.ID).Msg("database does not answer")
		return contracts.ErrUnavailable.With("the database does not answer")
	}
	return respond(w, http.StatusOK, healthBody{"ok"})
}
