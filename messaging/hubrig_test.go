package messaging_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/messaging"
)

// sub is a connection that remembers what it got.
type sub struct {
	user  string
	guest bool

	mu      sync.Mutex // guards all below
	start   messaging.Resume
	starts  int
	frames  []*messaging.Frame
	revoked []contracts.Event
	cursor  contracts.Cursor
}

func (s *sub) UserID() string { return s.user }
func (s *sub) Guest() bool    { return s.guest }

func (s *sub) Start(r messaging.Resume) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start, s.cursor = r, r.Cursor
	s.starts++
	s.frames = append(s.frames, r.Replayed...)
}

func (s *sub) Deliver(f *messaging.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, f)
	if !f.Ephemeral {
		s.cursor.Position, s.cursor.Mark = f.Position, f.Mark
	}
}

func (s *sub) Revoke(ev contracts.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = append(s.revoked, ev)
}

// shown is a frame as a client reads it.
type shown struct {
	Op       string          `json:"op"`
	Position int64           `json:"position"`
	Mark     string          `json:"mark"`
	Type     string          `json:"type"`
	At       time.Time       `json:"at"`
	Data     json.RawMessage `json:"d"`
}

// got returns what has been received, and where the connection stands.
func (s *sub) got(t testing.TB) ([]shown, contracts.Cursor) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]shown, len(s.frames))
	for i, f := range s.frames {
		if err := json.Unmarshal(f.Bytes, &out[i]); err != nil {
			t.Fatalf("frame %s: %v", f.Bytes, err)
		}
		if out[i].Op != "event" || out[i].Type != f.Type || out[i].Position != f.Position || out[i].Mark != f.Mark || f.Ephemeral != (f.Position == 0) {
			t.Errorf("frame %+v holds %s", f, f.Bytes)
		}
	}
	return out, s.cursor
}

// types returns the types of what has been received, and message texts.
func (s *sub) types(t testing.TB) []string {
	t.Helper()
	frames, _ := s.got(t)
	out := make([]string, len(frames))
	for i, f := range frames {
		out[i] = f.Type
		var m contracts.Message
		if f.Type == contracts.EventMessageCreated && json.Unmarshal(f.Data, &m) == nil {
			out[i] = m.Text
		}
	}
	return out
}

// startHub runs a hub over a rig's database until the test ends.
// render gives the events of other libraries something to tell, too, whether the hub
// hears of them from this process or reads them from the log.
func (r *rig) render(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
	for _, ev := range events {
		for _, kind := range []string{"settings.", "user.", "key.", "session.", "token."} {
			if strings.HasPrefix(ev.Type, kind) {
				ev.Data = json.RawMessage(`{"x":1}`)
			}
		}
	}
	return r.Payload(ctx, q, events)
}

func startHub(t testing.TB, r *rig, cfg messaging.HubConfig) *messaging.Hub {
	t.Helper()
	if cfg.Render == nil {
		cfg.Render = r.render
	}
	h := messaging.NewHub(r.db, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("hub: %v", err)
		}
	})
	return h
}

func connect(t testing.TB, h *messaging.Hub, n int, from *contracts.Cursor) *sub {
	t.Helper()
	return attach(t, h, &sub{user: userID(n)}, from)
}

func attach(t testing.TB, h *messaging.Hub, s *sub, from *contracts.Cursor) *sub {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := h.Attach(ctx, s, from); err != nil {
		t.Fatalf("attach: %v", err)
	}
	return s
}

// settle waits until a hub has delivered everything that is committed.
func settle(t testing.TB, h *messaging.Hub, r *rig) contracts.Cursor {
	t.Helper()
	head, err := r.db.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the hub comes to the log's head", func() bool { return h.Head().Position >= head })
	return h.Head()
}

func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
