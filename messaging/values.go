package messaging

import (
	"strconv"
	"strings"
	"sync"
)

// sizes are the numbers of rows that multi-row statements are written for: few
// statement texts, so that each stays prepared. A list in between is filled up
// with rows of NULLs, which the statements leave out.
var sizes = []int{1, 2, 4, 8, 16, 32, 64}

// maxRows is the largest of sizes.
const maxRows = 64

// multi is a statement over a list of rows. text holds %VALUES% where the rows go.
type multi struct {
	text    string
	columns []string // a cast per column: "text", "bigint", "boolean"

	mu    sync.Mutex // guards texts
	texts map[int]string
}

// statement returns the text for n rows (one of sizes).
func (m *multi) statement(n int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.texts[n]; ok {
		return t
	}
	t := strings.Replace(m.text, "%VALUES%", valuesList(n, m.columns), 1)
	if m.texts == nil {
		m.texts = map[int]string{}
	}
	m.texts[n] = t
	return t
}

// valuesList returns "(cast($1 as text), …), …". The first row's casts tell
// PostgreSQL the types of all.
func valuesList(rows int, columns []string) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j, typ := range columns {
			if j > 0 {
				b.WriteString(", ")
			}
			bind := "$" + strconv.Itoa(i*len(columns)+j+1)
			if typ != "text" || i == 0 {
				bind = "cast(" + bind + " as " + typ + ")"
			}
			b.WriteString(bind)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// each calls fn for pieces of at most maxRows rows with the statement for that piece
// and its arguments.
func (m *multi) each(rows [][]any, fn func(query string, args []any) error) error {
	for len(rows) > 0 {
		n := min(len(rows), maxRows)
		size := maxRows
		for _, s := range sizes {
			if s >= n {
				size = s
				break
			}
		}
		args := make([]any, 0, size*len(m.columns))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		args = append(args, make([]any, (size-n)*len(m.columns))...)
		if err := fn(m.statement(size), args); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

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
