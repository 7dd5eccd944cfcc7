package server

import (
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
)

// Limits and times of a socket.
const (
	subprotocol = "dankerchat.v1"
	maxFrame    = 64 << 10  // bytes from a client
	maxWrite    = 256 << 10 // bytes of frames that share one WebSocket message
	helloWait   = 5 * time.Second
	pingEvery   = 25 * time.Second
	pongWait    = 60 * time.Second
	writeWait   = 10 * time.Second
	frameWait   = 10 * time.Second // from a frame's first byte to its last
)

// The read buffer is the wire's, and write buffers are borrowed, so that an idle
// connection costs a goroutine and little else.
func newUpgrader() websocket.Upgrader {
	return websocket.Upgrader{
		ReadBufferSize: 0, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}, Subprotocols: []string{subprotocol},
		CheckOrigin: func(*http.Request) bool { return true }, // judged in openSocket, where the credentials are known
		Error:       func(http.ResponseWriter, *http.Request, int, error) {},
	}
}

func goingDown() error {
	return contracts.ErrUnavailable.With("the server is shutting down").After(2)
}

// openSocket checks a handshake and hands the connection to its own goroutine; the
// HTTP handler then returns, which frees its buffers.
func (s *Server) openSocket(w http.ResponseWriter, r *request) error {
	if s.draining.Load() {
		return goingDown()
	}
	if !websocket.IsWebSocketUpgrade(r.Request) {
		return malformed("this address takes WebSocket connections").WithHint("Connect with a WebSocket client and the subprotocol " + subprotocol + ".")
	}
	if err := s.handshakes.take(r.from, time.Now()); err != nil {
		return err
	}
	if !s.allHandshakes.Allow() {
		return contracts.ErrBusy.With("too many connections at once").After(1 + int(time.Now().UnixNano()%10))
	}
	// A browser always says its origin; only its own pages may use its cookie.
	if r.Header.Get("Origin") != "" || r.cred.cookie {
		if !s.sameOrigin(r.Request) {
			return crossOrigin()
		}
	}
	if r.Actor.UserID != "" {
		if err := s.permit("socket hello", r.Actor); err != nil {
			return err
		}
	}
	c, err := s.sockets.admit(r)
	if err != nil {
		return err
	}
	wiring := &wiring{ResponseWriter: w}
	ws, err := s.sockets.upgrader.Upgrade(wiring, r.Request, nil)
	if err != nil {
		s.sockets.remove(c)
		return malformed("the WebSocket handshake failed: " + err.Error())
	}
	c.start(ws, wiring.wire)
	return nil
}
