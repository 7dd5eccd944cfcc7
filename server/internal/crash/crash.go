// Package crash kills a running dankerchatd while people write, starts it again and
// checks what is left: every acknowledged message is stored with its text and
// position, nothing is stored that nobody sent, nothing twice, and no position is
// missing; a listener that resumes after each crash sees every message once, in
// order.
//
// The rounds run against the real binary with real requests. [Run] is used by the
// server's tests (few rounds) and by the fault suite (many).
package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Config says what to crash.
type Config struct {
	Binary  string // dankerchatd
	URL     string // of a fresh database
	DataDir string
	Rounds  int
	Senders int // in flight at the moment of the kill; at least 32
	// MinAcked is how many messages must be acknowledged in a round before the kill.
	MinAcked int
	Logf     func(format string, args ...any)
}

// Report counts what happened. It is valid also with an error.
type Report struct {
	Rounds       int
	Acked        int // sends that were answered with success
	Unknown      int // sends whose outcome the sender never learned
	Retried      int // of these, repeated with the same client_msg_id after the restart
	Stored       int // messages found in the end
	Observed     int // by the resuming listener
	SlowestReady time.Duration
}

// Run performs the rounds and returns the first violation as an error that names it.
func Run(ctx context.Context, cfg Config) (Report, error) {
	var r Report
	s, err := boot(ctx, cfg)
	if err != nil {
		return r, err
	}
	defer func() { s.kill() }()
	if err := s.setUp(ctx); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	ledger := &ledger{entries: map[string]*entry{}}
	listener := newListener(s)
	defer listener.stop()
	for round := range cfg.Rounds {
		if err := s.round(ctx, cfg, round, ledger); err != nil {
			return r, fmt.Errorf("round %d: %w", round, err)
		}
		r.SlowestReady = max(r.SlowestReady, s.ready)
		r.Rounds++
		acked, unknown := ledger.count()
		cfg.Logf("round %d: %d acknowledged, %d unknown, ready again after %s", round, acked, unknown, s.ready.Round(time.Millisecond))
	}
	if r.Retried, err = s.retryUnknown(ctx, ledger); err != nil {
		return r, err
	}
	stored, err := s.history(ctx)
	if err != nil {
		return r, err
	}
	r.Stored = len(stored)
	r.Acked, r.Unknown = ledger.count()
	if err := check(ledger, stored); err != nil {
		return r, err
	}
	r.Observed, err = listener.check(ctx, stored)
	return r, err
}

// round lets the senders write, kills the server in the middle and starts it again.
func (s *subject) round(ctx context.Context, cfg Config, round int, l *ledger) error {
	sending, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	before, _ := l.count()
	for i := range cfg.Senders {
		group.Go(func() {
			for n := 0; sending.Err() == nil; n++ {
				id := fmt.Sprintf("r%d-s%d-%d", round, i, n)
				e := l.invoke(id, "message "+id)
				m, err := s.post(sending, e)
				switch {
				case err == nil:
					l.ok(e, m)
				case errors.Is(err, errRefused):
					l.refuse(e, err)
					return
				default:
					l.unknown(e)
					return // the server is gone
				}
			}
		})
	}
	deadline := time.Now().Add(2 * time.Minute)
	var acked int
	for {
		acked, _ = l.count()
		if acked-before >= cfg.MinAcked {
			break
		}
		if err := l.refused(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("only %d messages were acknowledged in two minutes", acked-before)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if round%2 == 0 {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
	} else { // at once when some are told that theirs are stored
		for now, _ := l.count(); now == acked && time.Now().Before(deadline); now, _ = l.count() {
			time.Sleep(200 * time.Microsecond)
		}
	}
	s.kill()
	group.Wait() // each by what it has not been told
	if err := l.refused(); err != nil {
		return err
	}
	return s.restart(ctx)
}
