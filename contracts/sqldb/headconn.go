package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
)

// headLock is what the writer and its PostgreSQL connection tell each other about one
// transaction, so that BEGIN and COMMIT take a round trip each, together with what the
// head needs then.
type headLock struct {
	guess int64 // what the writer believes the head to be
	held  bool  // BEGIN has locked the head, and the guess was right
	write bool  // COMMIT is to write next
	next  int64
}

type headLockKey struct{}

// openHeads opens PostgreSQL through its registered driver for the writer, whose
// context at BeginTx holds a *headLock.
func openHeads(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("pgx", dsn) // makes no connection; the way to a driver that is not imported
	if err != nil {
		return nil, err
	}
	d, ok := plain.Driver().(driver.DriverContext)
	if !ok {
		return nil, fmt.Errorf("the registered driver \"pgx\" (%T) is not jackc/pgx/v5/stdlib", plain.Driver())
	}
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	if err := plain.Close(); err != nil {
		return nil, err
	}
	return sql.OpenDB(headConnector{c}), nil
}

type headConnector struct{ driver.Connector }

func (c headConnector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := raw.(postgresConn)
	if !ok {
		return nil, fmt.Errorf("the registered driver \"pgx\" (%T) is not jackc/pgx/v5/stdlib", raw)
	}
	return &headConn{postgresConn: inner}, nil
}

// postgresConn is what database/sql uses of a connection.
type postgresConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.NamedValueChecker
}

// headConn is a connection whose transactions lock the head as they begin. pgx sends a
// text without arguments as it is, so it may hold several statements.
type headConn struct {
	postgresConn
	prepared bool // the server has prepareHead's statements
}

// prepareHead saves the planning of both at every transaction.
const prepareHead = `PREPARE lock_head (bigint) AS SELECT last FROM event_head WHERE id = 1 AND last = $1 FOR UPDATE;
	PREPARE write_head (bigint) AS UPDATE event_head SET last = $1 WHERE id = 1`

func (c *headConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	l, ok := ctx.Value(headLockKey{}).(*headLock)
	if !ok {
		return c.postgresConn.BeginTx(ctx, opts)
	}
	if !c.prepared {
		if _, err := c.ExecContext(ctx, prepareHead, nil); err != nil {
			return nil, err
		}
		c.prepared = true
	}
	// No driver tells the rows of such a text, but it tells their number: one when the
	// guess is right. A wrong one waits for the lock as well and finds nothing then.
	res, err := c.ExecContext(ctx, `BEGIN ISOLATION LEVEL READ COMMITTED; EXECUTE lock_head(`+strconv.FormatInt(l.guess, 10)+`)`, nil)
	if err != nil {
		return nil, err
	}
	n, err := res.RowsAffected()
	l.held = err == nil && n == 1
	return headTx{c, ctx, l}, err
}

type headTx struct {
	conn *headConn
	ctx  context.Context //nolint:containedctx // of BeginTx: driver.Tx has no other way to it
	lock *headLock
}

// Commit fails with 25P02 when a statement of the transaction has failed: then the one
// before COMMIT is refused, while COMMIT alone would succeed in rolling back.
func (t headTx) Commit() error {
	last := `SELECT 1`
	if t.lock.write {
		last = `EXECUTE write_head(` + strconv.FormatInt(t.lock.next, 10) + `)`
	}
	_, err := t.conn.ExecContext(t.ctx, last+`; COMMIT`, nil)
	return err
}

func (t headTx) Rollback() error {
	_, err := t.conn.ExecContext(t.ctx, `ROLLBACK`, nil)
	return err
}
