package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// result is one line of the table.
type result struct {
	Scenario string             `json:"scenario"`
	System   string             `json:"system"`
	Figures  map[string]float64 `json:"figures"`
	Broken   []string           `json:"broken,omitempty"` // promises of the plan that were missed
	Missed   []string           `json:"missed,omitempty"` // tighter budgets that were missed
}

// load is senders that post at a steady rate, spread over all sockets and channels.
type load struct {
	sockets  []*socket
	channels []string
	rate     int // messages a second
	seconds  int
	tag      string
}

// outcome says what became of a load.
type outcome struct {
	sent, acked, refused int64
	expected, delivered  int64
	p50, p99, max        float64 // of delivery, ms
	closed               int
	lost                 int64
}

// run sends, waits until everything arrived or 5 seconds passed without progress,
// and counts.
func (l load) run(ctx context.Context) outcome {
	times := &latencies{}
	var before, ackedBefore, refusedBefore int64
	for _, s := range l.sockets {
		before += s.got.Load()
		ackedBefore += s.acked.Load()
		refusedBefore += s.refused.Load()
		s.since.Store(times)
	}
	var o outcome
	total := l.rate * l.seconds
	begun := time.Now()
	for i := range total {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(l.rate))
		if d := time.Until(due); d > 0 {
			time.Sleep(d)
		}
		if ctx.Err() != nil {
			break
		}
		l.sockets[(i*7)%len(l.sockets)].send(l.channels[i%len(l.channels)], fmt.Sprintf("%s-%d", l.tag, i))
		o.sent++
	}
	o.expected = o.sent * int64(len(l.sockets))
	last, since := int64(-1), time.Now()
	for time.Since(since) < 5*time.Second && ctx.Err() == nil {
		var got int64
		for _, s := range l.sockets {
			got += s.got.Load()
		}
		o.delivered = got - before
		if o.delivered >= o.expected {
			break
		}
		if got != last {
			last, since = got, time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
	for _, s := range l.sockets {
		o.acked += s.acked.Load()
		o.refused += s.refused.Load()
		s.since.Store(nil)
		if s.closed.Load() {
			o.closed++
		}
	}
	o.acked -= ackedBefore
	o.refused -= refusedBefore
	o.lost = o.expected - o.delivered
	q := times.quantiles(0.5, 0.99, 1)
	o.p50, o.p99, o.max = q[0], q[1], q[2]
	return o
}

func connectAll(ctx context.Context, s *system, n int) ([]*socket, error) {
	var all []*socket
	for i := range n {
		c, err := connect(ctx, s.child.address, s.tokens[i%len(s.tokens)], 0)
		if err != nil {
			closeAll(all)
			return nil, fmt.Errorf("client %d: %w", i, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func closeAll(all []*socket) {
	for _, s := range all {
		s.close()
	}
}

// team is the plan's own scenario: 100 users in 10 channels, 50 messages a second.
func team(ctx context.Context, s *system, seconds int) (result, error) {
	r := result{Scenario: "team", System: s.name, Figures: map[string]float64{}}
	idle, _, err := s.child.usage()
	if err != nil {
		return r, err
	}
	all, err := connectAll(ctx, s, 100)
	if err != nil {
		return r, err
	}
	defer closeAll(all)
	load{all, s.channels, 50, 2, "warm"}.run(ctx)
	_, cpu0, _ := s.child.usage()
	o := load{all, s.channels, 50, seconds, "team"}.run(ctx)
	rss, cpu1, err := s.child.usage()
	r.Figures = map[string]float64{"idle_rss_mib": idle, "p50_ms": o.p50, "p99_ms": o.p99, "max_ms": o.max, "cpu_s_per_30s": (cpu1 - cpu0) * 30 / float64(seconds), "rss_mib": rss, "lost": float64(o.lost), "refused": float64(o.refused)}
	if s.name != "floor" {
		r.promise(o.p99 <= 200, "delivery p99 %.1f ms is over 200 ms", o.p99)
		r.promise(rss <= 100, "resident memory %.0f MiB is over 100 MiB with 100 users", rss)
		r.promise(o.lost == 0 && o.refused == 0, "%d deliveries lost, %d sends refused", o.lost, o.refused)
		r.budget(o.p99 <= 10, "delivery p99 %.1f ms (budget 10)", o.p99)
		r.budget((cpu1-cpu0)*30/float64(seconds) <= 3, "server CPU %.1f s in 30 s (budget 3)", (cpu1-cpu0)*30/float64(seconds))
		r.budget(idle <= 25, "idle memory %.0f MiB (budget 25)", idle)
		r.budget(rss <= 35, "memory with 100 users %.0f MiB (budget 35)", rss)
	}
	return r, err
}

// ceiling finds how many messages a second one channel with 100 members takes with
// p99 ≤ 200 ms and nothing lost, and what a delivery costs the server at each rate,
// which other load on the machine hardly changes.
func ceiling(ctx context.Context, s *system, seconds int) (result, error) {
	r := result{Scenario: "ceiling", System: s.name, Figures: map[string]float64{}}
	best, bestP99 := 0, 0.0
	for _, rate := range []int{100, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 2000, 2400, 2800, 3200, 4000, 5000} {
		all, err := connectAll(ctx, s, 100)
		if err != nil {
			return r, err
		}
		_, before, _ := s.child.usage()
		o := load{all, s.channels[:1], rate, seconds, fmt.Sprint("ceil", rate)}.run(ctx)
		_, after, err := s.child.usage()
		closeAll(all)
		if err != nil {
			return r, err
		}
		cost := (after - before) * 1e6 / float64(max(1, o.delivered))
		r.Figures[fmt.Sprintf("cpu_us_per_delivery_at_%04d", rate)] = cost
		if o.lost != 0 || o.refused != 0 || o.closed != 0 || o.p99 > 200 {
			r.Figures["stopped_at"], r.Figures["stopped_p99_ms"], r.Figures["stopped_lost"] = float64(rate), o.p99, float64(o.lost)
			break
		}
		best, bestP99 = rate, o.p99
	}
	r.Figures["msg_per_s"], r.Figures["p99_ms"] = float64(best), bestP99
	if s.name != "floor" {
		r.budget(best >= 1600, "one channel takes %d messages/s (budget 1,600)", best)
	}
	return r, nil
}

// connections measures memory with many idle sockets.
func connections(ctx context.Context, s *system, n int) (result, error) {
	r := result{Scenario: "connections", System: s.name, Figures: map[string]float64{}}
	all := make([]*socket, n)
	errs := make(chan error, 16)
	next := make(chan int)
	for range 16 {
		go func() {
			var err error
			for i := range next {
				if err == nil {
					all[i], err = connect(ctx, s.child.address, s.tokens[i%len(s.tokens)], i+1)
				}
			}
			errs <- err
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	var err error
	for range 16 {
		err = errors.Join(err, <-errs)
	}
	defer func() {
		for _, c := range all {
			if c != nil {
				c.close()
			}
		}
	}()
	if err != nil {
		return r, err
	}
	time.Sleep(10 * time.Second)
	rss, _, err := s.child.usage()
	r.Figures["sockets"], r.Figures["rss_mib"] = float64(n), rss
	if s.name != "floor" {
		r.budget(rss <= 100, "memory with %d idle sockets %.0f MiB (budget 100)", n, rss)
	}
	return r, err
}

// coldStart restarts the server on its existing database.
func coldStart(ctx context.Context, s *system) (result, error) {
	r := result{Scenario: "start", System: s.name, Figures: map[string]float64{}}
	times := &latencies{}
	for range 7 {
		s.child.stop()
		c, err := s.restart(ctx)
		if err != nil {
			return r, err
		}
		s.child = c
		times.add(c.ready)
	}
	r.Figures["ready_ms"] = times.quantiles(0.5)[0]
	if s.name != "floor" {
		r.budget(r.Figures["ready_ms"] <= 100, "ready after %.0f ms (budget 100)", r.Figures["ready_ms"])
	}
	return r, nil
}

func (r *result) promise(kept bool, format string, args ...any) {
	if !kept {
		r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
	}
}

func (r *result) budget(kept bool, format string, args ...any) {
	if !kept {
		r.Missed = append(r.Missed, fmt.Sprintf(format, args...))
	}
}
