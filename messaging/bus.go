package messaging

import (
	"context"
	"sync"

	"github.com/dankerchat/dankerchat/contracts"
)

// Bus carries hints between the hubs of several processes. A hint may be lost,
// repeated or late without harm: the log is the truth, and the hub looks there.
type Bus interface {
	// Publish sends a hint to the other hubs. It may fail or drop.
	Publish(ctx context.Context, hint Hint) error
	// Subscribe calls fn for each hint until ctx ends, then returns nil; it returns
	// an error when it cannot go on. Hints of one's own may come back.
	Subscribe(ctx context.Context, fn func(Hint)) error
}

// Hint says that the log has advanced, or carries something that is not in the log.
type Hint struct {
	// Instance is the hub it comes from; "" is the bus itself, which has connected,
	// perhaps anew: hints may have been missed.
	Instance string `json:"instance"`
	Head     int64  `json:"head,omitempty"`
	// Ephemeral is typing or presence: type, time and data. At most some 6 KiB as JSON.
	Ephemeral *contracts.Event `json:"ephemeral,omitempty"`
}

// LocalBus connects hubs within one process. The zero value is ready.
type LocalBus struct {
	mu   sync.Mutex // guards subs
	subs map[int]func(Hint)
	next int
}

// Publish calls every subscriber.
func (b *LocalBus) Publish(_ context.Context, hint Hint) error {
	b.mu.Lock()
	subs := make([]func(Hint), 0, len(b.subs))
	for _, fn := range b.subs {
		subs = append(subs, fn)
	}
	b.mu.Unlock()
	for _, fn := range subs {
		fn(hint)
	}
	return nil
}

// Subscribe implements [Bus].
func (b *LocalBus) Subscribe(ctx context.Context, fn func(Hint)) error {
	b.mu.Lock()
	if b.subs == nil {
		b.subs = map[int]func(Hint){}
	}
	id := b.next
	b.next++
	b.subs[id] = fn
	b.mu.Unlock()
	fn(Hint{}) // what was said before was not heard
	<-ctx.Done()
	b.mu.Lock()
	delete(b.subs, id)
	b.mu.Unlock()
	return nil
}
