package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime/debug"
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
	single  bool // PostgreSQL with one closure: no savepoint, the transaction is one
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
	b := &batch{cancel: cancel, single: single && w.db.Dialect() == Postgres}
	b.ctx = context.WithValue(ctx, batchKey{}, b)
	b.timer = time.AfterFunc(wait, func() { cancel(errDeadline) })
	conn, err := w.connection(b.ctx)
	if err == nil {
		b.conn = conn
		b.tx, err = conn.BeginTx(b.ctx, nil)
	}
	if err == nil {
		lock := selectHead
		if w.db.Dialect() == Postgres {
			lock += ` FOR UPDATE`
		}
		err = b.tx.QueryRowContext(b.ctx, lock).Scan(&b.base)
	}
	if err != nil {
		err = b.cause(err)
		b.abandon()
		return nil, fmt.Errorf("begin write: %w", err)
	}
	b.timer.Reset(w.db.deadline)
	b.head = b.base
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

// run runs one closure in its savepoint. A non-nil fatal means that the
// transaction is lost; otherwise err is the closure's answer.
func (b *batch) run(r *request) (err, fatal error) {
	if !b.single {
		if _, err := b.tx.ExecContext(b.ctx, `SAVEPOINT closure`); err != nil {
			return nil, b.cause(fmt.Errorf("savepoint: %w", err))
		}
	}
	head, notes := b.head, len(b.notes)
	err = b.call(r)
	if err == nil && b.single {
		return nil, nil
	}
	if err == nil {
		_, released := b.tx.ExecContext(b.ctx, `RELEASE SAVEPOINT closure`)
		if released == nil {
			return nil, nil
		}
		if state, ok := sqlState(released); !ok || state != "25P02" {
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
	for _, q := range []string{`ROLLBACK TO SAVEPOINT closure`, `RELEASE SAVEPOINT closure`} {
		if _, e := b.tx.ExecContext(b.ctx, q); e != nil {
			return err, b.cause(fmt.Errorf("roll back to savepoint: %w", e))
		}
	}
	return err, nil
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
	if b.head != b.base {
		if _, err := b.tx.ExecContext(b.ctx, `UPDATE event_head SET last = $1 WHERE id = 1`, b.head); err != nil {
			return false, b.cause(fmt.Errorf("write log head: %w", err))
		}
	}
	if err := b.ctx.Err(); err != nil {
		return false, b.cause(err)
	}
	if err := b.tx.Commit(); err != nil {
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
