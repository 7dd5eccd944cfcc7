package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
)

// Sockets that have not yet said who they are when the server drains are told to come
// back like all others, whether they say it just then or not at all.
func TestDrainingReachesSocketsThatBegin(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	w.setUp()
	member := w.newUser("member", contracts.RoleMember)
	tokens := make([]string, 20) // which no cache knows: to greet takes a moment
	for i := range tokens {
		tokens[i] = w.signIn("member").token
	}
	var sockets []*socket
	for range tokens {
		for _, who := range []*client{member, w.anonymous()} {
			s, _, err := who.dial(nil)
			if err != nil {
				t.Fatal(err)
			}
			sockets = append(sockets, s)
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); w.stop() }()
	for i, token := range tokens {
		sockets[2*i+1].write(obj{"op": "hello", "id": "h", "d": obj{"token": token}})
	}
	for i, s := range sockets {
		c := s.ended()
		if c.code != websocket.CloseServiceRestart || c.reason.Code != "draining" {
			t.Errorf("socket %d closed with %d %s", i, c.code, c.reason.Code)
		}
	}
	<-done
}

// A connection that is ended between its admission and the end of its handshake is told
// why as soon as it can be, and gives its place back.
func TestASocketThatIsEndedWhileItOpensIsToldWhy(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c, err := w.srv.sockets.admit(&request{Request: r, IP: "127.0.0.1"})
		if err != nil {
			t.Errorf("admit: %v", err)
			return
		}
		c.close(websocket.CloseServiceRestart, closeReason{Code: "draining", RetryAfterMS: 200})
		through := &wiring{ResponseWriter: rw}
		ws, err := w.srv.sockets.upgrader.Upgrade(through, r, nil)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			return
		}
		c.start(ws, through.wire)
	}))
	t.Cleanup(front.Close)
	there := *w
	there.address = front.URL
	s, _, err := there.anonymous().dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := s.ended(); c.code != websocket.CloseServiceRestart || c.reason.Code != "draining" {
		t.Errorf("closed with %d %s", c.code, c.reason.Code)
	}
	_ = s.ws.Close()
	w.srv.sockets.wg.Wait()
}

// Nobody is let in once the server has begun to drain: it would not be told.
func TestNobodyIsAdmittedToADrainingServer(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	w.stop()
	if _, err := w.srv.sockets.admit(&request{Request: httptest.NewRequestWithContext(t.Context(), "GET", base+"/ws", nil), IP: "127.0.0.1"}); err == nil {
		t.Error("a connection is admitted after the drain")
	}
}
