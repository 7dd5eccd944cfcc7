package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
)

// ErrNested is returned by Write inside Write. It is a mistake of the program:
// the closure has a transaction already and passes it on.
var ErrNested = errors.New("sqldb: Write inside Write")

// IsUnique tells whether err comes from a unique constraint or primary key.
func IsUnique(err error) bool {
	if state, ok := sqlState(err); ok {
		return state == "23505"
	}
	code, ok := sqliteCode(err)
	return ok && (code == 2067 || code == 1555) // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
}

// SQLite's primary result codes, the low byte of what the driver reports.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteIOErr      = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteConstraint = 19
	sqliteNotADB     = 26
)

func sqlState(err error) (string, bool) {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState(), true
	}
	return "", false
}

func sqliteCode(err error) (int, bool) {
	var e interface{ Code() int }
	if errors.As(err, &e) {
		return e.Code(), true
	}
	return 0, false
}

// isAborted: PostgreSQL refuses further statements, since one of the transaction failed.
func isAborted(err error) bool {
	state, ok := sqlState(err)
	return ok && state == "25P02"
}

// isConstraint: the statement broke a rule of the schema, and nothing else is wrong.
func isConstraint(err error) bool {
	if state, ok := sqlState(err); ok {
		return strings.HasPrefix(state, "23")
	}
	code, ok := sqliteCode(err)
	return ok && code&0xff == sqliteConstraint
}

// isLost: the connection is gone, so whatever it had begun is too.
func isLost(err error) bool {
	if state, ok := sqlState(err); ok {
		return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false // a deadline passes for a net.Error, but says nothing about the network
	}
	var safe interface{ SafeToRetry() bool } // pgconn: nothing was sent
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &network) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "unexpected EOF") || errors.As(err, &safe) && safe.SafeToRetry()
}

// isRetryable: the same transaction may well succeed when it is run again.
func isRetryable(err error) bool {
	if state, ok := sqlState(err); ok && (state == "40001" || state == "40P01") {
		return true
	}
	if code, ok := sqliteCode(err); ok && (code&0xff == sqliteBusy || code&0xff == sqliteLocked) {
		return true
	}
	return isLost(err)
}

// isDatabase: err comes from the driver or from a context, so the transaction may
// be unusable. Anything else is the closure's own answer.
func isDatabase(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) {
		return true
	}
	if _, ok := sqlState(err); ok {
		return true
	}
	if _, ok := sqliteCode(err); ok {
		return true
	}
	return isLost(err)
}

// classify adds the contracts error that a caller can act on to an error of the
// driver; both stay visible to errors.Is and errors.As.
func classify(err error) error {
	var own *contracts.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	if state, ok := sqlState(err); ok {
		switch {
		case state == "53100":
			return withCode(contracts.ErrStorageFull, err)
		case state == "55P03", state == "40001", state == "40P01", state == "53300":
			return withCode(contracts.ErrBusy, err)
		case state == "42P01" && strings.Contains(err.Error(), "event_head"):
			return withCode(errNoSchema, err)
		case isLost(err), strings.HasPrefix(state, "58"), strings.HasPrefix(state, "53"):
			return withCode(contracts.ErrUnavailable, err)
		}
		return err
	}
	if code, ok := sqliteCode(err); ok {
		switch code & 0xff {
		case sqliteFull:
			return withCode(contracts.ErrStorageFull, err)
		case sqliteBusy, sqliteLocked:
			return withCode(contracts.ErrBusy, err)
		case sqliteIOErr, sqliteCorrupt, sqliteCantOpen, sqliteNotADB:
			return withCode(contracts.ErrUnavailable, err)
		}
		if strings.Contains(err.Error(), "no such table: event_head") {
			return withCode(errNoSchema, err)
		}
		return err
	}
	if isLost(err) || strings.Contains(err.Error(), "database is closed") {
		return withCode(contracts.ErrUnavailable, err)
	}
	return err
}

var errNoSchema = contracts.ErrUnavailable.With("the database has no tables yet").WithHint("Run the migrations first.")

func withCode(code *contracts.Error, err error) error { return fmt.Errorf("%w: %w", code, err) }
