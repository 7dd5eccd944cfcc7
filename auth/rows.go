package auth

import (
	"context"
	"errors"
	"slices"

	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// each calls row for every row of a query and closes it.
func each(ctx context.Context, q eventlog.Querier, query string, args []any, row func(scanFunc) error) (err error) {
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

// inList is "($1, …, $n)".
func inList(n int) string { return sqldb.Placeholders(1, n) }

// escapeLike makes text literal in a LIKE pattern with ESCAPE '!'.
func escapeLike(text string) string {
	out := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c == '%' || c == '_' || c == '!' {
			out = append(out, '!')
		}
		out = append(out, c)
	}
	return string(out)
}

type scanFunc func(...any) error

// eachIn runs "query (…)" for all of values, in statements of few sizes so that each
// is prepared once.
func eachIn(ctx context.Context, q eventlog.Querier, query string, values []string, row func(scanFunc) error) error {
	values = slices.Clone(values)
	slices.Sort(values)
	values = slices.Compact(values)
	for len(values) > 0 {
		n := min(len(values), 64)
		size := 64
		for _, smaller := range []int{16, 4, 1} {
			if n <= smaller {
				size = smaller
			}
		}
		args := make([]any, size)
		for i := range args {
			args[i] = values[min(i, n-1)] // the rest of the statement repeats the last
		}
		values = values[n:]
		if err := each(ctx, q, query+inList(size), args, row); err != nil {
			return err
		}
	}
	return nil
}
