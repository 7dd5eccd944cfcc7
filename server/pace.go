package server

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A pace keeps the writers from spending the machine on system calls. Below busy
// writes a second every frame is written at once. Above, a socket is written to at
// most once in a gap, so that what is published meanwhile goes with it as one array;
// the gap grows and shrinks with what is written, and is never longer than maxGap.
// A socket that was left alone for a gap is written to at once all the same.
type pace struct {
	busy   int64        // writes a second
	since  atomic.Int64 // when the window began, unix nanoseconds
	writes atomic.Int64 // in it
	gap    atomic.Int64 // nanoseconds
}

const (
	paceWindow = 20 * time.Millisecond
	minGap     = time.Millisecond
	maxGap     = 32 * time.Millisecond
)

// newPace: a core does some 100,000 writes a second if it does nothing else.
func newPace() *pace { return &pace{busy: 10_000 * int64(runtime.GOMAXPROCS(0))} }

// count counts a write and, once a window, adjusts the gap.
func (p *pace) count(now time.Time) {
	n, at, since := p.writes.Add(1), now.UnixNano(), p.since.Load()
	took := at - since
	if took < int64(paceWindow) || !p.since.CompareAndSwap(since, at) {
		return
	}
	p.writes.Add(-n)
	gap := time.Duration(p.gap.Load())
	switch rate := n * int64(time.Second) / took; {
	case took > 10*int64(paceWindow):
		gap = 0 // it was quiet for a while
	case rate > p.busy:
		gap = min(max(2*gap, minGap), maxGap)
	case rate < p.busy/4:
		if gap /= 2; gap < minGap {
			gap = 0
		}
	}
	p.gap.Store(int64(gap))
}

// wait returns how long a socket that was last written to at a time is to wait.
func (p *pace) wait(last time.Time) time.Duration {
	gap := time.Duration(p.gap.Load())
	if gap == 0 {
		return 0
	}
	return gap - time.Since(last)
}
