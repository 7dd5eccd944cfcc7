package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

const (
	maxBatch      = 64   // closures in one transaction
	maxWaiting    = 4096 // closures that may wait; more are refused
	batchDeadline = 5 * time.Second
)

// Write runs fn in a transaction, together with other closures that wait at the
// same moment: at most 64, each in its own savepoint, one commit and one fsync for
// all. When Write returns nil, what fn did is durable. Write transactions are
// serial on both engines and across processes, so fn may read and then write
// without a race.
//
// What fn must keep to:
//   - It uses the ctx that it is given, not the caller's. That ctx belongs to the
//     batch and ends after 5 s; it carries the caller's values.
//   - It may run twice. So it assigns its results at the end, has no other side
//     effect, does no slow work, closes its rows before the next statement, and
//     never commits or rolls back.
//   - It does not call Write: [ErrNested].
//   - An error from a statement is returned, not swallowed: on PostgreSQL the
//     savepoint is unusable after one.
//
// When fn returns an error, its savepoint is rolled back and Write returns that
// error; a panic is rolled back likewise and raised again in the caller as a
// [*PanicError]. The other closures of the batch notice neither.
//
// ctx decides whether fn starts, and how long the caller waits. When it ends
// before the start, fn never runs and Write returns ctx.Err(). When it ends after
// that, Write returns at once with both ctx.Err() and
// [contracts.ErrOutcomeUnknown], and fn's results must not be read.
//
// Errors, by errors.Is: [contracts.ErrOutcomeUnknown] when COMMIT itself failed (fn
// may or may not have happened, and is not run again), [contracts.ErrStorageFull],
// [contracts.ErrBusy] when the lock or a place in the queue cannot be had,
// [contracts.ErrUnavailable] when the database is closed or cannot be reached.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if batchOf(ctx) != nil {
		return ErrNested
	}
	if db.options.ReadOnly {
		return contracts.ErrForbidden.With("the database was opened for reading only")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case <-db.closing:
		return errClosed
	default:
	}
	select {
	case db.queue <- r:
	default:
		return contracts.ErrBusy.With("too many writes are waiting").After(1)
	}
	// No caller waits forever, not even one that called Write from inside a closure
	// with a context of its own.
	limit := time.NewTimer(2*db.options.BusyTimeout + 2*db.deadline)
	defer limit.Stop()
	select {
	case <-r.done:
		return r.answer()
	case <-ctx.Done():
		return r.leave(ctx.Err())
	case <-limit.C:
		return r.leave(contracts.ErrBusy.With("the database's write queue does not move"))
	case <-db.stopped:
		select {
		case <-r.done:
			return r.answer()
		default:
			return r.leave(errClosed)
		}
	}
}

var errClosed = contracts.ErrUnavailable.With("the database is closed")

// PanicError is what Write panics with in the caller whose closure panicked.
type PanicError struct {
	Value any    // what the closure panicked with
	Stack []byte // where
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in a Write closure: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap returns Value when that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// request is one closure on its way. The writer goroutine owns it once started.
type request struct {
	ctx   context.Context
	fn    func(ctx context.Context, tx *sql.Tx) error
	state atomic.Int32 // waiting, started or abandoned
	done  chan struct{}
	err   error // valid when done is closed
}

const (
	waiting int32 = iota
	started
	abandoned
)

// start claims the request for running; false when its caller left before.
func (r *request) start() bool {
	if r.ctx.Err() != nil && r.state.Load() == waiting {
		return false // its caller is about to leave
	}
	return r.state.CompareAndSwap(waiting, started) || r.state.Load() == started
}

func (r *request) finish(err error) {
	r.err = err
	close(r.done)
}

func (r *request) answer() error {
	var p *PanicError
	if errors.As(r.err, &p) && p == r.err { //nolint:errorlint // a closure may return a PanicError of its own
		panic(p)
	}
	return r.err
}

// leave ends the wait: with why alone when the closure will never run.
func (r *request) leave(why error) error {
	if r.state.CompareAndSwap(waiting, abandoned) {
		return why
	}
	return withCode(contracts.ErrOutcomeUnknown, why)
}

type batchKey struct{}

func batchOf(ctx context.Context) *batch {
	b, _ := ctx.Value(batchKey{}).(*batch)
	return b
}

var errOutside = errors.New("sqldb: used outside the closure of Write, or with another context than its own")

// TakePositions takes the log's next n positions, first to first+n-1, for the
// closure whose ctx this is. They are given back when the closure fails, so
// committed positions have no gaps, and the order of positions is the order of
// commits.
func TakePositions(ctx context.Context, n int) (first int64, err error) {
	b := batchOf(ctx)
	if b == nil || b.running == nil {
		return 0, errOutside
	}
	if n < 0 {
		return 0, fmt.Errorf("take %d positions: negative", n)
	}
	first = b.head + 1
	b.head += int64(n)
	return first, nil
}

// Note hands v to the functions registered with [DB.OnCommit] once the commit has
// succeeded. It is dropped when the closure fails or is run again. Outside a
// closure it panics: nobody would ever see v.
func Note(ctx context.Context, v any) {
	b := batchOf(ctx)
	if b == nil || b.running == nil {
		panic(errOutside)
	}
	b.notes = append(b.notes, v)
}

type observer struct {
	id int
	fn func(head int64, notes []any)
}

// OnCommit registers fn to be called after each successful commit of this DB, in
// commit order, with the log's head and the commit's notes in the order they were
// made, before any caller of that commit is answered. fn must be quick, must not
// call Write or OnCommit's remove, and must not keep or change the slice. remove ends it.
func (db *DB) OnCommit(fn func(head int64, notes []any)) (remove func()) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.nextID++
	id := db.nextID
	db.observers = append(db.observers, observer{id, fn})
	return func() {
		db.mu.Lock()
		defer db.mu.Unlock()
		kept := make([]observer, 0, len(db.observers))
		for _, o := range db.observers {
			if o.id != id {
				kept = append(kept, o)
			}
		}
		db.observers = kept
	}
}

// observe tells the observers. Only the writer goroutine calls it.
func (db *DB) observe(head int64, notes []any) {
	db.mu.Lock()
	observers := db.observers
	db.mu.Unlock()
	for _, o := range observers {
		o.fn(head, notes)
	}
}
