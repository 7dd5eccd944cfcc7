package sqldb

import (
	"strconv"
	"strings"
)

// StatementRows are the numbers of rows that multi-row statements come in, largest
// first: few texts, so each is prepared once and kept.
var StatementRows = [...]int{64, 16, 4, 1}

// RowsPerStatement returns how many of n > 0 remaining rows the next multi-row
// statement takes.
func RowsPerStatement(n int) int {
	for _, size := range StatementRows {
		if size <= n {
			return size
		}
	}
	return 1
}

// Placeholders returns rows groups of binds for VALUES: Placeholders(2, 3) is
// "($1, $2, $3), ($4, $5, $6)".
func Placeholders(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(")")
	return b.String()
}
