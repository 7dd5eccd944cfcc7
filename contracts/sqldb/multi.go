package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// MultiRows is the largest number of rows that one statement takes.
const MultiRows = 64

// multiSizes are the numbers of rows that a [Multi] is written for: few texts, so that
// each stays prepared.
var multiSizes = [...]int{1, 2, 4, 8, 16, 32, MultiRows}

// Multi is a statement over a list of rows, one text for both engines. A list whose
// length is none of the few sizes is filled up with rows of NULLs, which the statement
// must leave out. It is used through a pointer, by any number of goroutines.
type Multi struct {
	// Text holds %VALUES% where the rows go:
	//
	//	WITH v (id, n) AS (VALUES %VALUES%) INSERT INTO t (id, n) SELECT id, n FROM v WHERE id IS NOT NULL
	Text string
	// Columns are the rows' types: "text", "bigint" or "boolean".
	Columns []string

	mu    sync.Mutex // guards texts
	texts map[int]string
}

// Statement returns the text for a number of rows.
func (m *Multi) Statement(rows int) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.texts[rows]; ok {
		return t
	}
	if m.texts == nil {
		m.texts = map[int]string{}
	}
	t := m.build(rows, 1)
	m.texts[rows] = t
	return t
}

// build returns the text with binds from $first on. The casts of the first row tell
// PostgreSQL the types of all.
func (m *Multi) build(rows, first int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j, typ := range m.Columns {
			if j > 0 {
				b.WriteString(", ")
			}
			bind := "$" + strconv.Itoa(first+i*len(m.Columns)+j)
			if typ != "text" || i == 0 {
				bind = "cast(" + bind + " as " + typ + ")"
			}
			b.WriteString(bind)
		}
		b.WriteByte(')')
	}
	return strings.Replace(m.Text, "%VALUES%", b.String(), 1)
}

// Each calls fn for pieces of at most [MultiRows] rows with the statement for that
// piece and its arguments.
func (m *Multi) Each(rows [][]any, fn func(query string, args []any) error) error {
	for len(rows) > 0 {
		n := min(len(rows), MultiRows)
		size := multiSize(n)
		if err := fn(m.Statement(size), m.fill(make([]any, 0, size*len(m.Columns)), rows[:n], size)); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (m *Multi) fill(args []any, rows [][]any, size int) []any {
	for _, r := range rows {
		args = append(args, r...)
	}
	for range (size - len(rows)) * len(m.Columns) {
		args = append(args, nil)
	}
	return args
}

func multiSize(n int) int {
	for _, s := range multiSizes {
		if s >= n {
			return s
		}
	}
	return MultiRows
}

// Part is a statement and the rows to run it with.
type Part struct {
	Name      string // for errors: "insert messages"
	Statement *Multi
	Rows      [][]any
}

// ExecParts runs parts in the transaction of the closure whose ctx this is; those
// without rows are left out. On PostgreSQL, where each statement is a round trip with
// the log's head locked, they go as one statement per [MultiRows] rows. So no part may
// depend on what another does, and no two may touch the same row.
func ExecParts(ctx context.Context, tx *sql.Tx, parts ...Part) error {
	b := batchOf(ctx)
	if b == nil || b.running == nil {
		return errOutside
	}
	if len(parts) > maxParts {
		return fmt.Errorf("sqldb: %d parts in one call, at most %d", len(parts), maxParts)
	}
	if b.dialect == Postgres {
		return execTogether(ctx, tx, parts)
	}
	for _, p := range parts {
		err := p.Statement.Each(p.Rows, func(query string, args []any) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// execTogether runs the next rows of every part as one statement, until none is left.
// All parts of a statement have one size, so that there are few texts.
func execTogether(ctx context.Context, tx *sql.Tx, parts []Part) error {
	for from := 0; ; from += MultiRows {
		var now []Part
		longest, columns := 0, 0
		for _, p := range parts {
			if from < len(p.Rows) {
				p.Rows = p.Rows[from:min(from+MultiRows, len(p.Rows))]
				now = append(now, p)
				longest, columns = max(longest, len(p.Rows)), columns+len(p.Statement.Columns)
			}
		}
		if len(now) == 0 {
			return nil
		}
		size := multiSize(longest)
		args := make([]any, 0, size*columns)
		for _, p := range now {
			args = p.Statement.fill(args, p.Rows, size)
		}
		if _, err := tx.ExecContext(ctx, together(now, size), args...); err != nil {
			names := make([]string, len(now))
			for i, p := range now {
				names[i] = p.Name
			}
			return fmt.Errorf("%s: %w", strings.Join(names, ", "), err)
		}
	}
}

// maxParts is how many parts one call of [ExecParts] takes.
const maxParts = 8

// togetherKey names a text: the statements in it, and the rows of each.
type togetherKey struct {
	statements [maxParts]*Multi
	rows       int
}

var togetherTexts sync.Map // togetherKey → string; few, since statements are variables of packages

// together returns the statement that does what parts do: "WITH part0 AS (…), part1 AS
// (…) SELECT 1". PostgreSQL runs every part, all on the state before the statement.
func together(parts []Part, rows int) string {
	if len(parts) == 1 {
		return parts[0].Statement.Statement(rows)
	}
	key := togetherKey{rows: rows}
	for i, p := range parts {
		key.statements[i] = p.Statement
	}
	if t, ok := togetherTexts.Load(key); ok {
		return t.(string)
	}
	var b strings.Builder
	binds := 1
	for i, p := range parts {
		b.WriteString([]string{"WITH ", ", "}[min(i, 1)] + "part" + strconv.Itoa(i) + " AS (" + p.Statement.build(rows, binds) + ")")
		binds += rows * len(p.Statement.Columns)
	}
	b.WriteString(" SELECT 1")
	t, _ := togetherTexts.LoadOrStore(key, b.String())
	return t.(string)
}
