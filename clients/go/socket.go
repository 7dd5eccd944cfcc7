package dankerchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/gorilla/websocket"
)

// Limits of a connection. The server pings every 25 seconds.
const (
	silence      = 60 * time.Second
	writeTimeout = 10 * time.Second
	maxReceived  = 16 << 20
)

// socket is one WebSocket connection. Its writer is whoever holds the stream's lock.
type socket struct{ *websocket.Conn }

func (s *socket) write(frame map[string]any) error {
	_ = s.SetWriteDeadline(time.Now().Add(writeTimeout))
	return s.WriteJSON(frame)
}

type frame struct {
	Op       string          `json:"op"`
	Position int64           `json:"position"`
	Mark     string          `json:"mark"`
	Type     string          `json:"type"`
	At       time.Time       `json:"at"`
	D        json.RawMessage `json:"d"`
	Error    json.RawMessage `json:"error"`
}

type hello struct {
	Epoch    string  `json:"epoch"`
	Position int64   `json:"position"`
	Mark     string  `json:"mark"`
	Resumed  bool    `json:"resumed"`
	Replayed int     `json:"replayed"`
	Reason   *string `json:"reason"`
}

// run holds one connection. live says that it reached the server's hello.
func (s *Stream) run(ctx context.Context, yield func(Event) bool) (live bool, err error) {
	c := s.client
	if err := c.refreshIfDue(ctx); err != nil {
		return false, err
	}
	used := c.Tokens()
	conn, err := c.dial(ctx, used)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() {
		end := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = conn.WriteControl(websocket.CloseMessage, end, time.Now().Add(time.Second))
		_ = conn.Close()
	})
	defer stop()

	first := map[string]any{"op": "hello", "id": "h", "d": map[string]any{"client": c.name, "resume": s.cursor}}
	if err := conn.write(first); err != nil {
		return false, unreachable(ctx, c.base.String(), err)
	}
	epoch := ""
	for {
		_ = conn.SetReadDeadline(time.Now().Add(silence))
		_, data, err := conn.ReadMessage()
		if err != nil {
			return live, s.closed(ctx, used, err)
		}
		frames, err := decode(data)
		if err != nil {
			return live, err
		}
		for _, f := range frames {
			if f.Op == "hello" {
				epoch, err = s.welcome(f, conn, yield)
				live = err == nil
			} else {
				err = s.take(f, epoch, conn, yield)
			}
			if err != nil {
				return live, err
			}
		}
	}
}

// welcome takes the server's hello, from which on the connection is live.
func (s *Stream) welcome(f frame, conn *socket, yield func(Event) bool) (epoch string, err error) {
	var h hello
	if err := json.Unmarshal(f.D, &h); err != nil {
		return "", fmt.Errorf("decode hello: %w", err)
	}
	here := contracts.Cursor{Epoch: h.Epoch, Position: h.Position, Mark: h.Mark}
	s.use(conn)
	s.onState(State{Live: true, Resumed: h.Resumed, Replayed: h.Replayed})
	switch {
	case s.lost, s.cursor != nil && !h.Resumed:
		reason := "cursor"
		if h.Reason != nil {
			reason = *h.Reason
		}
		s.lost = false
		s.cursor = &here
		ev := contracts.Event{Type: Resync, At: time.Now().UTC(), Data: mustJSON(map[string]string{"reason": reason})}
		if !yield(Event{Event: ev, Cursor: here}) {
			return h.Epoch, errStopped
		}
	case s.cursor == nil:
		s.cursor = &here
	}
	return h.Epoch, nil
}

// take handles one frame of a live connection.
func (s *Stream) take(f frame, epoch string, conn *socket, yield func(Event) bool) error {
	if s.cursor == nil {
		return fmt.Errorf("the server sent %q before its hello", f.Op)
	}
	s.broken = 0
	switch f.Op {
	case "event":
		at := *s.cursor
		if f.Position > 0 {
			if f.Position <= at.Position && epoch == at.Epoch {
				return nil // seen before
			}
			at = contracts.Cursor{Epoch: epoch, Position: f.Position, Mark: f.Mark}
		}
		s.cursor = &at
		ev := contracts.Event{Position: f.Position, Mark: f.Mark, Type: f.Type, At: f.At, Data: f.D}
		if !yield(Event{Event: ev, Cursor: at}) {
			return errStopped
		}
	case "ping":
		if f.Position > s.cursor.Position {
			s.cursor = &contracts.Cursor{Epoch: epoch, Position: f.Position, Mark: f.Mark}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := conn.write(map[string]any{"op": "pong", "position": f.Position}); err != nil {
			return &reconnect{cause: err}
		}
	}
	return nil
}

func (c *Client) dial(ctx context.Context, used Tokens) (*socket, error) {
	u := *c.base
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	u.Path += "/api/v1/ws"
	dialer := websocket.Dialer{HandshakeTimeout: 15 * time.Second, Subprotocols: []string{"dankerchat.v1"}, Proxy: http.ProxyFromEnvironment}
	if t, ok := c.http.Transport.(*http.Transport); ok {
		dialer.TLSClientConfig, dialer.Proxy, dialer.NetDialContext = t.TLSClientConfig, t.Proxy, t.DialContext
	}
	conn, res, err := dialer.DialContext(ctx, u.String(), http.Header{"Authorization": {"Bearer " + used.Access}, "User-Agent": {c.userAgent}})
	if err == nil {
		conn.SetReadLimit(maxReceived)
		return &socket{conn}, nil
	}
	if res == nil {
		return nil, unreachable(ctx, c.base.String(), err)
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // gorilla keeps the first KiB of an answer
	_ = res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		if used.Refresh == "" {
			return nil, problem(res, body)
		}
		if err := c.refresh(ctx, used); err != nil {
			return nil, err
		}
		return nil, &reconnect{cause: problem(res, body)} // with new tokens
	case res.StatusCode < 400, res.StatusCode >= 500:
		return nil, unreachable(ctx, c.base.String(), fmt.Errorf("%w: the server answered %s", err, res.Status))
	}
	return nil, problem(res, body)
}

// closed says what the end of a connection means: a reconnect, or the end of the
// stream.
func (s *Stream) closed(ctx context.Context, used Tokens, err error) error {
	var ce *websocket.CloseError
	if !errors.As(err, &ce) {
		return unreachable(ctx, s.client.base.String(), err)
	}
	var reason struct {
		Code         string `json:"code"`
		RetryAfterMS int64  `json:"retry_after_ms"`
	}
	why := ce.Text
	if json.Unmarshal([]byte(ce.Text), &reason) == nil && reason.Code != "" {
		why = strings.ReplaceAll(reason.Code, "_", " ")
	}
	cause := contracts.ErrUnavailable.With(fmt.Sprintf("the server closed the connection (%d %s)", ce.Code, why))
	again := &reconnect{cause: cause, after: min(time.Duration(reason.RetryAfterMS)*time.Millisecond, time.Minute)}
	switch ce.Code {
	case 4003: // the access token ended
		if used.Refresh == "" {
			return contracts.ErrUnauthenticated.With("the token has expired")
		}
		if err := s.client.refresh(ctx, used); err != nil {
			return err
		}
	case 4100: // the cursor cannot be used
		s.cursor, s.lost = nil, true
	case 4401, 4410:
		return contracts.ErrUnauthenticated.With("the session or token was ended").WithHint("Sign in again.")
	case 4403:
		return contracts.ErrSuspended
	case 4409:
		return contracts.ErrConflict.With("too many connections are open for this session").WithHint("Close one of the programs that use it.")
	case 4400, 4426:
		return contracts.ErrConflict.With(cause.Message).WithHint("This program and the server do not understand each other: upgrade the older one.")
	case websocket.CloseProtocolError, websocket.CloseUnsupportedData, websocket.CloseInvalidFramePayloadData,
		websocket.CloseMessageTooBig, websocket.CloseInternalServerErr:
		if s.broken++; s.broken > 1 { // one reconnect, then it isn't chance
			return contracts.ErrConflict.With(cause.Message)
		}
	}
	return again
}

// decode reads one WebSocket message: a frame, or an array of frames.
func decode(data []byte) ([]frame, error) {
	if len(data) > 0 && data[0] == '[' {
		var frames []frame
		if err := json.Unmarshal(data, &frames); err != nil {
			return nil, fmt.Errorf("decode frames: %w", err)
		}
		return frames, nil
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("decode frame: %w", err)
	}
	return []frame{f}, nil
}
