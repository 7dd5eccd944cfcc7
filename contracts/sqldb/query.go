package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Querier is what reads: *sql.DB, *sql.Tx or *sql.Conn.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Scan copies the columns of a row, as [sql.Row.Scan] does.
type Scan = func(columns ...any) error

// Each calls row for every row of a query, with its Scan.
func Each(ctx context.Context, q Querier, query string, args []any, row func(Scan) error) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// List returns what scan makes of every row of a query; nil when there is none.
func List[T any](ctx context.Context, q Querier, scan func(Scan) (T, error), query string, args ...any) ([]T, error) {
	var list []T
	err := Each(ctx, q, query, args, func(columns Scan) error {
		v, err := scan(columns)
		list = append(list, v)
		return err
	})
	return list, err
}

// EachIn is [Each] for a query that goes on with IN (…): with values, which may be many
// and may repeat, bound after args. It takes statements of few sizes, each prepared once;
// the rows come in no order.
func EachIn(ctx context.Context, q Querier, query string, args []any, values []string, row func(Scan) error) error {
	values = slices.Clone(values)
	slices.Sort(values)
	values = slices.Compact(values)
	for len(values) > 0 {
		size := StatementRows[0]
		for _, smaller := range StatementRows[1:] {
			if len(values) <= smaller {
				size = smaller
			}
		}
		n := min(len(values), size)
		binds, names := slices.Clone(args), make([]string, size)
		for i := range size {
			binds = append(binds, values[min(i, n-1)]) // the rest of the statement repeats the last
			names[i] = "$" + strconv.Itoa(len(binds))
		}
		values = values[n:]
		if err := Each(ctx, q, query+" IN ("+strings.Join(names, ", ")+")", binds, row); err != nil {
			return err
		}
	}
	return nil
}
