package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"testing"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// counting is the driver's own connection, with its preparations counted.
type counting struct {
	sqliteConn
	prepared, open *int
}

func (c counting) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	st, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	*c.prepared++
	*c.open++
	return closing{st.(preparedStmt), c.open}, nil
}

type closing struct {
	preparedStmt
	open *int
}

func (c closing) Close() error { *c.open--; return c.preparedStmt.Close() }

// one makes a pool of one cached connection whose preparations are counted.
type one struct {
	connector
	prepared, open int
}

func (o *one) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := o.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := conn.(*cachedConn)
	c.sqliteConn = counting{c.sqliteConn, &o.prepared, &o.open}
	return c, nil
}

func counted(t *testing.T, kept int) (*sql.DB, *one) {
	t.Helper()
	plain, err := sql.Open("sqlite", "")
	if err != nil {
		t.Fatal(err)
	}
	o := &one{connector: connector{driver: plain.Driver(), dsn: t.TempDir() + "/x.db", kept: kept}}
	db := sql.OpenDB(o)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _, _ = plain.Close(), db.Close() })
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE t (a BIGINT); INSERT INTO t VALUES (1), (2), (3)`); err != nil {
		t.Fatal(err)
	}
	return db, o
}

func TestAStatementIsPreparedOncePerConnection(t *testing.T) {
	t.Parallel()
	db, o := counted(t, 10)
	for i := range 5 {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO t VALUES ($1)`, i); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM t`).Scan(&n); err != nil || n != 4+2*i {
			t.Fatalf("count %d, error %v", n, err)
		}
		st, err := (&DB{}).Stmt(t.Context(), tx, `INSERT INTO t VALUES ($1)`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = st.Close() }()
		if _, err := st.ExecContext(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if o.prepared != 2 {
		t.Errorf("%d preparations, want 2", o.prepared)
	}
	// A change of the schema is noticed by a kept statement.
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE t ADD COLUMN b BIGINT`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO t VALUES ($1)`, 9); err == nil {
		t.Error("a kept statement has the old schema")
	}
}

func TestKeptStatementsAreBoundedAndClosed(t *testing.T) {
	t.Parallel()
	db, o := counted(t, 3)
	for i := range 20 {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(`UPDATE t SET a = a + %d`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if o.open != 3 {
		t.Errorf("%d statements kept, want 3", o.open)
	}
	if err := db.Close(); err != nil || o.open != 0 {
		t.Errorf("%d statements open after close, error %v", o.open, err)
	}
}

func TestAStatementBeingReadIsNotUsedTwice(t *testing.T) {
	t.Parallel()
	db, o := counted(t, 1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	read := func() *sql.Rows {
		rows, err := conn.QueryContext(t.Context(), `SELECT a FROM t ORDER BY a`)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	pairs := 0
	outer := read() //nolint:rowserrcheck // checked after the loop
	defer func() { _ = outer.Close() }()
	for outer.Next() {
		pairs += countRows(t, read()) //nolint:rowserrcheck // countRows checks it
		// Evicts the statement that outer is reading.
		if _, err := conn.ExecContext(t.Context(), `UPDATE t SET a = a WHERE a < 0`); err != nil {
			t.Fatal(err)
		}
	}
	if outer.Err() != nil || pairs != 9 {
		t.Errorf("%d pairs, want 9; error %v", pairs, outer.Err())
	}
	if o.open != 1 {
		t.Errorf("%d statements open, want 1", o.open)
	}
}

func countRows(t *testing.T, rows *sql.Rows) (n int) {
	t.Helper()
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnUnknownSQLiteDriverIsNamed(t *testing.T) {
	t.Parallel()
	c := connector{driver: stranger{}, dsn: "x"}
	if _, err := c.Connect(t.Context()); err == nil {
		t.Error("a driver without contexts was accepted")
	}
	if err := requireDriver("sqlite4", "example.org/sqlite4"); err == nil {
		t.Error("a missing driver was not noticed")
	}
}

// stranger is a driver that has the least that database/sql asks for.
type stranger struct{ driver.Conn }

func (s stranger) Open(string) (driver.Conn, error) { return s, nil }
