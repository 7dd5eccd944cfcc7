package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// reads is how often the newest messages are fetched.
const reads = 2000

// history posts over the API with 32 senders, each waiting for its answer, and then
// reads the newest 50 messages.
func history(ctx context.Context, s *system, seconds int) (result, error) {
	r := result{Scenario: "history", System: s.name, Figures: map[string]float64{}}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}, Timeout: 20 * time.Second}
	var posted atomic.Int64
	var failed atomic.Value
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var group sync.WaitGroup
	_, cpuBefore, err := s.child.usage()
	if err != nil {
		return r, err
	}
	begun := time.Now()
	for i := range 32 {
		group.Go(func() {
			url := s.child.address + "/api/v1/conversations/" + s.channels[i%len(s.channels)] + "/messages"
			for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
				body, _ := json.Marshal(map[string]string{"text": filler, "client_msg_id": fmt.Sprintf("h-%d-%d", i, n)})
				if err := call(ctx, client, http.MethodPost, url, s.tokens[i%len(s.tokens)], body); err != nil {
					failed.Store(err.Error())
					return
				}
				posted.Add(1)
			}
		})
	}
	group.Wait()
	took := time.Since(begun).Seconds()
	_, cpuPosted, err := s.child.usage()
	if err != nil {
		return r, err
	}
	if e := failed.Load(); e != nil {
		r.Broken = append(r.Broken, fmt.Sprint("a post failed: ", e))
	}
	read := &latencies{}
	for range reads {
		at := time.Now()
		if err := call(ctx, client, http.MethodGet, s.child.address+"/api/v1/conversations/"+s.channels[0]+"/messages?limit=50", s.tokens[0], nil); err != nil {
			return r, err
		}
		read.add(time.Since(at))
	}
	_, cpuRead, err := s.child.usage()
	if err != nil {
		return r, err
	}
	q := read.quantiles(0.5, 0.99)
	rate := float64(posted.Load()) / took
	r.Figures["posts_per_s"], r.Figures["messages"], r.Figures["latest50_p50_ms"], r.Figures["latest50_p99_ms"] = rate, float64(posted.Load()), q[0], q[1]
	r.Figures["server_cpu_us_per_post"], r.Figures["server_cpu_us_per_read"] = (cpuPosted-cpuBefore)*1e6/max(1, float64(posted.Load())), (cpuRead-cpuPosted)*1e6/reads
	r.budget(rate >= 3000, "%.0f posts/s over the API (budget 3,000)", rate)
	r.budget(q[0] <= 1 && q[1] <= 4, "newest 50 in %.1f / %.1f ms p50/p99 (budget 1 / 4)", q[0], q[1])
	return r, nil
}

func call(ctx context.Context, client *http.Client, method, url, token string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, url, res.Status, answer)
	}
	return nil
}
