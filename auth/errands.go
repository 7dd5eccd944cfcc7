package auth

import (
	"context"
	"sync"
	"time"
)

const (
	maxErrands  = 1000             // waiting; more are dropped
	errandTime  = 30 * time.Second // of one
	errandGrace = 5 * time.Second  // for what is left when the Service closes
)

// errands are small things that nobody waits for, done one after the other beside the
// requests: one goroutine runs while there is something to do, and ends.
type errands struct {
	ctx  context.Context // ends when closing takes too long
	stop context.CancelFunc

	mu      sync.Mutex // guards what follows
	queue   []func(context.Context)
	running bool
	closed  bool
	done    sync.WaitGroup
}

func newErrands() *errands {
	ctx, stop := context.WithCancel(context.Background())
	return &errands{ctx: ctx, stop: stop}
}

// do puts an errand at the end of the queue; false when that is full or closed.
func (e *errands) do(errand func(context.Context)) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || len(e.queue) >= maxErrands {
		return false
	}
	e.queue = append(e.queue, errand)
	if !e.running {
		e.running = true
		e.done.Add(1)
		go e.run()
	}
	return true
}

func (e *errands) run() {
	defer e.done.Done()
	for {
		e.mu.Lock()
		if len(e.queue) == 0 {
			e.queue, e.running = nil, false
			e.mu.Unlock()
			return
		}
		errand := e.queue[0]
		e.queue = e.queue[1:]
		e.mu.Unlock()
		ctx, cancel := context.WithTimeout(e.ctx, errandTime)
		errand(ctx)
		cancel()
	}
}

func (e *errands) wait() { e.done.Wait() }

// close takes nothing more and finishes what waits, as far as it gets in errandGrace.
func (e *errands) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	timer := time.AfterFunc(errandGrace, e.stop)
	defer timer.Stop()
	e.wait()
	e.stop()
}
