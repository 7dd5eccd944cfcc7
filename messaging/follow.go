package messaging

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

const (
	readChunk  = 500   // events read from the log at once
	maxInbox   = 20000 // events kept for the hub before it reads the log instead
	retryDelay = 250 * time.Millisecond
)

// errHistory ends [Hub.Run].
var errHistory = errors.New("the log's history was replaced under the running hub: restart")

// inbox holds what this process committed, until the hub has taken it.
type inbox struct {
	mu     sync.Mutex // guards events and look
	events []*contracts.Event
	look   bool // the log may hold more than events
	wake   chan struct{}
}

func (in *inbox) committed(_ int64, notes []any) {
	in.mu.Lock()
	for _, n := range notes {
		if ev, ok := n.(*contracts.Event); ok {
			in.events = append(in.events, ev)
		}
	}
	if len(in.events) > maxInbox {
		in.events, in.look = nil, true
	}
	in.mu.Unlock()
	in.signal()
}

// hint makes the hub look into the log.
func (in *inbox) hint() {
	in.mu.Lock()
	in.look = true
	in.mu.Unlock()
	in.signal()
}

func (in *inbox) signal() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

func (in *inbox) take() ([]*contracts.Event, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	events, look := in.events, in.look
	in.events, in.look = nil, false
	return events, look
}

// Run follows the log until ctx ends, then returns nil. It may be called once.
// While the database cannot be read it tries again; nothing is skipped. It fails
// when the database is closed, or when the log's history was replaced.
func (h *Hub) Run(ctx context.Context) error {
	h.mu.Lock()
	if h.started {
		h.mu.Unlock()
		return errors.New("hub: Run was called before")
	}
	h.started = true
	h.mu.Unlock()

	// Commits are heard from before the head is read: none falls in between.
	remove := h.db.OnCommit(h.inbox.committed)
	defer remove()
	head, err := eventlog.Head(ctx, h.db.Read)
	if err != nil {
		return fmt.Errorf("start hub: %w", err)
	}
	h.mu.Lock()
	h.head = head
	h.mu.Unlock()
	close(h.ready)

	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.db.Watch(ctx, h.inbox.hint); err != nil {
			h.fail(err)
		}
	})
	wg.Go(func() { h.listen(ctx) })
	wg.Go(func() { h.publish(ctx) })
	wg.Go(func() { h.announce(ctx) })
	err = h.follow(ctx)
	cancel()
	wg.Wait()
	return err
}

// fail ends Run with err.
func (h *Hub) fail(err error) {
	select {
	case h.failed <- err:
	default: // it fails already
	}
}

func (h *Hub) follow(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-h.failed:
			return fmt.Errorf("follow log: %w", err)
		case <-h.inbox.wake:
		}
		for {
			err := h.catchUp(ctx)
			if err == nil || ctx.Err() != nil {
				break
			}
			if errors.Is(err, errHistory) {
				return err
			}
			h.cfg.Log.Error().Err(err).Msg("cannot follow the event log")
			h.inbox.hint() // what was taken is read from the log instead
			select {
			case <-ctx.Done():
				return nil
			case err := <-h.failed:
				return fmt.Errorf("follow log: %w", err)
			case <-time.After(retryDelay):
			}
		}
	}
}

// catchUp takes what was committed here and, unless that continues the head
// without a gap, reads the log.
func (h *Hub) catchUp(ctx context.Context) error {
	events, look := h.inbox.take()
	if n := len(events); n > 0 {
		h.outbox.advanced(events[n-1].Position)
	}
	next := h.Head().Position + 1
	var ready []*contracts.Event
	later := map[int64]*contracts.Event{} // own ones behind another process's
	for _, ev := range events {
		switch {
		case ev.Position == next:
			ready = append(ready, ev)
			next++
		case ev.Position > next:
			later[ev.Position] = ev
			look = true
		}
	}
	if err := h.take(ctx, ready); err != nil {
		return err
	}
	for look {
		read, err := eventlog.Since(ctx, h.db.Read, h.Head().Position, readChunk)
		if err != nil {
			return err
		}
		if len(read) == 0 {
			return h.sameHistory(ctx)
		}
		if want := h.Head().Position + 1; read[0].Position != want {
			return fmt.Errorf("%w: expected event %d, found %d", errHistory, want, read[0].Position)
		}
		ptrs := make([]*contracts.Event, len(read))
		for i := range read {
			if ptrs[i] = &read[i]; later[read[i].Position] != nil {
				ptrs[i] = later[read[i].Position] // its data is at hand
			}
		}
		if err := h.take(ctx, ptrs); err != nil {
			return err
		}
		look = len(read) == readChunk
	}
	return nil
}

func (h *Hub) sameHistory(ctx context.Context) error {
	now, err := eventlog.Head(ctx, h.db.Read)
	if err != nil {
		return err
	}
	if seen := h.Head(); now.Epoch != seen.Epoch || now.Position < seen.Position {
		return errHistory
	}
	return nil
}

// take advances over events, which continue the head.
func (h *Hub) take(ctx context.Context, events []*contracts.Event) error {
	if h.cfg.Apply != nil {
		for _, ev := range events {
			h.cfg.Apply(*ev)
		}
	}
	events, err := h.render(ctx, events)
	if err != nil {
		return err
	}
	for _, ev := range events {
		var f *Frame
		if ev.Data != nil && shown(ev.Type) {
			f = newFrame(ev)
		}
		h.advance(ev, f)
	}
	return nil
}

// render returns the events with their Data. Those that lack it are copied first:
// what a writer noted is shared with other observers of the commit.
func (h *Hub) render(ctx context.Context, events []*contracts.Event) ([]*contracts.Event, error) {
	var missing []*contracts.Event
	out := make([]*contracts.Event, len(events))
	for i, ev := range events {
		if out[i] = ev; ev.Data == nil && shown(ev.Type) {
			c := *ev
			out[i] = &c
			missing = append(missing, &c)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	if err := h.cfg.Render(ctx, h.db.Read, missing); err != nil {
		return nil, fmt.Errorf("render events: %w", err)
	}
	return out, nil
}

// shown reports whether clients ever see an event of this type.
func shown(typ string) bool { return typ != contracts.EventKeyRotated }
