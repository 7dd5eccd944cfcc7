package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// socket is one client's connection. Its reader does as little as possible, since
// it shares the cores with the server: it finds the send time that every message
// text carries and nothing else.
type socket struct {
	ws       *websocket.Conn
	mu       sync.Mutex // guards writes
	got      atomic.Int64
	acked    atomic.Int64
	refused  atomic.Int64
	since    atomic.Pointer[latencies] // where delivery times go, nil for nowhere
	closed   atomic.Bool
	closedBy atomic.Value
	hello    hello
}

// hello is what the server's greeting says: where this socket stands.
type hello struct {
	Epoch    string `json:"epoch"`
	Position int64  `json:"position"`
	Mark     string `json:"mark"`
	Resumed  bool   `json:"resumed"`
	Replayed int    `json:"replayed"`
}

// connect opens a socket and waits for the server's hello. from spreads thousands
// of clients over the addresses 127.0.0.2 and up, each with ports of its own.
func connect(ctx context.Context, address, token string, from int) (*socket, error) {
	return resume(ctx, address, token, from, nil)
}

// resume is connect that goes on where another socket stood.
func resume(ctx context.Context, address, token string, from int, at *hello) (*socket, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"dankerchat.v1"}, HandshakeTimeout: 20 * time.Second, ReadBufferSize: 32 << 10, WriteBufferSize: 512}
	if from > 0 {
		dialer.ReadBufferSize = 1024
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+from%200))}}
		dialer.NetDialContext = d.DialContext
	}
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	ws, res, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(address, "http")+"/api/v1/ws", header)
	if err != nil {
		status := ""
		if res != nil {
			status = " (" + res.Status + ")"
		}
		return nil, fmt.Errorf("connect%s: %w", status, err)
	}
	s := &socket{ws: ws}
	say := `{"op":"hello","id":"h","d":{"client":"bench/1"}}`
	if at != nil {
		say = fmt.Sprintf(`{"op":"hello","id":"h","d":{"client":"bench/1","resume":{"epoch":%q,"position":%d,"mark":%q}}}`, at.Epoch, at.Position, at.Mark)
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte(say)); err != nil {
		_ = ws.Close()
		return nil, fmt.Errorf("say hello: %w", err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	if err := s.greeted(); err != nil {
		_ = ws.Close()
		return nil, fmt.Errorf("wait for hello: %w", err)
	}
	_ = ws.SetReadDeadline(time.Time{})
	go s.read()
	return s, nil
}

var (
	begins = []byte(`{"op":"`)
	stamp  = []byte(`"text":"@t=`)
)

// greeted reads the first message: a hello, perhaps with what was missed behind it.
func (s *socket) greeted() error {
	_, b, err := s.ws.ReadMessage()
	if err != nil {
		return err
	}
	type frame struct {
		Op string `json:"op"`
		D  hello  `json:"d"`
	}
	first, rest := frame{}, []json.RawMessage{b}
	if b[0] == '[' {
		if err := json.Unmarshal(b, &rest); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(rest[0], &first); err != nil || first.Op != "hello" {
		return fmt.Errorf("got %q: %w", b, err)
	}
	s.hello = first.D
	for _, more := range rest[1:] {
		s.look(more, time.Now().UnixNano(), nil)
	}
	return nil
}

func (s *socket) read() {
	var message bytes.Buffer // the last message
	var waits []time.Duration
	for {
		_, r, err := s.ws.NextReader()
		if err == nil {
			message.Reset()
			_, err = message.ReadFrom(r)
		}
		if err != nil {
			s.closedBy.Store(err.Error())
			s.closed.Store(true)
			return
		}
		waits = s.look(message.Bytes(), time.Now().UnixNano(), waits[:0])
		if l := s.since.Load(); l != nil && len(waits) > 0 {
			l.add(waits...)
		}
	}
}

// look counts the frames of a message and appends how long each event took. It cuts
// them where one begins, without parsing: no text of ours looks like that.
func (s *socket) look(b []byte, now int64, waits []time.Duration) []time.Duration {
	var acked, refused int64
	for i := bytes.Index(b, begins); i >= 0; {
		b = b[i+len(begins):]
		frame := b
		if i = bytes.Index(b, begins); i >= 0 {
			frame = b[:i]
		}
		switch {
		case bytes.HasPrefix(frame, []byte("event")):
			if sent, ok := sentAt(frame); ok {
				waits = append(waits, time.Duration(now-sent))
			}
		case bytes.HasPrefix(frame, []byte("ack")):
			acked++
		case bytes.HasPrefix(frame, []byte("nack")):
			refused++
		case bytes.HasPrefix(frame, []byte("ping")):
			s.write([]byte(`{"op":"pong","position":0}`))
		}
	}
	s.got.Add(int64(len(waits)))
	s.acked.Add(acked)
	s.refused.Add(refused)
	return waits
}

// sentAt finds the send time in a message's text.
func sentAt(frame []byte) (int64, bool) {
	i := bytes.Index(frame, stamp)
	if i < 0 {
		return 0, false
	}
	digits := frame[i+len(stamp):]
	j := bytes.IndexByte(digits, ' ')
	if j <= 0 {
		return 0, false
	}
	t, err := strconv.ParseInt(string(digits[:j]), 10, 64)
	return t, err == nil
}

func (s *socket) write(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_ = s.ws.WriteMessage(websocket.TextMessage, b)
}

// filler makes a message text about as long as people's are.
const filler = "the quick brown fox jumps over the lazy dog and writes about it at some length"

// send posts one message that carries the time.
func (s *socket) send(conversation, id string) {
	s.write([]byte(`{"op":"message.send","id":"` + id + `","d":{"conversation_id":"` + conversation + `","text":"@t=` + strconv.FormatInt(time.Now().UnixNano(), 10) + ` ` + filler + `","client_msg_id":"` + id + `"}}`))
}

func (s *socket) close() { _ = s.ws.Close() }
