package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

const (
	syncUsers   = 8
	syncClients = 16 // two for each user
	syncPosts   = 300
)

// world is two instances on one database.
type world struct {
	rigs  []*rig
	hubs  []*messaging.Hub
	convs []string
	sent  atomic.Int64
}

// client is a person's device: it connects now to one instance, now to the other,
// and goes on where it stopped.
type client struct {
	n      int
	cursor contracts.Cursor
	seen   []shown
	resets int
}

// Many devices that come and go at random, on two instances, while people write,
// join and leave: each device ends with exactly what its user may see, in order,
// once, and with nothing after a removal.
func TestEveryClientEndsWithTheSameHistory(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		for name, memory := range map[string]int{"memory": 10000, "log": 20} {
			t.Run(string(d)+"/"+name, func(t *testing.T) {
				t.Parallel()
				url := sqldbtest.MigratedURL(t, d, messaging.Migrations)
				w := &world{}
				bus := &messaging.LocalBus{}
				for range 2 {
					r := newRig(t, sqldbtest.Connect(t, url, sqldb.Options{BusyTimeout: 20 * time.Second}))
					w.rigs = append(w.rigs, r)
					w.hubs = append(w.hubs, startHub(t, r, messaging.HubConfig{Events: memory, Bus: bus}))
				}
				w.convs = []string{
					w.rigs[0].channel(contracts.KindPublic, upTo(syncUsers)...),
					w.rigs[1].channel(contracts.KindPrivate, upTo(syncUsers)...),
				}
				direct, _, err := w.rigs[0].OpenDirect(t.Context(), actor(0), users(1))
				if err != nil {
					t.Fatal(err)
				}
				w.run(t, direct.ID)
			})
		}
	}
}

func (w *world) run(t *testing.T, direct string) {
	start := settle(t, w.hubs[0], w.rigs[0])
	clients := make([]*client, syncClients)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var wg sync.WaitGroup
	for i := range clients {
		clients[i] = &client{n: i % syncUsers, cursor: start}
		wg.Go(func() { clients[i].live(t, w, rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	for i := range 4 {
		wg.Go(func() { w.write(t, rand.New(rand.NewPCG(seed, uint64(100+i)))) })
	}
	wg.Go(func() { w.come(t, rand.New(rand.NewPCG(seed, 200))) })
	wg.Go(func() {
		for i := 0; !w.done(t); i++ {
			w.rigs[i%2].post(i%2, direct, "direct")
			time.Sleep(50 * time.Millisecond)
		}
	})
	wg.Wait()
	for _, h := range w.hubs {
		settle(t, h, w.rigs[0])
	}
	log := w.log(t)
	for _, c := range clients {
		c.connect(t, w.hubs[0], 0) // the last time, to the end
		c.check(t, w, start.Position, log)
	}
	for _, r := range w.rigs {
		r.wantSound()
	}
	t.Logf("%d messages, %d events", w.sent.Load(), len(log))
}

// done reports whether enough was said, or something went wrong.
func (w *world) done(t *testing.T) bool { return w.sent.Load() >= syncPosts || t.Failed() }

// write posts, edits and deletes as anybody who may.
func (w *world) write(t *testing.T, rnd *rand.Rand) {
	var last contracts.Message
	for !w.done(t) {
		r, n := w.rigs[rnd.IntN(2)], rnd.IntN(syncUsers)
		var err error
		switch {
		case last.ID != "" && rnd.IntN(5) == 0:
			_, err = r.Edit(context.Background(), contracts.Actor{UserID: last.Author.ID, Role: contracts.RoleMember}, last.ID, "edited "+last.Text, 0)
		case last.ID != "" && rnd.IntN(10) == 0:
			_, err = r.Remove(context.Background(), actor(0), last.ID)
		default:
			var m contracts.Message
			m, _, err = r.Post(context.Background(), actor(n), contracts.NewMessage{ConversationID: w.convs[rnd.IntN(2)], Text: fmt.Sprintf("message of %d", n)})
			if err == nil {
				last = m
				w.sent.Add(1)
			}
		}
		switch contracts.CodeOf(err) {
		case contracts.CodeNotFound, contracts.CodeConflict: // has left; was deleted
		default:
			if err != nil {
				t.Errorf("write: %v", err)
				return
			}
		}
		time.Sleep(time.Duration(rnd.IntN(3)) * time.Millisecond)
	}
}

// come lets users 2 and up leave and join.
func (w *world) come(t *testing.T, rnd *rand.Rand) {
	for !w.done(t) {
		r, c, user := w.rigs[rnd.IntN(2)], w.convs[rnd.IntN(2)], userID(2+rnd.IntN(syncUsers-2))
		err := r.tx(func(ctx context.Context, tx *sql.Tx) error {
			left, err := r.LeaveTx(ctx, tx, c, "", user)
			if err != nil || len(left) > 0 {
				return err
			}
			_, err = r.JoinTx(ctx, tx, c, "", user)
			return err
		})
		if err != nil {
			t.Errorf("come or go: %v", err)
			return
		}
		time.Sleep(time.Duration(5+rnd.IntN(20)) * time.Millisecond)
	}
}

// live connects again and again until time is up.
func (c *client) live(t *testing.T, w *world, rnd *rand.Rand) {
	for !w.done(t) {
		c.connect(t, w.hubs[rnd.IntN(2)], time.Duration(rnd.IntN(60))*time.Millisecond)
		time.Sleep(time.Duration(rnd.IntN(30)) * time.Millisecond)
	}
}

// connect stays connected for a while and takes over what came.
func (c *client) connect(t *testing.T, h *messaging.Hub, stay time.Duration) {
	s := &sub{user: userID(c.n)}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.Attach(ctx, s, &c.cursor); err != nil {
		t.Errorf("attach: %v", err)
		return
	}
	time.Sleep(stay)
	h.Detach(s)
	frames, cursor := s.got(t)
	if !s.start.Resumed || s.starts != 1 {
		c.resets++
		t.Errorf("client of user%d not resumed: %s, started %d times", c.n, s.start.Reason, s.starts)
	}
	c.seen, c.cursor = append(c.seen, frames...), cursor
}

// log returns the whole event log.
func (w *world) log(t *testing.T) []contracts.Event {
	t.Helper()
	var log []contracts.Event
	for {
		after := int64(0)
		if len(log) > 0 {
			after = log[len(log)-1].Position
		}
		part, err := eventlog.Since(context.Background(), w.rigs[0].db.Read, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(part) == 0 {
			return log
		}
		log = append(log, part...)
	}
}

// check compares what a device has seen with the log and the user's stays.
func (c *client) check(t *testing.T, w *world, from int64, log []contracts.Event) {
	t.Helper()
	user := userID(c.n)
	type visit struct{ from, to int64 }
	stays := map[string][]visit{} // as the log tells them
	for _, ev := range log {
		switch {
		case ev.Type == contracts.EventMemberJoined && ev.Subject == user, ev.Type == contracts.EventDirectCreated && c.n < 2:
			stays[ev.Scope] = append(stays[ev.Scope], visit{from: ev.Position})
		case ev.Type == contracts.EventMemberLeft && ev.Subject == user:
			stays[ev.Scope][len(stays[ev.Scope])-1].to = ev.Position
		}
	}
	seen := map[int64]shown{}
	last := from
	for _, f := range c.seen {
		if f.Position <= last {
			t.Errorf("user%d: event %d came after %d", c.n, f.Position, last)
			return
		}
		last = f.Position
		seen[f.Position] = f
	}
	missing, foreign := 0, 0
	for _, ev := range log {
		if ev.Position <= from {
			continue
		}
		got, has := seen[ev.Position]
		within, open := false, false
		for _, v := range stays[ev.Scope] {
			if ev.Position >= v.from && (v.to == 0 || ev.Position <= v.to) {
				within, open = true, v.to == 0
			}
		}
		switch {
		case has && !within:
			foreign++
			t.Errorf("user%d got %s at %d outside of his stays", c.n, ev.Type, ev.Position)
		case !has && (open || ev.Type == contracts.EventMemberLeft && ev.Subject == user):
			missing++
			t.Errorf("user%d missed %s at %d", c.n, ev.Type, ev.Position)
		case has && (got.Type != ev.Type || got.Mark != ev.Mark):
			t.Errorf("user%d got %s at %d, the log has %s", c.n, got.Type, ev.Position, ev.Type)
		}
		if missing+foreign > 5 {
			return
		}
	}
	c.checkPositions(t, w)
}

// checkPositions: in a conversation that is open to the end the positions of the
// messages seen have no gap.
func (c *client) checkPositions(t *testing.T, w *world) {
	t.Helper()
	for _, conv := range w.convs {
		var next int64
		for _, f := range c.seen {
			var m contracts.Message
			switch {
			case (f.Type == contracts.EventMemberJoined) && stringsIn(f.Data, userID(c.n), conv):
				next = 0 // a new stay
			case f.Type == contracts.EventMessageCreated && json.Unmarshal(f.Data, &m) == nil && m.ConversationID == conv:
				if c.n < 2 && next != 0 && m.Position != next {
					t.Errorf("user%d: position %d, want %d", c.n, m.Position, next)
				}
				next = m.Position + 1
			}
		}
	}
}

func stringsIn(data []byte, parts ...string) bool { return containsAll(string(data), parts...) }
