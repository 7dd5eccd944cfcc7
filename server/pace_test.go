package server

import (
	"testing"
	"time"
)

// Below the busy rate nothing waits; above it the gap grows until the sockets' writes
// fit, is bounded, and is gone when the load is.
func TestPace(t *testing.T) {
	t.Parallel()
	p := &pace{busy: 20_000}
	now := time.Unix(1_800_000_000, 0)
	p.count(now)
	write := func(perSecond int, d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(time.Second / time.Duration(perSecond))
			p.count(now)
		}
	}
	gap := func() time.Duration { return time.Duration(p.gap.Load()) }

	write(15_000, time.Second)
	if gap() != 0 || p.wait(time.Now()) != 0 {
		t.Errorf("at 15,000 writes a second a socket waits %v", gap())
	}
	write(100_000, paceWindow)
	if gap() != minGap && gap() != 2*minGap {
		t.Errorf("after a window or two of 100,000 a second the gap is %v", gap())
	}
	write(100_000, time.Second)
	if gap() != maxGap {
		t.Errorf("after a second of it %v", gap())
	}
	var d time.Duration
	for tries := 0; d <= 0 && tries < 1000; tries++ { // the machine may do something else between the clock and the look
		d = p.wait(time.Now())
	}
	if d <= 0 || d > maxGap {
		t.Errorf("a socket just written to waits %v", d)
	}
	if d := p.wait(time.Now().Add(-maxGap)); d > 0 {
		t.Errorf("a socket left alone waits %v", d)
	}
	write(10_000, time.Second)
	if gap() != maxGap {
		t.Errorf("when the writes fit the gap is kept, not %v", gap())
	}
	write(1_000, time.Second)
	if gap() != 0 {
		t.Errorf("after a second with little to do %v", gap())
	}
	write(100_000, time.Second)
	now = now.Add(time.Second)
	p.count(now)
	if gap() != 0 {
		t.Errorf("after a pause %v", gap())
	}
}
