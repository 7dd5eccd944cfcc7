package sqldb

import (
	"cmp"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// writer is the goroutine that writes: one per DB.
type writer struct {
	db   *DB
	conn *sql.Conn
	head int64 // the log's, after the last transaction of this writer
	// For the case that a closure ends the goroutine: what is in hand.
	current []*request
	culprit *request
	open    *batch
}

// Stats counts what Write did since Open.
type Stats struct {
	Commits  int64 // transactions committed
	Closures int64 // closures in them
	Retried  int64 // closures that ran again alone
	Waiting  int   // closures in the queue now
}

type counters struct{ commits, closures, retried atomic.Int64 }

// Stats returns the counters, for metrics.
func (db *DB) Stats() Stats {
	return Stats{db.stats.commits.Load(), db.stats.closures.Load(), db.stats.retried.Load(), len(db.queue)}
}

func (w *writer) loop() {
	normal := false
	defer func() {
		if normal {
			w.drop()
			close(w.db.stopped)
			return
		}
		go w.revive()
	}()
	for {
		select {
		case <-w.db.closing:
			normal = true
			return
		case first := <-w.db.queue:
			w.batch(w.gather(first))
		}
	}
}

// revive goes on after a closure has ended the writer's goroutine.
func (w *writer) revive() {
	if w.open != nil {
		w.open.abandon()
		w.open = nil
	}
	w.drop()
	others := make([]*request, 0, len(w.current))
	for _, r := range w.current {
		if r == w.culprit {
			r.finish(errGoexit)
		} else {
			others = append(others, r)
		}
	}
	w.current, w.culprit = nil, nil
	go w.loop()
	for _, r := range others {
		select {
		case w.db.queue <- r: // they have waited already: no limit applies
		case <-w.db.stopped:
		}
	}
}

// gather takes what waits with first. It lets the goroutines that the last batch
// woke come back with their next write first: without that, every second batch
// would hold one closure.
func (w *writer) gather(first *request) []*request {
	runtime.Gosched()
	reqs := []*request{first}
	for len(reqs) < maxBatch {
		select {
		case r := <-w.db.queue:
			reqs = append(reqs, r)
		default:
			return reqs
		}
	}
	return reqs
}

func (w *writer) batch(reqs []*request) {
	if err := w.db.broken.Load(); err != nil {
		for _, r := range reqs {
			r.finish(*err)
		}
		return
	}
	w.current = reqs
	w.together(reqs)
	w.current = nil
	if w.db.Dialect() == SQLite {
		runtime.Gosched()
		if len(w.db.queue) > 0 {
			// SQLite's lock is not fair: another process polls for it, and would
			// starve without a pause.
			time.Sleep(time.Millisecond)
		}
	}
}

// together runs reqs in one transaction and, when that is lost, each alone.
func (w *writer) together(reqs []*request) {
	left, err := w.attempt(reqs)
	if err == nil {
		return
	}
	if errors.Is(err, errBegin) || len(reqs) == 1 && !isRetryable(err) {
		answer(left, err)
		return
	}
	for i, r := range left {
		w.db.stats.retried.Add(1)
		again, err := w.attempt([]*request{r})
		if err != nil {
			answer(again, err)
			if errors.Is(err, errBegin) {
				answer(left[i+1:], err)
				return
			}
		}
	}
}

func answer(reqs []*request, err error) {
	err = classify(err)
	for _, r := range reqs {
		r.finish(err)
	}
}

// errBegin marks a transaction that could not even begin.
var errBegin = errors.New("no transaction")

type beginError struct{ error }

func (e beginError) Is(target error) bool { return target == errBegin }
func (e beginError) Unwrap() error        { return e.error }

// attempt runs reqs in one transaction and answers them. When the transaction is
// lost before COMMIT it returns those still to be answered, and why.
func (w *writer) attempt(reqs []*request) (left []*request, err error) {
	b, err := w.begin(len(reqs) == 1)
	if err != nil && isLost(err) {
		w.drop() // an idle connection had died
		b, err = w.begin(len(reqs) == 1)
	}
	if err != nil {
		w.drop()
		return reqs, beginError{err}
	}
	results := make([]error, len(reqs))
	succeeded := 0
	for i, r := range reqs {
		if !r.start() {
			results[i] = cmp.Or(r.ctx.Err(), errLeft)
			continue
		}
		w.culprit, w.open = r, b
		begin := time.Now()
		var fatal error
		results[i], fatal = b.run(r, i < len(reqs)-1)
		w.culprit, w.open = nil, nil
		if fatal != nil {
			b.abandon()
			w.drop()
			if errors.Is(fatal, errDeadline) && time.Since(begin) > w.db.deadline/2 {
				// It used up the time by itself, and would again.
				r.finish(classify(fatal))
				return slices.Delete(slices.Clone(reqs), i, i+1), fatal
			}
			return reqs, fatal
		}
		if results[i] == nil {
			succeeded++
		}
	}
	if succeeded == 0 || w.db.options.DryRun {
		if err := b.rollback(); err != nil {
			w.drop() // the connection is not well, and the next batch gets another
		}
		for i, r := range reqs {
			r.finish(results[i])
		}
		return nil, nil
	}
	acknowledgeEarly(b, reqs, results)
	unknown, err := b.commit()
	if err != nil {
		b.abandon()
		w.drop()
		if !unknown {
			return reqs, err
		}
		w.lost(reqs, results, err)
		return nil, nil
	}
	w.head = b.head
	w.db.stats.commits.Add(1)
	w.db.stats.closures.Add(int64(succeeded))
	w.db.own.Add(b.head - b.base)
	w.db.observe(b.head, b.notes)
	for i, r := range reqs {
		r.finish(results[i])
	}
	return nil, nil
}

// errLeft answers a request whose caller has left before it started; nobody reads it.
var errLeft = errors.New("sqldb: the caller left")

// lost answers a batch whose COMMIT failed: what became of it is unknown, and it
// is not run again. A full disk is named as such, since the answer is another one.
func (w *writer) lost(reqs []*request, results []error, cause error) {
	err := withCode(contracts.ErrOutcomeUnknown, cause)
	code, ok := sqliteCode(cause)
	switch {
	case ok && code&0xff == sqliteFull:
		err = withCode(contracts.ErrStorageFull, err)
	case ok && code&0xff == sqliteIOErr:
		// After a failed fsync the kernel may have dropped the pages: nothing that
		// this process writes can be trusted to reach the disk.
		broken := withCode(contracts.ErrUnavailable.With("the storage failed").WithHint("Check the disk, then restart."), cause)
		w.db.broken.CompareAndSwap(nil, &broken)
	}
	for i, r := range reqs {
		if results[i] == nil {
			r.finish(err)
		} else {
			r.finish(results[i])
		}
	}
}
