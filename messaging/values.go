package messaging

import (
	"strconv"
	"strings"
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
