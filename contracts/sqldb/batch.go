package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// batch is one write transaction under way. Only the writer goroutine, and the
// closure that it runs, touch it.
type batch struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	conn    *sql.Conn
	tx      *sql.Tx
	dialect Dialect
	single  bool // PostgreSQL with one closure: no savepoint, the transaction is one
	marked  bool // the savepoint is set
	lock    headLock
	base    int64
	head    int64 // counted in memory, written once before COMMIT
	notes   []any
	running *request
}

var errDeadline = fmt.Errorf("the write transaction ran too long: %w", context.DeadlineExceeded)

// begin starts a transaction and takes the event head, the write lock: BEGIN
// IMMEDIATE on SQLite, the row's lock on PostgreSQL. The lock comes first, since
// two processes that took it later would deadlock.
func (w *writer) begin(single bool) (*batch, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	// The wait for the lock has its own limit; the deadline starts when it is held.
	wait := w.db.options.BusyTimeout + w.db.deadline
	b := &batch{cancel: cancel, dialect: w.db.Dialect(), single: single && w.db.Dialect() == Postgres, lock: headLock{guess: w.head}}
	b.ctx = context.WithValue(ctx, batchKey{}, b)
	b.timer = time.AfterFunc(wait, func() { cancel(errDeadline) })
	conn, err := w.connection(b.ctx)
	if err == nil {
		b.conn = conn
		b.tx, err = conn.BeginTx(context.WithValue(b.ctx, headLockKey{}, &b.lock), nil)
	}
	switch {
	case err != nil:
	case b.lock.held:
		b.base = b.lock.guess
	case b.dialect == Postgres: // another instance has written, or it is the first time
		err = b.tx.QueryRowContext(b.ctx, selectHead+` FOR UPDATE`).Scan(&b.base)
	default:
		err = b.tx.QueryRowContext(b.ctx, selectHead).Scan(&b.base)
	}
	if err != nil {
		err = b.cause(err)
		b.abandon()
		return nil, fmt.Errorf("begin write: %w", err)
	}
	b.timer.Reset(w.db.deadline)
	b.head, w.head = b.base, b.base
	return b, nil
}

// connection returns the writer's connection, opening it when there is none.
func (w *writer) connection(ctx context.Context) (*sql.Conn, error) {
	if w.conn != nil {
		return w.conn, nil
	}
	conn, err := w.db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if w.db.Dialect() == Postgres {
		// An acknowledged write is on disk, whatever the server's default says.
		_, err := conn.ExecContext(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
		if err != nil {
			return nil, errors.Join(err, discard(conn))
		}
	}
	w.conn = conn
	return conn, nil
}

// drop throws the writer's connection away, with everything it may be stuck in.
func (w *writer) drop() {
	if w.conn != nil {
		_ = discard(w.conn) // it is broken already
		w.conn = nil
	}
}

func discard(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		err = nil
	}
	if e := conn.Close(); err == nil && !errors.Is(e, sql.ErrConnDone) {
		err = e
	}
	return err
}

// run runs one closure in its savepoint. more tells that others may follow. A non-nil
// fatal means that the transaction is lost; otherwise err is the closure's answer.
func (b *batch) run(r *request, more bool) (err, fatal error) {
	if !b.single && !b.marked {
		if err := b.exec(`SAVEPOINT closure`); err != nil {
			return nil, b.cause(fmt.Errorf("savepoint: %w", err))
		}
		b.marked = true
	}
	head, notes := b.head, len(b.notes)
	err = b.call(r)
	if err == nil && b.single {
		return nil, nil
	}
	if err == nil {
		next := []string{`RELEASE SAVEPOINT closure`}
		if more {
			next = append(next, `SAVEPOINT closure`)
		}
		released := b.exec(next...)
		if released == nil {
			b.marked = more
			return nil, nil
		}
		if !isAborted(released) {
			return nil, b.cause(fmt.Errorf("release savepoint: %w", released))
		}
		err = errSwallowed
	}
	b.head, b.notes = head, b.notes[:notes]
	if isDatabase(err) && !isConstraint(err) {
		return err, b.cause(err)
	}
	if b.single {
		return err, nil // the caller rolls all back, since nothing succeeded
	}
	if e := b.exec(`ROLLBACK TO SAVEPOINT closure`); e != nil { // the savepoint stays, for the next
		return err, b.cause(fmt.Errorf("roll back to savepoint: %w", e))
	}
	return err, nil
}

// exec runs statements without arguments: on PostgreSQL in one round trip, on SQLite
// each as it is kept prepared.
func (b *batch) exec(statements ...string) error {
	if b.dialect == Postgres {
		statements = []string{strings.Join(statements, "; ")}
	}
	for _, q := range statements {
		if _, err := b.tx.ExecContext(b.ctx, q); err != nil {
			return err
		}
	}
	return nil
}

var errSwallowed = errors.New("sqldb: the closure returned nil although a statement of its had failed")

var errGoexit = errors.New("sqldb: the closure ended its goroutine (runtime.Goexit, as t.FailNow does)")

// call calls the closure and turns a panic into an error.
func (b *batch) call(r *request) (err error) {
	b.running = r
	defer func() {
		b.running = nil
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return r.fn(closureContext{b.ctx, r.ctx}, b.tx)
}

// closureContext ends with the batch and has the caller's values.
type closureContext struct {
	context.Context
	caller context.Context
}

func (c closureContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	if _, ok := key.(batchKey); ok {
		return nil
	}
	return c.caller.Value(key)
}

// commit writes the head and commits. unknown tells that COMMIT itself failed.
func (b *batch) commit() (unknown bool, err error) {
	moved := b.head != b.base
	if moved && b.dialect == SQLite {
		if _, err := b.tx.ExecContext(b.ctx, `UPDATE event_head SET last = $1 WHERE id = 1`, b.head); err != nil {
			return false, b.cause(fmt.Errorf("write log head: %w", err))
		}
	}
	b.lock.write, b.lock.next = moved, b.head // PostgreSQL's connection does it with COMMIT
	if err := b.ctx.Err(); err != nil {
		return false, b.cause(err)
	}
	if err := b.tx.Commit(); err != nil {
		if isAborted(err) {
			return false, errSwallowed
		}
		return true, fmt.Errorf("commit: %w", b.cause(err))
	}
	b.end()
	return false, nil
}

// rollback undoes the transaction of a connection that is well, and leaves it so.
func (b *batch) rollback() error {
	err := b.tx.Rollback()
	b.end()
	return err
}

// abandon undoes a transaction in whatever state it is, together with its
// connection. Cancelling first makes one that hangs let go.
func (b *batch) abandon() {
	b.end()
	if b.tx != nil {
		_ = b.tx.Rollback() // the reason for rolling back is what the caller gets
	}
}

func (b *batch) end() {
	b.timer.Stop()
	b.cancel(context.Canceled)
}

// cause says that the deadline passed when that is why err came about.
func (b *batch) cause(err error) error {
	if cause := context.Cause(b.ctx); errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", withCode(contracts.ErrBusy, cause), err)
	}
	return err
}
