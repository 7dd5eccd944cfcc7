package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// listener follows the channel over a socket, resumes after each crash and keeps
// what it saw.
type listener struct {
	subject *subject
	cancel  context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex // guards the rest
	cursor  *cursor
	seen    []message
	refused string // why a resume was refused, "" when none was
	resumes int
}

type cursor struct {
	Epoch    string `json:"epoch"`
	Position int64  `json:"position"`
	Mark     string `json:"mark"`
}

func newListener(s *subject) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{subject: s, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for ctx.Err() == nil {
			l.follow(ctx)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	// The listener must be attached before the first message, or it would miss it.
	for wait := time.Now(); time.Since(wait) < 2*time.Minute; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		attached := l.cursor != nil
		l.mu.Unlock()
		if attached {
			break
		}
	}
	return l
}

func (l *listener) stop() {
	l.cancel()
	<-l.done
}

// follow holds one connection.
func (l *listener) follow(ctx context.Context) {
	dialer := websocket.Dialer{Subprotocols: []string{"dankerchat.v1"}, HandshakeTimeout: 20 * time.Second}
	ws, res, err := dialer.DialContext(ctx, "ws://"+l.subject.at()+"/api/v1/ws", http.Header{"Authorization": {"Bearer " + l.subject.token}})
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return
	}
	defer func() { _ = ws.Close() }()
	defer context.AfterFunc(ctx, func() { _ = ws.Close() })()
	l.mu.Lock()
	from := l.cursor
	l.mu.Unlock()
	if ws.WriteJSON(map[string]any{"op": "hello", "id": "h", "d": map[string]any{"client": "crash/1", "resume": from}}) != nil {
		return
	}
	epoch := ""
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		var frames []struct {
			Op       string          `json:"op"`
			Position int64           `json:"position"`
			Mark     string          `json:"mark"`
			Type     string          `json:"type"`
			D        json.RawMessage `json:"d"`
		}
		if data[0] != '[' {
			data = append(append([]byte{'['}, data...), ']')
		}
		if json.Unmarshal(data, &frames) != nil {
			return
		}
		l.mu.Lock()
		for _, f := range frames {
			switch f.Op {
			case "hello":
				var h struct {
					cursor
					Resumed bool   `json:"resumed"`
					Reason  string `json:"reason"`
				}
				_ = json.Unmarshal(f.D, &h)
				epoch = h.Epoch
				if from == nil {
					l.cursor = &h.cursor
				} else if l.resumes++; !h.Resumed {
					l.refused = "resume refused: " + h.Reason
				}
			case "ping":
				_ = ws.WriteJSON(map[string]any{"op": "pong", "position": f.Position})
			case "event":
				if f.Position == 0 {
					continue
				}
				l.cursor = &cursor{epoch, f.Position, f.Mark}
				var m message
				if f.Type == "message.created" && json.Unmarshal(f.D, &m) == nil {
					l.seen = append(l.seen, m)
				}
			}
		}
		l.mu.Unlock()
	}
}

// check waits until the newest stored message was seen and holds the whole stream
// against the history: each message once, in order, none missing.
func (l *listener) check(ctx context.Context, stored []message) (int, error) {
	newest := stored[len(stored)-1].Position
	for wait := time.Now(); time.Since(wait) < 2*time.Minute && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		n := len(l.seen)
		arrived := n > 0 && l.seen[n-1].Position == newest
		l.mu.Unlock()
		if arrived {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused != "" {
		return len(l.seen), fmt.Errorf("the listener: %s", l.refused)
	}
	if len(l.seen) == 0 {
		return 0, fmt.Errorf("the listener saw nothing")
	}
	at := l.seen[0].Position - 1
	for i, m := range l.seen {
		if m.Position != at+int64(i)+1 {
			return len(l.seen), fmt.Errorf("the listener saw position %d after %d", m.Position, at+int64(i))
		}
		if s := stored[m.Position-1]; s.ID != m.ID || s.Text != m.Text {
			return len(l.seen), fmt.Errorf("the listener saw %s at position %d where %s is stored", m.ID, m.Position, s.ID)
		}
	}
	if last := l.seen[len(l.seen)-1].Position; last != newest {
		return len(l.seen), fmt.Errorf("the listener stopped at position %d of %d", last, newest)
	}
	return len(l.seen), nil
}
