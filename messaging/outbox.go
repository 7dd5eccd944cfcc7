package messaging

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// maxOutbox is how many ephemeral events may wait for a slow bus; further ones are lost.
const maxOutbox = 1000

// outbox holds what the other instances are to be told.
type outbox struct {
	mu         sync.Mutex // guards ephemerals and head
	ephemerals []*contracts.Event
	head       int64 // to be told; 0 when it was
	wake       chan struct{}
}

func (o *outbox) add(events ...*contracts.Event) {
	o.mu.Lock()
	if len(o.ephemerals) < maxOutbox {
		o.ephemerals = append(o.ephemerals, events...)
	}
	o.mu.Unlock()
	o.signal()
}

// advanced says how far this process has committed; many commits make one hint.
func (o *outbox) advanced(head int64) {
	o.mu.Lock()
	o.head = head
	o.mu.Unlock()
	o.signal()
}

func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) take() (events []*contracts.Event, head int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	events, head = o.ephemerals, o.head
	o.ephemerals, o.head = nil, 0
	return events, head
}

// publish sends hints, one after the other, until ctx ends.
func (h *Hub) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.outbox.wake:
		}
		events, head := h.outbox.take()
		alone := h.alone()
		if head > 0 && !alone {
			h.send(ctx, Hint{Instance: h.instance, Head: head})
		}
		for _, ev := range events {
			if !alone || ev.Type == presenceAsk || ev.Type == presenceSync {
				h.send(ctx, Hint{Instance: h.instance, Ephemeral: ev})
			}
		}
	}
}

// alone reports whether no other instance has been heard of for so long that there is
// none: then hints would cost each commit a transaction of its own on PostgreSQL, for
// nobody. Who comes asks who is here, and all announce themselves now and again; what is
// not told in between is found by the poll.
func (h *Hub) alone() bool {
	heard := h.heard.Load()
	return heard == 0 || time.Since(time.Unix(0, heard)) > 3*h.cfg.Announce
}

func (h *Hub) send(ctx context.Context, hint Hint) {
	if err := h.cfg.Bus.Publish(ctx, hint); err != nil && ctx.Err() == nil {
		h.cfg.Log.Debug().Err(err).Msg("cannot publish a hint")
	}
}

// listen takes hints of other instances until ctx ends.
func (h *Hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.cfg.Bus.Subscribe(ctx, h.hear)
		if ctx.Err() != nil {
			return
		}
		h.cfg.Log.Warn().Err(err).Msg("the bus was lost")
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// hear takes one hint.
func (h *Hub) hear(hint Hint) {
	switch hint.Instance {
	case h.instance:
		return
	case "": // the bus itself: it is connected, perhaps anew
		h.outbox.add(ephemeral(presenceAsk, h.cfg.Now(), []byte(`{}`)))
		return
	}
	first := h.alone()
	h.heard.Store(time.Now().UnixNano())
	if first { // nothing has been told so far
		h.mu.Lock()
		h.outbox.add(h.presenceSyncs()...)
		h.mu.Unlock()
	}
	if hint.Head > h.Head().Position {
		h.inbox.hint()
	}
	ev := hint.Ephemeral
	if ev == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch ev.Type {
	case contracts.EventTyping:
		h.showTyping(ephemeral(ev.Type, ev.At, ev.Data))
	case contracts.EventPresence:
		var p presenceData
		if json.Unmarshal(ev.Data, &p) == nil && p.UserID != "" {
			h.hearPresence(hint.Instance, map[string]string{p.UserID: p.State}, false)
		}
	case presenceSync:
		var s presenceSyncData
		if json.Unmarshal(ev.Data, &s) == nil {
			h.hearPresence(hint.Instance, s.Users, s.First)
		}
	case presenceAsk:
		h.outbox.add(h.presenceSyncs()...)
	}
}
