package server

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// sockets are the open connections: their limits, their heartbeat, their end.
type sockets struct {
	srv      *Server
	upgrader websocket.Upgrader
	pinged   atomic.Pointer[messaging.Frame] // the last heartbeat's
	demands  chan struct{}                   // holds one when somebody may owe a second factor since

	mu        sync.Mutex // guards all below; nothing else is locked under it
	all       map[*conn]struct{}
	beats     [beatSlots]map[*conn]struct{} // each connection is pinged when its slot comes
	next      int                           // the slot of the next connection
	opened    int                           // connections so far
	byIP      map[string]int                // or by network: request.from
	pending   map[string]int                // likewise: not signed in yet
	byUser    map[string]int
	bySession map[string]int
	wg        sync.WaitGroup
}

const beatSlots = int(pingEvery / time.Second)

func newSockets(s *Server) *sockets {
	t := &sockets{srv: s, upgrader: newUpgrader(), demands: make(chan struct{}, 1), all: map[*conn]struct{}{}, byIP: map[string]int{}, pending: map[string]int{}, byUser: map[string]int{}, bySession: map[string]int{}}
	for i := range t.beats {
		t.beats[i] = map[*conn]struct{}{}
	}
	return t
}

func (t *sockets) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all)
}

// admit counts a new connection against the limits that do not depend on who it is.
func (t *sockets) admit(r *request) (*conn, error) {
	c := newConn(t.srv, r)
	l := t.srv.cfg.Limits
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.srv.draining.Load(): // under the lock: drain finds all that come before
		return nil, goingDown()
	case len(t.all) >= l.Sockets:
		return nil, contracts.ErrBusy.With("the server has no room for another connection").After(10)
	case t.byIP[c.from] >= l.SocketsPerIP:
		return nil, contracts.ErrRateLimited.With("too many connections from this address").After(10)
	case t.pending[c.from] >= l.PendingPerIP:
		return nil, contracts.ErrRateLimited.With("too many connections from this address that have not signed in").After(5)
	}
	t.opened++
	t.all[c] = struct{}{}
	c.slot = t.next
	t.next = (t.next + 1) % beatSlots
	t.beats[c.slot][c] = struct{}{}
	t.byIP[c.from]++
	t.pending[c.from]++
	t.wg.Add(1)
	t.srv.metrics.sockets.Inc()
	return c, nil
}

// identify counts a connection against its user's limits; false is too many.
func (t *sockets) identify(c *conn, actor contracts.Actor) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	session := actor.SessionID + actor.TokenID
	if t.byUser[actor.UserID] >= t.srv.cfg.Limits.SocketsPerUser || t.bySession[session] >= t.srv.cfg.Limits.SocketsPerSession {
		return false
	}
	t.byUser[actor.UserID]++
	t.bySession[session]++
	less(t.pending, c.from)
	c.counted, c.countedSession = actor.UserID, session
	return true
}

// remove forgets a connection; it may be called twice.
func (t *sockets) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.all[c]; !ok {
		return
	}
	delete(t.all, c)
	delete(t.beats[c.slot], c)
	less(t.byIP, c.from)
	if c.counted == "" {
		less(t.pending, c.from)
	} else {
		less(t.byUser, c.counted)
		less(t.bySession, c.countedSession)
	}
	t.srv.metrics.sockets.Dec()
	t.wg.Done()
}

func less(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}

// beat pings every connection once in pingEvery, a slot of them each second, and
// ends those that have been silent too long. One goroutine does it for all.
func (t *sockets) beat(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var storm storm
	for slot := 0; ; slot = (slot + 1) % beatSlots {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if storm.over(t.total()) {
			debug.FreeOSMemory()
		}
		t.beatSlot(ctx, slot)
	}
}

func (t *sockets) beatSlot(ctx context.Context, slot int) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, c := range t.inSlot(slot) {
		c.beat(ctx, time.Now())
	}
}

// ping returns a heartbeat's frame, the same for all until the log moves.
func (t *sockets) ping(head contracts.Cursor) *messaging.Frame {
	if f := t.pinged.Load(); f != nil && f.Position == head.Position && f.Mark == head.Mark {
		return f
	}
	f := &messaging.Frame{Position: head.Position, Mark: head.Mark, Bytes: encode(pingFrame{Op: "ping", Position: head.Position, Mark: head.Mark})}
	t.pinged.Store(f)
	return f
}

// A storm is many connections within a short time, after a restart for instance. What
// their handshakes took goes back to the system when it is over; the collector would
// keep it for minutes.
type storm struct{ last, released int }

const (
	stormSize = 1000 // connections since the last one
	stormCalm = 20   // fewer than that in a second are no storm
)

// over is told each second how many connections there have been so far.
func (s *storm) over(total int) bool {
	calm := total-s.last < stormCalm
	s.last = total
	if !calm || total-s.released < stormSize {
		return false
	}
	s.released = total
	return true
}

func (t *sockets) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opened
}

func (t *sockets) inSlot(slot int) []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*conn, 0, len(t.beats[slot]))
	for c := range t.beats[slot] {
		list = append(list, c)
	}
	return list
}

// drain closes all connections with 1012, spread over a time, each told its own
// delay before it should come back, and waits for them.
func (t *sockets) drain(spread time.Duration) {
	t.mu.Lock()
	list := make([]*conn, 0, len(t.all))
	for c := range t.all {
		list = append(list, c)
	}
	t.mu.Unlock()
	if len(list) > 0 {
		spread = min(spread, time.Duration(len(list))*10*time.Millisecond) // a few need no spreading
		pause := spread / time.Duration(len(list))
		for _, c := range list {
			c.close(websocket.CloseServiceRestart, closeReason{Code: "draining", RetryAfterMS: 200 + rand.IntN(int(2*spread/time.Millisecond)+800)})
			time.Sleep(pause)
		}
	}
	done := make(chan struct{})
	go func() { t.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(closeWait + time.Second):
	}
}
