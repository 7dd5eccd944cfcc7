package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// stormMissed is how many messages are posted while nobody is connected.
const stormMissed = 20

// storm cuts n sockets at once, posts, kills the server, starts it anew, and lets all
// come back with their cursors at the same moment. A refused handshake (429, 503) is
// repeated after one to ten seconds. The server takes 500 handshakes a second, as by
// default; the client's machine is the same one.
func storm(ctx context.Context, s *system, n int) (result, error) {
	r := result{Scenario: "storm", System: s.name, Figures: map[string]float64{}}
	before := make([]*socket, n)
	if err := crowd(n, func(i int) (err error) {
		before[i], err = patient(ctx, s, i, nil)
		return err
	}); err != nil {
		return r, err
	}
	calm, _, err := s.child.usage()
	if err != nil {
		return r, err
	}
	closeAll(before)
	client := &http.Client{Timeout: 20 * time.Second}
	for i := range stormMissed { // each is acknowledged before the server dies
		body, _ := json.Marshal(map[string]string{"text": "@t=1 missed", "client_msg_id": fmt.Sprint("storm-", i)})
		if err := call(ctx, client, http.MethodPost, s.child.address+"/api/v1/conversations/"+s.channels[0]+"/messages", s.tokens[0], body); err != nil {
			return r, err
		}
	}
	_ = s.child.cmd.Process.Kill()
	s.child.stop()
	if s.child, err = s.restart(ctx); err != nil {
		return r, err
	}

	peak, stopped := watch(s.child)
	begun := time.Now()
	after := make([]*socket, n)
	took := make([]time.Duration, n)
	err = crowd(n, func(i int) (err error) {
		after[i], err = patient(ctx, s, i, &before[i].hello)
		took[i] = time.Since(begun)
		return err
	})
	if err != nil {
		return r, err
	}
	all := slices.Max(took).Seconds()
	time.Sleep(3 * time.Second) // what was replayed behind the hello arrives
	stopped()
	wrong := 0
	for i, c := range after {
		want := int64(0)
		if i%len(s.tokens) < inChannels {
			want = stormMissed
		}
		if !c.hello.Resumed || c.got.Load() != want {
			wrong++
		}
	}
	closeAll(after)
	r.Figures["sockets"], r.Figures["all_back_s"], r.Figures["wrong"] = float64(n), all, float64(wrong)
	r.Figures["rss_before_mib"], r.Figures["rss_peak_mib"] = calm, *peak
	r.promise(wrong == 0, "%d sockets did not get exactly what they missed", wrong)
	r.budget(all <= 60, "all back after %.0f s (budget 60)", all)
	r.budget(*peak <= 200, "memory went up to %.0f MiB (budget 200)", *peak)
	return r, nil
}

// crowd does something n times, many at a time, and returns the errors.
func crowd(n int, do func(i int) error) error {
	next := make(chan int)
	var mu sync.Mutex // guards all
	var all error
	var group sync.WaitGroup
	for range min(n, 2000) {
		group.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					mu.Lock()
					all = errors.Join(all, err)
					mu.Unlock()
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	return all
}

// patient connects socket i, again and again for two minutes while it is refused.
func patient(ctx context.Context, s *system, i int, at *hello) (*socket, error) {
	for end := time.Now().Add(2 * time.Minute); ; {
		c, err := resume(ctx, s.child.address, s.tokens[i%len(s.tokens)], i+1, at)
		busy := err != nil && (strings.Contains(err.Error(), "429") || strings.Contains(err.Error(), "503") || strings.Contains(err.Error(), "timeout"))
		if !busy || time.Now().After(end) {
			return c, err
		}
		time.Sleep(time.Second + rand.N(9*time.Second))
	}
}

// watch notes the largest resident memory until it is stopped.
func watch(c *child) (peak *float64, stop func()) {
	peak = new(float64)
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			if rss, _, err := c.usage(); err == nil {
				*peak = max(*peak, rss)
			}
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return peak, func() { close(ended); <-done }
}
