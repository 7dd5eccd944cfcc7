package server

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// connOf finds the server's end of a socket.
func (s *socket) connOf() *conn {
	s.t.Helper()
	set := s.w.srv.sockets
	set.mu.Lock()
	defer set.mu.Unlock()
	for c := range set.all {
		if c.id == s.hello.ConnectionID {
			return c
		}
	}
	s.t.Fatal("the server does not know the socket")
	return nil
}

// A ping moves an idle client's cursor over what it may not see; who does not answer
// for a minute is cut off.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
	s := member.connect(nil)
	var hidden contracts.Channel
	owner.must(201, "POST", "/channels", map[string]any{"name": "hidden", "kind": "private"}, &hidden)
	owner.post(hidden.ID, "not for the member")
	for w.ws.Hub.Head().Position <= s.cursor.Position {
		time.Sleep(time.Millisecond)
	}
	head := w.ws.Hub.Head()
	s.connOf().beat(t.Context(), time.Now())
	ping := s.expect("ping")
	for ping.Position < head.Position { // by the server's own clock, before the posts
		ping = s.expect("ping")
	}
	if ping.Mark == "" {
		t.Errorf("ping %+v, the log is at %+v", ping, head)
	}
	back := member.connect(&contracts.Cursor{Epoch: s.hello.Epoch, Position: ping.Position, Mark: ping.Mark})
	if !back.hello.Resumed || back.hello.Replayed != 0 {
		t.Errorf("resumed from a ping: %+v", back.hello)
	}
	s.connOf().beat(t.Context(), time.Now().Add(pongWait+time.Second))
	if c := s.ended(); c.code != 4001 {
		t.Errorf("closed with %d", c.code)
	}
}

// A socket whose access token has run out is told to come back with a new one.
func TestATokenThatExpiresEndsItsSocket(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64 // nanoseconds by which the server's clock is ahead
	w := serveAt(t, freshDatabase(t, "sqlite"), func() time.Time { return time.Now().Add(time.Duration(passed.Load())) })
	owner := w.setUp()
	soon := time.Now().Add(time.Minute)
	_, secret, err := w.ws.Auth.CreateToken(t.Context(), contracts.Operator, auth.NewToken{UserID: owner.user.ID, Name: "short", Scopes: []string{"*"}, ExpiresAt: &soon})
	if err != nil {
		t.Fatal(err)
	}
	s := (&client{w: w, t: t, token: secret.Reveal()}).connect(nil)
	if f := s.op("presence.set", map[string]any{"state": "online"}); f.Op != "ack" {
		t.Errorf("before: %+v", f)
	}
	passed.Store(int64(time.Minute))
	s.connOf().beat(t.Context(), time.Now())
	if c := s.ended(); c.code != 4003 || c.reason.Code != "token_expired" {
		t.Errorf("closed with %+v", c)
	}
}
