package sqldb

import (
	"strconv"
	"strings"
)

// fewParams is the number up to which names cost nothing worth saving.
const fewParams = 8

// numberless replaces "$1", "$2", … by "?" where that means the same: each once, in
// order. To SQLite "$1" is a name, and it looks for each name in a list, so the
// binds of a statement with 64 rows took 14 % of the CPU of a post. A query that is
// not plainly of this kind is returned as it is.
func numberless(query string) string {
	if strings.ContainsAny(query, "?:@") || strings.Count(query, "$") <= fewParams {
		return query
	}
	var b strings.Builder
	b.Grow(len(query))
	rest := query
	for n := 1; ; n++ {
		at := strings.IndexByte(rest, '$')
		if at < 0 {
			break
		}
		number := strconv.Itoa(n)
		after := rest[at+1:]
		if at > 0 && isWord(rest[at-1]) || !strings.HasPrefix(after, number) {
			return query
		}
		after = after[len(number):]
		if after != "" && isWord(after[0]) {
			return query
		}
		before := rest[:at]
		// A dollar within a quote or a comment is none: then an odd number of quotes, or
		// the comment's begin, stands before it.
		if strings.Count(before, "'")%2 != 0 || strings.Count(before, `"`)%2 != 0 ||
			strings.Contains(before, "--") || strings.Contains(before, "/*") {
			return query
		}
		b.WriteString(before)
		b.WriteByte('?')
		rest = after
	}
	b.WriteString(rest)
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
