package main

import (
	"slices"
	"sync"
	"time"
)

// latencies collects durations from many goroutines.
type latencies struct {
	mu  sync.Mutex // guards all
	all []time.Duration
}

func (l *latencies) add(d ...time.Duration) {
	l.mu.Lock()
	l.all = append(l.all, d...)
	l.mu.Unlock()
}

// quantiles returns the values at the given shares, in milliseconds.
func (l *latencies) quantiles(shares ...float64) []float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.all)
	out := make([]float64, len(shares))
	for i, q := range shares {
		if n := len(l.all); n > 0 {
			out[i] = float64(l.all[min(n-1, int(q*float64(n)))].Microseconds()) / 1000
		}
	}
	return out
}
