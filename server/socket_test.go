package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestTwoPeopleTalk(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		general := owner.channel("general").ID
		a, b := owner.connect(nil), member.connect(nil)
		if a.hello.UserID != owner.user.ID || a.hello.Resumed || a.hello.Reason == nil || *a.hello.Reason != "new" || a.hello.HeartbeatMS != 25000 || a.hello.MaxFrame != 65536 {
			t.Errorf("hello: %+v", a.hello)
		}
		if f := a.expect("presence"); !strings.Contains(string(f.D), `"online"`) {
			t.Errorf("presence: %s", f.D)
		}

		ack := a.op("message.send", map[string]any{"conversation_id": general, "text": "hello @member", "client_msg_id": "m1"})
		sent := ack.message(t)
		if ack.Op != "ack" || sent.Text != "hello @member" || sent.ClientMsgID != "m1" || sent.Author.Username != "owner" {
			t.Fatalf("ack: %+v", ack)
		}
		got := b.expect("message.created").message(t)
		if got.ID != sent.ID || len(got.Mentions) != 1 || got.Mentions[0] != member.user.ID {
			t.Errorf("member got %+v", got)
		}
		if again := a.op("message.send", map[string]any{"conversation_id": general, "text": "hello @member", "client_msg_id": "m1"}); again.message(t).ID != sent.ID {
			t.Errorf("a repeat made %+v", again)
		}
		if f := a.op("message.send", map[string]any{"conversation_id": general, "text": "other", "client_msg_id": "m1"}); f.Op != "nack" || f.Error.Code != contracts.CodeDuplicate {
			t.Errorf("another text under the same id: %+v", f)
		}

		second := member.connect(nil) // member's other tab
		state := b.op("read", map[string]any{"conversation_id": general, "position": got.Position})
		if state.Op != "ack" || at(t, state.D, "/unread") != "0" {
			t.Errorf("read: %+v", state)
		}
		if f := second.expect("read.updated"); at(t, f.D, "/last_read_position") != at(t, state.D, "/last_read_position") {
			t.Errorf("the other tab got %s", f.D)
		}

		if f := b.op("typing", map[string]any{"conversation_id": general}); f.Op != "ack" {
			t.Errorf("typing: %+v", f)
		}
		if f := a.expect("typing"); at(t, f.D, "/user_id") != member.user.ID || f.Position != 0 {
			t.Errorf("typing: %+v", f)
		}
		if f := b.op("presence.set", map[string]any{"state": "away"}); f.Op != "ack" {
			t.Errorf("presence.set: %+v", f)
		}
		if f := b.op("presence.set", map[string]any{"state": "away"}); f.Op != "ack" {
			t.Errorf("presence.set: %+v", f)
		}
		if f := second.op("presence.set", map[string]any{"state": "away"}); f.Op != "ack" {
			t.Errorf("presence.set: %+v", f)
		}
		if f := a.expect("presence"); !strings.Contains(string(f.D), `"away"`) {
			t.Errorf("presence: %s", f.D)
		}

		owner.must(200, "PATCH", "/messages/"+sent.ID, map[string]any{"text": "edited"}, nil)
		if m := b.expect("message.updated").message(t); m.Text != "edited" || m.Version != 2 {
			t.Errorf("edit: %+v", m)
		}
		owner.must(200, "DELETE", "/messages/"+sent.ID, nil, nil)
		if m := b.expect("message.deleted").message(t); m.Text != "" || m.DeletedAt == nil {
			t.Errorf("delete: %+v", m)
		}
	})
}

func TestFocusNarrowsTyping(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	member := w.newUser("member", contracts.RoleMember)
	general, random := owner.channel("general").ID, owner.channel("random").ID
	a := owner.connect(nil)
	a.op("focus", map[string]any{"conversation_id": random})
	member.connect(nil).op("typing", map[string]any{"conversation_id": general})
	a.quiet(100*time.Millisecond, "typing")
	member.connect(nil).op("typing", map[string]any{"conversation_id": random})
	a.expect("typing")
	a.op("focus", map[string]any{"conversation_id": nil})
	member.connect(nil).op("typing", map[string]any{"conversation_id": general})
	a.expect("typing")
}

// badFrames are what a client must not send, and what it is told.
var badFrames = []struct {
	name   string
	frames []string
	binary bool
	code   int
}{
	{"not JSON", []string{`{`}, false, 4400},
	{"an array of frames", []string{`[{"op":"pong"}]`}, false, 4400},
	{"an unknown operation", []string{`{"op":"message.fly","id":"1","d":{}}`}, false, 4400},
	{"no id", []string{`{"op":"typing","d":{"conversation_id":"x"}}`}, false, 4400},
	{"an id of 65 bytes", []string{`{"op":"typing","id":"` + strings.Repeat("x", 65) + `","d":{"conversation_id":"x"}}`}, false, 4400},
	{"no d", []string{`{"op":"typing","id":"1"}`}, false, 4400},
	{"an unknown key of the frame", []string{`{"op":"typing","id":"1","d":{"conversation_id":"x"},"extra":1}`}, false, 4400},
	{"a key twice", []string{`{"op":"pong","op":"pong"}`}, false, 4400},
	{"a second hello", []string{`{"op":"hello","id":"2","d":{}}`}, false, 4400},
	{"deep nesting", []string{`{"op":"typing","id":"1","d":{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}}`}, false, 4400},
	{"bad UTF-8", []string{"{\"op\":\"pong\",\"id\":\"\xff\"}"}, false, 1007},
	{"a binary frame", []string{`{"op":"pong"}`}, true, 1003},
	{"65,537 bytes", []string{`{"op":"pong","id":"` + strings.Repeat("x", 65518) + `"}`}, false, 1009},
}

func TestABadFrameClosesTheSocket(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	for _, tt := range badFrames {
		t.Run(tt.name, func(t *testing.T) {
			s := owner.connect(nil)
			kind := websocket.TextMessage
			if tt.binary {
				kind = websocket.BinaryMessage
			}
			for _, f := range tt.frames {
				if err := s.ws.WriteMessage(kind, []byte(f)); err != nil {
					t.Fatalf("write: %v", err)
				}
			}
			if c := s.ended(); c.code != tt.code {
				t.Errorf("closed with %d, want %d", c.code, tt.code)
			}
		})
	}
}

func TestABadOperationIsRefusedAndTheSocketStays(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	general := owner.channel("general").ID
	s := owner.connect(nil)
	for _, tt := range []struct {
		name, frame string
		code        contracts.Code
	}{
		{"unknown field", `{"op":"message.send","id":"1","d":{"conversation_id":"` + general + `","text":"x","author_id":"me"}}`, contracts.CodeUnknownField},
		{"missing field", `{"op":"message.send","id":"1","d":{"text":"x"}}`, contracts.CodeInvalid},
		{"wrong type", `{"op":"message.send","id":"1","d":{"conversation_id":"` + general + `","text":{"a":1}}}`, contracts.CodeInvalid},
		{"null", `{"op":"message.send","id":"1","d":{"conversation_id":"` + general + `","text":null}}`, contracts.CodeInvalid},
		{"hidden conversation", `{"op":"message.send","id":"1","d":{"conversation_id":"cnv_00000000000000000000000000","text":"x"}}`, contracts.CodeNotFound},
		{"empty text", `{"op":"message.send","id":"1","d":{"conversation_id":"` + general + `","text":" "}}`, contracts.CodeInvalid},
		{"a huge position", `{"op":"read","id":"1","d":{"conversation_id":"` + general + `","position":99999999999999999999}}`, contracts.CodeInvalid},
		{"an unknown state", `{"op":"presence.set","id":"1","d":{"state":"offline"}}`, contracts.CodeInvalid},
		{"a focus on nothing", `{"op":"focus","id":"1","d":{"conversation_id":"x"}}`, contracts.CodeInvalid},
	} {
		s.write(tt.frame)
		f := s.expect("nack")
		if f.ID != "1" || f.Error.Code != tt.code {
			t.Errorf("%s: %+v, want %s", tt.name, f.Error, tt.code)
		}
	}
	if f := s.op("message.send", map[string]any{"conversation_id": general, "text": "still here"}); f.Op != "ack" {
		t.Errorf("afterwards: %+v", f)
	}
}

func TestHowASocketSignsIn(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	u, err := w.ws.Auth.StartSession(t.Context(), owner.user.ID, auth.SignInProof{Client: "test", IP: ""})
	if err != nil {
		t.Fatal(err)
	}
	cookie := u.Secret.Reveal()
	hello := func(s *socket, token string) {
		d := map[string]any{}
		if token != "" {
			d["token"] = token
		}
		s.write(map[string]any{"op": "hello", "id": "h", "d": d})
	}

	t.Run("with a token in the first frame", func(t *testing.T) {
		s, _, err := w.anonymous().dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		hello(s, owner.token)
		if f := s.expect("hello"); at(t, f.D, "/user_id") != owner.user.ID {
			t.Errorf("hello: %s", f.D)
		}
	})
	t.Run("not at all", func(t *testing.T) {
		s, _, err := w.anonymous().dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		hello(s, "")
		if c := s.ended(); c.code != 4401 {
			t.Errorf("closed with %d", c.code)
		}
	})
	t.Run("with a wrong token in the first frame", func(t *testing.T) {
		s, _, err := w.anonymous().dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		hello(s, "dkt_wrong")
		if c := s.ended(); c.code != 4401 {
			t.Errorf("closed with %d", c.code)
		}
	})
	t.Run("too late", func(t *testing.T) {
		hasty := serveSame(t, w, func(c *Config) { c.helloWait = time.Second })
		began := time.Now()
		s, _, err := hasty.anonymous().dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		if c := s.ended(); c.code != 4401 || time.Since(began) < time.Second {
			t.Errorf("closed with %d after %s", c.code, time.Since(began))
		}
	})
	t.Run("with another frame first", func(t *testing.T) {
		s, _, err := owner.dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.write(map[string]any{"op": "pong"})
		if c := s.ended(); c.code != 4400 && c.code != 4401 {
			t.Errorf("closed with %d", c.code)
		}
	})
	t.Run("with a wrong token at the handshake", func(t *testing.T) {
		bad := &client{w: w, t: t, token: "dkt_wrong"}
		if _, res, err := bad.dial(nil); err == nil || res.StatusCode != 401 {
			t.Errorf("got %v", res)
		}
	})
	t.Run("with a token in the URL", func(t *testing.T) {
		owner.must(400, "GET", "/ws?access_token="+owner.token, nil, nil)
	})
	t.Run("with another subprotocol", func(t *testing.T) {
		s, _, err := owner.dial(http.Header{"Sec-Websocket-Protocol": {"dankerchat.v9"}})
		if err != nil {
			t.Fatal(err)
		}
		hello(s, "")
		if c := s.ended(); c.code != 4426 {
			t.Errorf("closed with %d", c.code)
		}
	})

	own := w.address
	port := own[strings.LastIndex(own, ":"):]
	for _, tt := range []struct {
		origin string
		bearer bool
		status int
	}{
		{own, false, 101},
		{own, true, 101},
		{"", true, 101},
		{"", false, 403},
		{"null", false, 403},
		{"null", true, 403},
		{"http://evil.example", false, 403},
		{"http://evil.example", true, 403},
		{"http://127.0.0.1", false, 403},
		{"http://127.0.0.1:1", false, 403},
		{"http://chat.127.0.0.1" + port, false, 403},
		{own + ".evil.example", false, 403},
		{"http://evil.example@127.0.0.1" + port, false, 403},
		{"file://127.0.0.1" + port, false, 403},
	} {
		c := &client{w: w, t: t, cookie: cookie}
		if tt.bearer {
			c = owner
		}
		h := http.Header{}
		if tt.origin != "" {
			h.Set("Origin", tt.origin)
		}
		_, res, err := c.dial(h)
		if res == nil || res.StatusCode != tt.status {
			t.Errorf("origin %q, bearer %v: got %v %v, want %d", tt.origin, tt.bearer, res, err, tt.status)
		}
	}
}
