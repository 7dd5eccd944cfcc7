package messaging

import (
	"context"
	"strconv"
	"strings"

	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// in returns "$from, $from+1, …" for n binds, to stand in an IN list.
func in(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(from+i))
	}
	return b.String()
}

// list turns ids into arguments.
func list(ids []string) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// column reads the ids that are the one column of a query about id.
func column(ctx context.Context, q eventlog.Querier, query, id string) ([]string, error) {
	return sqldb.List(ctx, q, func(scan sqldb.Scan) (string, error) {
		var found string
		err := scan(&found)
		return found, err
	}, query, id)
}
