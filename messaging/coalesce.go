package messaging

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
)

// ReadCoalescer marks messages as read for clients that say so at every scroll:
// the first time at once, then at most once a second per user and conversation. A
// process that dies loses at most that second. Make one with [NewReadCoalescer].
type ReadCoalescer struct {
	service *Service
	log     zerolog.Logger
	every   time.Duration

	mu      sync.Mutex // guards pending and closed
	pending map[seat]*pendingRead
	closed  bool
	writing sync.WaitGroup
}

// pendingRead is a seat that was written less than a second ago.
type pendingRead struct {
	actor    contracts.Actor
	position int64 // still to be written; 0 when nothing is
	timer    *time.Timer
}

// NewReadCoalescer returns one for s. [ReadCoalescer.Close] must be called before
// the database is closed.
func NewReadCoalescer(s *Service) *ReadCoalescer {
	return &ReadCoalescer{service: s, log: s.log, every: time.Second, pending: map[seat]*pendingRead{}}
}

// MarkRead is [Service.MarkRead], but what it returns may be written up to a second
// later. The counts are those of the position asked for.
func (c *ReadCoalescer) MarkRead(ctx context.Context, actor contracts.Actor, conversation string, position int64) (contracts.ReadState, error) {
	at := seat{conversation, actor.UserID}
	c.mu.Lock()
	p := c.pending[at]
	if p == nil || c.closed {
		if !c.closed {
			p = &pendingRead{actor: actor}
			p.timer = time.AfterFunc(c.every, func() { c.flush(at) })
			c.pending[at] = p
		}
		c.mu.Unlock()
		return c.service.MarkRead(ctx, actor, conversation, position)
	}
	c.mu.Unlock()

	state, err := c.service.readStateAt(ctx, actor, conversation, position)
	if err != nil {
		return state, err
	}
	c.mu.Lock()
	if c.pending[at] == p && !c.closed {
		p.position = max(p.position, state.LastReadPosition)
		c.mu.Unlock()
		return state, nil
	}
	c.mu.Unlock() // the second has passed in the meantime
	return c.service.MarkRead(ctx, actor, conversation, position)
}

// flush writes what has come in during a seat's second.
func (c *ReadCoalescer) flush(at seat) {
	c.mu.Lock()
	p := c.pending[at]
	if p == nil || c.closed {
		c.mu.Unlock()
		return
	}
	position := p.position
	if position == 0 {
		delete(c.pending, at)
		c.mu.Unlock()
		return
	}
	p.position = 0
	p.timer.Reset(c.every)
	c.writing.Add(1)
	c.mu.Unlock()
	defer c.writing.Done()
	c.write(p.actor, at.conversation, position)
}

func (c *ReadCoalescer) write(actor contracts.Actor, conversation string, position int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := c.service.MarkRead(ctx, actor, conversation, position)
	if err != nil && contracts.CodeOf(err) != contracts.CodeNotFound { // he may have left
		c.log.Warn().Err(err).Str("user_id", actor.UserID).Str("conversation_id", conversation).Msg("cannot write a read position")
	}
}

// Flush writes what is pending for a user, at disconnect.
func (c *ReadCoalescer) Flush(user string) { c.flushAll(func(s seat) bool { return s.user == user }) }

// Close writes all that is pending; MarkRead then writes at once.
func (c *ReadCoalescer) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.flushAll(func(seat) bool { return true })
	c.writing.Wait()
}

func (c *ReadCoalescer) flushAll(which func(seat) bool) {
	taken := map[seat]*pendingRead{}
	c.mu.Lock()
	for at, p := range c.pending {
		if which(at) {
			p.timer.Stop()
			delete(c.pending, at)
			if p.position > 0 {
				taken[at] = p
			}
		}
	}
	c.mu.Unlock()
	for at, p := range taken {
		c.write(p.actor, at.conversation, p.position)
	}
}
