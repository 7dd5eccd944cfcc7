package server

import (
	"bufio"
	"errors"
	"log"
	"net"
	"net/http"
	"strings"

	"github.com/rs/zerolog"
)

// recorder notes what was answered; with keep it also holds the body, so that the
// answer can be stored under an Idempotency-Key.
type recorder struct {
	http.ResponseWriter
	status   int
	keep     bool
	body     []byte
	hijacked bool
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.keep {
		r.body = append(r.body, b...)
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Hijack is for the WebSocket upgrade.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h, ok := r.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("server: the connection cannot be upgraded")
	}
	c, rw, err := h.Hijack()
	if err == nil {
		r.hijacked, r.status = true, http.StatusSwitchingProtocols
	}
	return c, rw, err
}

// newErrorLog takes what net/http itself complains about (handshakes, broken
// clients) into our log, where it is worth a debug line.
func newErrorLog(l *zerolog.Logger) *log.Logger {
	return log.New(errorWriter{l}, "", 0)
}

type errorWriter struct{ log *zerolog.Logger }

func (w errorWriter) Write(b []byte) (int, error) {
	w.log.Debug().Str("detail", strings.TrimSpace(string(b))).Msg("http server")
	return len(b), nil
}
