package dankerchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/gorilla/websocket"
)

// Resync is the type of an event that this package makes itself: the server could
// not continue from the cursor, so events were missed and state must be fetched
// anew. Its Data is {"reason": "…"}.
const Resync = "resync"

// Event is what a stream yields.
type Event struct {
	contracts.Event
	// Cursor is the place after this event; keep it to resume later. For ephemeral
	// events it is the place before.
	Cursor contracts.Cursor
}

// Message returns the message of a message.created, message.updated or
// message.deleted event.
func (e Event) Message() (contracts.Message, bool) {
	var m contracts.Message
	if !strings.HasPrefix(e.Type, "message.") || json.Unmarshal(e.Data, &m) != nil {
		return m, false
	}
	return m, true
}

// Events yields what happens from now on, or after the cursor from: every event
// that the user may see, in order, each once. It reconnects by itself with full
// jitter between 0.5 and 30 seconds and resumes. The loop ends when ctx ends (no
// error is yielded for that), or with an error that a reconnect can't mend: the
// credentials were revoked, the account is suspended.
func (c *Client) Events(ctx context.Context, from *contracts.Cursor) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := stream{client: c, cursor: from, yield: yield}
		for attempt := 0; ; attempt++ {
			live, err := s.run(ctx)
			if s.stopped || ctx.Err() != nil {
				return
			}
			if err != nil && !errors.Is(err, contracts.ErrUnavailable) {
				yield(Event{}, err)
				return
			}
			if live {
				attempt = 0
			}
			ceiling := min(500*time.Millisecond<<min(attempt, 6), 30*time.Second)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(rand.Int64N(int64(ceiling)))):
			}
		}
	}
}

type stream struct {
	client  *Client
	cursor  *contracts.Cursor
	yield   func(Event, error) bool
	stopped bool // the loop's body said stop
	lost    bool // the server refused the cursor: the next hello starts anew
}

type frame struct {
	Op       string          `json:"op"`
	Position int64           `json:"position"`
	Mark     string          `json:"mark"`
	Type     string          `json:"type"`
	At       time.Time       `json:"at"`
	D        json.RawMessage `json:"d"`
}

type hello struct {
	Epoch    string  `json:"epoch"`
	Position int64   `json:"position"`
	Mark     string  `json:"mark"`
	Resumed  bool    `json:"resumed"`
	Reason   *string `json:"reason"`
}

// run holds one connection. live says that it reached the server's hello.
func (s *stream) run(ctx context.Context) (live bool, err error) {
	c := s.client
	if err := c.refreshIfDue(ctx, ""); err != nil {
		return false, err
	}
	access := c.Tokens().Access
	u := *c.base
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.Path += "/api/v1/ws"
	dialer := websocket.Dialer{HandshakeTimeout: 15 * time.Second, Subprotocols: []string{"dankerchat.v1"}, Proxy: http.ProxyFromEnvironment}
	conn, res, err := dialer.DialContext(ctx, u.String(), http.Header{"Authorization": {"Bearer " + access}, "User-Agent": {c.userAgent}})
	if err != nil {
		if res != nil && res.StatusCode == http.StatusUnauthorized {
			if c.Tokens().Refresh != "" && c.refresh(ctx, access) == nil && c.Tokens().Access != access {
				return false, contracts.ErrUnavailable // with new tokens at the next attempt
			}
			return false, contracts.ErrUnauthenticated
		}
		if res != nil && res.StatusCode == http.StatusForbidden {
			return false, contracts.ErrForbidden
		}
		return false, unreachable(ctx, c.base.String(), err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	first := map[string]any{"op": "hello", "id": "h", "d": map[string]any{"client": c.name, "resume": s.cursor}}
	if err := conn.WriteJSON(first); err != nil {
		return false, unreachable(ctx, c.base.String(), err)
	}
	epoch := ""
	for {
		_ = conn.SetReadDeadline(time.Now().Add(60 * time.Second))
		_, data, err := conn.ReadMessage()
		if err != nil {
			return live, s.closed(ctx, access, err)
		}
		frames, err := decode(data)
		if err != nil {
			return live, err
		}
		for _, f := range frames {
			switch f.Op {
			case "hello":
				var h hello
				if err := json.Unmarshal(f.D, &h); err != nil {
					return live, fmt.Errorf("decode hello: %w", err)
				}
				live, epoch = true, h.Epoch
				here := contracts.Cursor{Epoch: h.Epoch, Position: h.Position, Mark: h.Mark}
				if (s.cursor != nil && !h.Resumed) || s.lost {
					reason := "cursor"
					if h.Reason != nil {
						reason = *h.Reason
					}
					s.lost = false
					s.emit(contracts.Event{Type: Resync, At: time.Now(), Data: mustJSON(map[string]string{"reason": reason})}, here)
				} else if s.cursor == nil {
					s.cursor = &here
				}
			case "event":
				at := *s.cursor
				if f.Position > 0 {
					if f.Position <= at.Position && epoch == at.Epoch {
						continue // seen before
					}
					at = contracts.Cursor{Epoch: epoch, Position: f.Position, Mark: f.Mark}
				}
				s.emit(contracts.Event{Position: f.Position, Mark: f.Mark, Type: f.Type, At: f.At, Data: f.D}, at)
			case "ping":
				if f.Position > s.cursor.Position {
					s.cursor = &contracts.Cursor{Epoch: epoch, Position: f.Position, Mark: f.Mark}
				}
				if err := conn.WriteJSON(map[string]any{"op": "pong", "position": f.Position}); err != nil {
					return live, unreachable(ctx, c.base.String(), err)
				}
			}
			if s.stopped {
				return live, nil
			}
		}
	}
}

func (s *stream) emit(ev contracts.Event, after contracts.Cursor) {
	s.cursor = &after
	if !s.yield(Event{Event: ev, Cursor: after}, nil) {
		s.stopped = true
	}
}

// closed turns a read error into what the loop does next: ErrUnavailable to
// reconnect, anything else to end.
func (s *stream) closed(ctx context.Context, access string, err error) error {
	var ce *websocket.CloseError
	if errors.As(err, &ce) {
		switch ce.Code {
		case 4003:
			if rerr := s.client.refresh(ctx, access); rerr != nil {
				return rerr
			}
		case 4100:
			s.cursor, s.lost = nil, true
		case 4401, 4410:
			return contracts.ErrUnauthenticated.With("the server ended this session: " + ce.Text)
		case 4403:
			return contracts.ErrSuspended
		case 4400, 4409, 4426:
			return contracts.ErrConflict.With(fmt.Sprintf("the server closed the connection (%d): %s", ce.Code, ce.Text))
		}
	}
	return unreachable(ctx, s.client.base.String(), err)
}

// decode reads one WebSocket message: a frame, or an array of frames.
func decode(data []byte) ([]frame, error) {
	var frames []frame
	if len(data) > 0 && data[0] == '[' {
		if err := json.Unmarshal(data, &frames); err != nil {
			return nil, fmt.Errorf("decode frames: %w", err)
		}
		return frames, nil
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("decode frame: %w", err)
	}
	return append(frames, f), nil
}
