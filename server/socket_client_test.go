package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
)

// socket is a real WebSocket client; every frame is held against asyncapi.yaml.
type socket struct {
	t      testing.TB
	ws     *websocket.Conn
	w      *world
	hello  helloAnswer
	cursor contracts.Cursor
	frames chan frame
	closed chan closing
	mu     sync.Mutex // guards writes
	ids    int
	pongs  bool
}

type frame struct {
	Op       string          `json:"op"`
	ID       string          `json:"id"`
	Position int64           `json:"position"`
	Mark     string          `json:"mark"`
	Type     string          `json:"type"`
	D        json.RawMessage `json:"d"`
	Error    problem         `json:"error"`
	array    int             // frames in the WebSocket message that brought it
}

func (f frame) message(t testing.TB) contracts.Message {
	t.Helper()
	var m contracts.Message
	if err := json.Unmarshal(f.D, &m); err != nil {
		t.Fatalf("decode message of %s: %v", f.Type, err)
	}
	return m
}

type closing struct {
	code   int
	reason closeReason
}

// dial opens a socket without saying hello. It returns the handshake's answer.
func (c *client) dial(header http.Header) (*socket, *http.Response, error) {
	if header == nil {
		header = http.Header{}
	}
	if c.token != "" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != "" {
		header.Set("Cookie", c.w.srv.cookieName()+"="+c.cookie)
	}
	if c.origin != "" && header.Get("Origin") == "" {
		header.Set("Origin", c.origin)
	}
	d := websocket.Dialer{HandshakeTimeout: patience}
	if _, said := header["Sec-Websocket-Protocol"]; !said {
		d.Subprotocols = []string{subprotocol}
	}
	ws, res, err := d.DialContext(c.t.Context(), strings.Replace(c.w.address, "http", "ws", 1)+base+"/ws", header)
	if err != nil {
		return nil, res, err
	}
	s := &socket{t: c.t, ws: ws, w: c.w, frames: make(chan frame, 100_000), closed: make(chan closing, 1), pongs: true}
	over := make(chan struct{})
	go func() { defer close(over); s.read() }()
	c.t.Cleanup(func() { _ = ws.Close(); <-over }) // nothing is found wrong after the test
	return s, res, nil
}

// connect opens a socket and says hello, resuming at from.
func (c *client) connect(from *contracts.Cursor) *socket {
	c.t.Helper()
	s, err := c.tryConnect(from)
	if err != nil {
		c.t.Fatalf("connect: %v", err)
	}
	return s
}

// tryConnect is connect that may fail.
func (c *client) tryConnect(from *contracts.Cursor) (*socket, error) {
	s, res, err := c.dial(nil)
	if err != nil {
		if res != nil {
			err = fmt.Errorf("%w: %s", err, res.Status)
		}
		return nil, err
	}
	s.write(map[string]any{"op": "hello", "id": "h", "d": map[string]any{"client": "test", "resume": from}})
	f, err := s.next()
	if errors.Is(err, errSocketClosed) {
		end := s.ended()
		return nil, fmt.Errorf("%w with %d %s", err, end.code, end.reason.Code)
	}
	if err != nil {
		return nil, err
	}
	if f.Op != "hello" {
		return nil, fmt.Errorf("first frame is %s", f.Op)
	}
	if err := json.Unmarshal(f.D, &s.hello); err != nil {
		return nil, err
	}
	s.cursor = contracts.Cursor{Epoch: s.hello.Epoch, Position: s.hello.Position, Mark: s.hello.Mark}
	return s, nil
}

func (s *socket) read() {
	defer close(s.frames)
	for {
		_, data, err := s.ws.ReadMessage()
		if err != nil {
			var ce *websocket.CloseError
			c := closing{code: -1}
			if errors.As(err, &ce) {
				c.code = ce.Code
				_ = json.Unmarshal([]byte(ce.Text), &c.reason)
				if err := checkFrame(mustDocuments(s.t).close, []byte(ce.Text)); err != nil && ce.Code >= 4000 {
					s.t.Errorf("close reason: %v", err)
				}
			}
			s.closed <- c
			return
		}
		for _, f := range s.split(data) {
			if f.Op == "ping" && s.pongs {
				s.write(map[string]any{"op": "pong", "position": f.Position})
			}
			s.frames <- f
		}
	}
}

// write sends one frame; a string goes as it is, unchecked.
func (s *socket) write(v any) {
	text, raw := v.(string)
	data := []byte(text)
	if !raw {
		data = encode(v)
		if err := checkFrame(mustDocuments(s.t).client, data); err != nil {
			s.t.Error(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.ws.WriteMessage(websocket.TextMessage, data) // a closed socket shows in read
}

var errSocketClosed = errors.New("socket closed")

// next returns the next frame, whatever it is.
func (s *socket) next() (frame, error) {
	select {
	case f, ok := <-s.frames:
		if !ok {
			return f, errSocketClosed
		}
		return f, nil
	case <-time.After(patience):
		return frame{}, errors.New("no frame in time")
	}
}

// expect returns the next event of a type, letting others pass.
func (s *socket) expect(typ string) frame {
	s.t.Helper()
	for {
		f, err := s.next()
		if err != nil {
			s.t.Fatalf("wait for %s: %v", typ, err)
		}
		if f.Op == "event" && f.Position > 0 {
			s.cursor.Position, s.cursor.Mark = f.Position, f.Mark
		}
		if f.Type == typ || f.Op == typ {
			return f
		}
	}
}

// quiet checks that no event of a type comes for a while.
func (s *socket) quiet(d time.Duration, types ...string) {
	s.t.Helper()
	end := time.After(d)
	for {
		select {
		case f, ok := <-s.frames:
			if !ok {
				return
			}
			for _, typ := range types {
				if f.Type == typ {
					s.t.Errorf("unexpected %s: %s", typ, f.D)
				}
			}
		case <-end:
			return
		}
	}
}

// op sends an operation and returns its ack or nack, letting events pass.
func (s *socket) op(name string, d any) frame {
	s.t.Helper()
	s.mu.Lock()
	s.ids++
	id := fmt.Sprintf("c%d", s.ids)
	s.mu.Unlock()
	s.write(map[string]any{"op": name, "id": id, "d": d})
	for {
		f, err := s.next()
		if err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
		if f.ID == id {
			return f
		}
	}
}

// ended waits for the close frame.
func (s *socket) ended() closing {
	s.t.Helper()
	select {
	case c := <-s.closed:
		return c
	case <-time.After(patience):
		s.t.Fatal("the socket stays open")
		return closing{}
	}
}

// split decodes one WebSocket message into its frames.
func (s *socket) split(data []byte) []frame {
	parts := []json.RawMessage{data}
	if bytes.HasPrefix(data, []byte("[")) {
		if err := json.Unmarshal(data, &parts); err != nil {
			s.t.Errorf("decode frames: %v", err)
			return nil
		}
	}
	frames := make([]frame, 0, len(parts))
	for _, part := range parts {
		if err := checkFrame(mustDocuments(s.t).server, part); err != nil {
			s.t.Error(err)
		}
		var f frame
		if err := json.Unmarshal(part, &f); err != nil {
			s.t.Errorf("decode frame: %v", err)
		}
		f.array = len(parts)
		frames = append(frames, f)
	}
	return frames
}
