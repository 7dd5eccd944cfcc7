// Package doccheck holds the documents against the product.
package doccheck_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// TestDataModel compares docs/data-model.md with the schema that the migrations make:
// every table and every column, both ways, on both engines.
func TestDataModel(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/data-model.md")
	if err != nil {
		t.Fatal(err)
	}
	written := tables(string(page))
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			w, err := workspace.Open(t.Context(), workspace.Config{URL: sqldbtest.URL(t, d), Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = w.Close() })
			actual := schema(t, w.DB)
			for _, name := range slices.Sorted(maps.Keys(actual)) {
				if !slices.Equal(written[name], actual[name]) {
					t.Errorf("table %s has the columns\n  %v, the document says\n  %v", name, actual[name], written[name])
				}
			}
			for name := range written {
				if _, ok := actual[name]; !ok {
					t.Errorf("the document describes %s, which does not exist", name)
				}
			}
		})
	}
}

// tables reads "### name" headings and the first column of the table below each.
func tables(page string) map[string][]string {
	found := map[string][]string{}
	name := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### "):
			name = line[4:]
		case strings.HasPrefix(line, "## "):
			name = ""
		case name != "" && strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| column "):
			found[name] = append(found[name], strings.TrimSpace(strings.Split(line, "|")[1]))
		}
	}
	return found
}

// schema reads the tables and columns in their order, less goose's bookkeeping.
func schema(t *testing.T, db *sqldb.DB) map[string][]string {
	t.Helper()
	query := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`
	if db.Dialect() == sqldb.SQLite {
		query = `SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.cid`
	}
	rows, err := db.Read.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(table, "goose_") && !strings.HasPrefix(table, "sqlite_") {
			found[table] = append(found[table], column)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
