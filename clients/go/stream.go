package dankerchat

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Resync is the type of an event that this package makes itself: the server could
// not continue from the cursor, so events were missed and state must be fetched
// anew with [Client.Sync]. Its Data is {"reason": "…"}.
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
// credentials were revoked, the account is suspended, the server speaks another
// protocol.
//
// [Client.Stream] does the same and also sends.
func (c *Client) Events(ctx context.Context, from *contracts.Cursor) iter.Seq2[Event, error] {
	return c.Stream(StreamOptions{From: from}).Events(ctx)
}

// StreamOptions set a [Stream] up.
type StreamOptions struct {
	// From is where to go on; nil is now.
	From *contracts.Cursor
	// OnState is told when the connection changes. It is called between events, in
	// the goroutine of the loop, and must not block.
	OnState func(State)
}

// State is how a stream's connection stands.
type State struct {
	Live bool // connected, and the server's hello has come
	// RetryIn is how long until the next attempt, when not live.
	RetryIn time.Duration
	// Err is why the connection ended; nil when live.
	Err error
	// Resumed says that the stream goes on where it was, Replayed how many missed
	// events follow.
	Resumed  bool
	Replayed int
}

// Stream is a connection for events which also carries what a person does: typing,
// presence, what is looked at. It is safe for concurrent use, but has one loop.
type Stream struct {
	client  *Client
	onState func(State)

	mu   sync.Mutex // guards conn and serialises writes to it
	conn *socket

	cursor *contracts.Cursor // of the loop
	lost   bool              // the server refused the cursor: the next hello starts anew
	broken int               // connections in a row that ended by a fault of one side
}

// Stream makes a stream; [Stream.Events] connects.
func (c *Client) Stream(o StreamOptions) *Stream {
	s := &Stream{client: c, cursor: o.From, onState: o.OnState}
	if s.onState == nil {
		s.onState = func(State) {}
	}
	return s
}

// Typing tells the others in a conversation, by id, that one is typing. Like
// everything that a stream sends it is lost when the connection is down.
func (s *Stream) Typing(conversation string) {
	s.send("typing", map[string]any{"conversation_id": conversation})
}

// Focus says which conversation, by id, is looked at; "" is none. It narrows which
// typing and presence events come.
func (s *Stream) Focus(conversation string) {
	var id any
	if conversation != "" {
		id = conversation
	}
	s.send("focus", map[string]any{"conversation_id": id})
}

// SetPresence says that the person is "online" or "away".
func (s *Stream) SetPresence(state string) {
	s.send("presence.set", map[string]any{"state": state})
}

func (s *Stream) send(op string, d map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.write(map[string]any{"op": op, "id": "o", "d": d}) // a broken connection shows in the loop
	}
}

func (s *Stream) use(conn *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
}

// Events is the loop; see [Client.Events].
func (s *Stream) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		defer s.use(nil)
		for attempt := 0; ; attempt++ {
			live, err := s.run(ctx, func(e Event) bool { return yield(e, nil) })
			s.use(nil)
			if errors.Is(err, errStopped) || ctx.Err() != nil {
				return
			}
			if live {
				attempt = 0
			}
			pause, again := s.pause(err, attempt)
			if !again {
				yield(Event{}, err)
				return
			}
			s.onState(State{RetryIn: pause, Err: err})
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
		}
	}
}

// errStopped says that the body of the loop wants no more.
var errStopped = errors.New("stopped")

// pause says how long to wait before the next attempt, if a reconnect can help.
func (s *Stream) pause(err error, attempt int) (time.Duration, bool) {
	var again *reconnect
	var e *contracts.Error
	var least time.Duration
	switch {
	case errors.As(err, &again):
		least = again.after
	case errors.As(err, &e):
		if _, ok := retryable(err, time.Second); !ok {
			return 0, false
		}
		least = time.Duration(e.RetryAfter) * time.Second
	default:
		return 0, false
	}
	ceiling := min(500*time.Millisecond<<min(attempt, 6), 30*time.Second)
	return least + time.Duration(rand.Int64N(int64(ceiling))), true
}

// reconnect is why a connection ended when another may be made.
type reconnect struct {
	cause error
	after time.Duration // at the earliest
}

func (r *reconnect) Error() string { return r.cause.Error() }
func (r *reconnect) Unwrap() error { return r.cause }
