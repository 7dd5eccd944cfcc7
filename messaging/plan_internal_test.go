package messaging

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// A statement of a post that read a whole table would pass every other test and
// grow slower with every message.
func TestPostsReadNoWholeTable(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		fill(t, db)
		explain, whole := `EXPLAIN QUERY PLAN `, regexp.MustCompile(`SCAN (c|p|m|conversations|participants|messages|mentions)\b`)
		if db.Dialect() == sqldb.Postgres {
			explain, whole = `EXPLAIN (GENERIC_PLAN) `, regexp.MustCompile(`Seq Scan on (conversations|participants|messages|mentions)`)
			var version int
			if err := db.Read.QueryRowContext(t.Context(), `SELECT cast(current_setting('server_version_num') AS integer)`).Scan(&version); err != nil {
				t.Fatal(err)
			}
			if version < 160000 {
				explain = `EXPLAIN `
			}
		}
		for name, m := range map[string]*sqldb.Multi{
			"sort posts": &sortPosts, "insert messages": &insertMessages, "raise conversations": &raiseConversations, "read by authors": &readByAuthors,
			"raise mentions": &raiseMentions, "insert mentions": &insertMentions, "read to the end": &readToEnd,
		} {
			for _, rows := range []int{1, 64} {
				plan, err := explained(db, explain, m, rows)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if found := whole.FindString(plan); found != "" {
					t.Errorf("%s with %d rows: %s\n%s", name, rows, found, plan)
				}
			}
		}
	}, Migrations)
}

// fill makes tables that are worth an index: for 64 rows of a few thousand
// conversations PostgreSQL rightly reads them all.
func fill(t *testing.T, db *sqldb.DB) {
	t.Helper()
	run := func(query string, args ...any) {
		err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const step = 500 // a write transaction has five seconds, on a slow machine too
	series := fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT cast($1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < cast($1 AS bigint) + %d) `, step-1)
	for from := int64(1); from <= 20000; from += step {
		run(series+`INSERT INTO conversations (id, kind, created_by, created_at) SELECT 'cnv_' || i, 'public', '', 0 FROM n`, from)
	}
	for from := int64(1); from <= 20000; from += step {
		run(series+`INSERT INTO participants (conversation_id, user_id, from_event, last_read_position, all_mentions) SELECT 'cnv_' || (i % 5000 + 1), 'usr_' || i, i, 0, 0 FROM n`, from)
		run(series+`INSERT INTO messages (id, conversation_id, position, kind, author, text, client_msg_id, created_at)
			SELECT 'msg_' || i, 'cnv_' || (i % 5000 + 1), i, 'user', 'usr_' || i, 'some text', 'id' || i, 0 FROM n`, from)
		run(series+`INSERT INTO mentions (user_id, conversation_id, position) SELECT 'usr_' || i, 'cnv_' || (i % 5000 + 1), i FROM n`, from)
	}
	if db.Dialect() == sqldb.SQLite {
		run(`PRAGMA analysis_limit = 1000`) // rows of an index that ANALYZE looks at; all of them take long
	}
	run(`ANALYZE`)
}

// explained returns the plan of a statement, with arguments that find something.
func explained(db *sqldb.DB, explain string, m *sqldb.Multi, rows int) (string, error) {
	args := make([]any, 0, rows*len(m.Columns))
	for i := range rows {
		for _, typ := range m.Columns {
			switch typ {
			case "bigint":
				args = append(args, int64(i))
			case "boolean":
				args = append(args, false)
			default:
				args = append(args, fmt.Sprintf("cnv_%d", i))
			}
		}
	}
	if strings.Contains(explain, "GENERIC_PLAN") {
		args = nil
	}
	var plan strings.Builder
	err := db.Write(context.Background(), func(ctx context.Context, tx *sql.Tx) error {
		plan.Reset()
		result, err := tx.QueryContext(ctx, explain+m.Statement(rows), args...)
		if err != nil {
			return err
		}
		defer func() { _ = result.Close() }()
		columns, err := result.Columns()
		if err != nil {
			return err
		}
		for result.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := result.Scan(values...); err != nil {
				return err
			}
			fmt.Fprintln(&plan, *values[len(values)-1].(*any))
		}
		return result.Err()
	})
	return plan.String(), err
}
