package main

import (
	"bytes"
	"context"
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
}

// connect opens a socket and waits for the server's hello. from spreads thousands
// of clients over the addresses 127.0.0.2 and up, each with ports of its own.
func connect(ctx context.Context, address, token string, from int) (*socket, error) {
	dialer := websocket.Dialer{Subprotocols: []string{"dankerchat.v1"}, HandshakeTimeout: 20 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 512}
	if from > 0 {
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
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"op":"hello","id":"h","d":{"client":"bench/1"}}`)); err != nil {
		return nil, fmt.Errorf("say hello: %w", err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, b, err := ws.ReadMessage(); err != nil || !bytes.Contains(b, []byte(`"hello"`)) {
		return nil, fmt.Errorf("wait for hello: got %q: %w", b, err)
	}
	_ = ws.SetReadDeadline(time.Time{})
	go s.read()
	return s, nil
}

var (
	stamp  = []byte(`"text":"@t=`)
	acking = []byte(`"op":"ack"`)
	nack   = []byte(`"op":"nack"`)
	ping   = []byte(`"op":"ping"`)
	event  = []byte(`"op":"event"`)
)

func (s *socket) read() {
	var waits []time.Duration
	for {
		_, b, err := s.ws.ReadMessage()
		if err != nil {
			s.closedBy.Store(err.Error())
			s.closed.Store(true)
			return
		}
		now := time.Now().UnixNano()
		if n := bytes.Count(b, acking); n > 0 {
			s.acked.Add(int64(n))
		}
		if n := bytes.Count(b, nack); n > 0 {
			s.refused.Add(int64(n))
		}
		if bytes.Contains(b, ping) {
			s.write([]byte(`{"op":"pong","position":0}`))
		}
		waits = waits[:0]
		for _, part := range split(b) {
			if !bytes.Contains(part[:min(len(part), 40)], event) {
				continue
			}
			i := bytes.Index(part, stamp)
			if i < 0 {
				continue
			}
			digits := part[i+len(stamp):]
			if j := bytes.IndexByte(digits, ' '); j > 0 {
				if t, err := strconv.ParseInt(string(digits[:j]), 10, 64); err == nil {
					s.got.Add(1)
					waits = append(waits, time.Duration(now-t))
				}
			}
		}
		if l := s.since.Load(); l != nil && len(waits) > 0 {
			l.add(waits...)
		}
	}
}

// split cuts a message into its frames without parsing them: frames of an array
// begin with {"op".
func split(b []byte) [][]byte {
	var parts [][]byte
	begin := []byte(`{"op"`)
	for {
		i := bytes.Index(b, begin)
		if i < 0 {
			return parts
		}
		b = b[i:]
		j := bytes.Index(b[1:], begin)
		if j < 0 {
			return append(parts, b)
		}
		parts = append(parts, b[:j+1])
		b = b[j+1:]
	}
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
