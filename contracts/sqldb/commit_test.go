package sqldb_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestAFailedCommitIsUnknownForAllAndNeverRunAgain(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		var runs atomic.Int32
		counted := func(fn closure) closure {
			return func(ctx context.Context, tx *sql.Tx) error { runs.Add(1); return fn(ctx, tx) }
		}
		dangling := func(ctx context.Context, tx *sql.Tx) error { // the reference is checked at COMMIT
			_, err := tx.ExecContext(ctx, `INSERT INTO part (id, thing) VALUES (1, 'nothing')`)
			return err
		}
		var told atomic.Int32
		db.OnCommit(func(int64, []any) { told.Add(1) })
		refused := errors.New("refused")
		results := batch(t, db, nil, counted(add("first")), counted(dangling),
			counted(func(context.Context, *sql.Tx) error { return refused }), counted(add("second")))
		for _, i := range []int{0, 1, 3} {
			wantIs(t, "a closure of the batch", results[i], contracts.ErrOutcomeUnknown)
		}
		if !errors.Is(results[2], refused) || errors.Is(results[2], contracts.ErrOutcomeUnknown) {
			t.Errorf("the closure that failed by itself got %v", results[2])
		}
		if runs.Load() != 4 || told.Load() != 1 { // told once: of the holding closure
			t.Errorf("%d runs, observers told %d times; want 4 and 1", runs.Load(), told.Load())
		}
		mustWrite(t, db, add("after"))
		if got := wantGapless(t, db); !slices.Equal(got, []string{"after"}) {
			t.Errorf("log %v", got)
		}
	})
}

func TestAConnectionLostInCommitIsUnknown(t *testing.T) {
	t.Parallel()
	for _, reaches := range []bool{false, true} {
		name := map[bool]string{false: "before the server has it", true: "after the server has it"}[reaches]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := sqldbtest.MigratedURL(t, sqldb.Postgres, things)
			proxy := newCutter(t, direct, "; COMMIT", reaches)
			db := patient(t, proxy.url)
			mustWrite(t, db, add("before"))
			var runs atomic.Int32
			proxy.armed.Store(true)
			err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { runs.Add(1); return add("in doubt")(ctx, tx) })
			wantIs(t, "commit cut", err, contracts.ErrOutcomeUnknown)
			if runs.Load() != 1 {
				t.Errorf("the closure ran %d times", runs.Load())
			}
			mustWrite(t, db, add("after"))
			want := []string{"before", "after"}
			if reaches {
				want = []string{"before", "in doubt", "after"}
			}
			if got := wantGapless(t, db); !slices.Equal(got, want) {
				t.Errorf("log %v, want %v", got, want)
			}
		})
	}
}

func TestAConnectionLostBeforeCommitIsRunAgain(t *testing.T) {
	t.Parallel()
	db := patient(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things))
	var runs atomic.Int32
	kill := func(ctx context.Context, tx *sql.Tx) error {
		if runs.Add(1) == 1 {
			if err := add("lost")(ctx, tx); err != nil {
				return err
			}
			var pid int
			if err := tx.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
				return err
			}
			if _, err := db.Read.ExecContext(ctx, `SELECT pg_terminate_backend($1, 5000)`, pid); err != nil {
				return err
			}
		}
		return add("kept")(ctx, tx)
	}
	for i, err := range batch(t, db, nil, add("first"), kill, add("second")) {
		if err != nil {
			t.Errorf("closure %d: %v", i, err)
		}
	}
	if err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { // alone, too
		runs.Store(0)
		return kill(ctx, tx)
	}); err == nil || !sqldb.IsUnique(err) && !errors.Is(err, contracts.ErrUnavailable) {
		t.Errorf("a second thing of the same name: error %v", err)
	}
	if got := wantGapless(t, db); !slices.Equal(got, []string{"first", "kept", "second"}) {
		t.Errorf("log %v", got)
	}
}

func TestAnIdleConnectionThatDiedIsReplaced(t *testing.T) {
	t.Parallel()
	db := patient(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things))
	mustWrite(t, db, add("first"))
	if _, err := db.Read.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	for i, err := range batch(t, db, nil, add("second"), add("third")) {
		if err != nil {
			t.Errorf("closure %d: %v", i, err)
		}
	}
	if got := wantGapless(t, db); len(got) != 3 {
		t.Errorf("log %v", got)
	}
}

func TestAnUnreachableServerIsUnavailable(t *testing.T) {
	t.Parallel()
	proxy := newCutter(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things), "", false)
	db := sqldbtest.Connect(t, proxy.url, sqldb.Options{BusyTimeout: time.Hour}) // which nobody waits for
	sqldb.SetDeadline(db, time.Hour)
	mustWrite(t, db, add("before"))
	proxy.stop()
	release := make(chan error, 20)
	for range cap(release) {
		go func() { release <- db.Write(t.Context(), add("never")) }()
	}
	for range cap(release) {
		wantIs(t, "write", <-release, contracts.ErrUnavailable)
	}
	_, err := db.Head(t.Context())
	wantIs(t, "read", err, contracts.ErrUnavailable)
	wantIs(t, "ping", db.Ping(t.Context()), contracts.ErrUnavailable)
	_, err = sqldb.Open(t.Context(), proxy.url, sqldb.Options{})
	wantIs(t, "open", err, contracts.ErrUnavailable)
}

func TestAHangingServerEndsTheWriteInTime(t *testing.T) {
	t.Parallel()
	proxy := newCutter(t, sqldbtest.MigratedURL(t, sqldb.Postgres, things), "", false)
	db := sqldbtest.Connect(t, proxy.url, sqldb.Options{BusyTimeout: time.Second})
	sqldb.SetDeadline(db, 2*time.Second)
	inTheEnd(t, db, "before")
	proxy.frozen.Store(true)
	begin := time.Now()
	err := db.Write(t.Context(), add("hangs"))
	if took := time.Since(begin); err == nil || took > patience { // of 3 s
		t.Errorf("after %v: error %v", took, err)
	}
	if c := contracts.CodeOf(err); c != contracts.CodeBusy && c != contracts.CodeUnavailable {
		t.Errorf("error %v", err)
	}
	proxy.frozen.Store(false)
	inTheEnd(t, db, "after")
	if got := wantGapless(t, db); !slices.Equal(got, []string{"before", "after"}) {
		t.Errorf("log %v", got)
	}
}

func TestAHeldLockIsBusyAfterTheTimeout(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			u := sqldbtest.MigratedURL(t, d, things)
			holder, waits := patient(t, u), patient(t, u)
			impatient := sqldbtest.Connect(t, u, sqldb.Options{BusyTimeout: 100 * time.Millisecond})
			sqldb.SetDeadline(impatient, patience) // which begins once it has the lock
			release := hold(t, holder)
			var ran atomic.Int32
			err := impatient.Write(t.Context(), func(context.Context, *sql.Tx) error { ran.Add(1); return nil })
			wantIs(t, "impatient", err, contracts.ErrBusy)
			if ran.Load() != 0 {
				t.Error("a closure ran without the lock")
			}
			done := make(chan error)
			go func() { done <- waits.Write(t.Context(), add("patient")) }()
			time.Sleep(300 * time.Millisecond)
			release()
			if err := <-done; err != nil {
				t.Errorf("patient: %v", err)
			}
			inTheEnd(t, impatient, "later")
			wantGapless(t, holder)
		})
	}
}

func TestAFullDiskIsToldAndPasses(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite, things)
	limit := func(pages string) closure { // SQLite's own way to be full
		return func(ctx context.Context, tx *sql.Tx) error {
			var got int64
			return tx.QueryRowContext(ctx, `PRAGMA max_page_count = `+pages).Scan(&got)
		}
	}
	mustWrite(t, db, limit("1")) // at most as large as it is now
	big := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO thing (name) VALUES (hex(randomblob(100000)))`)
		return err
	}
	wantIs(t, "alone", db.Write(t.Context(), big), contracts.ErrStorageFull)
	mustWrite(t, db, limit("1"))
	results := batch(t, db, nil, limit("1"), big)
	wantIs(t, "in a batch", results[1], contracts.ErrStorageFull)
	mustWrite(t, db, limit("1000000"))
	mustWrite(t, db, big)
}

// cutter is a TCP proxy before PostgreSQL that can cut, freeze and refuse.
type cutter struct {
	url    string
	word   []byte
	pass   bool // forwards what has the word before it cuts
	armed  atomic.Bool
	frozen atomic.Bool
	stop   func()
}

func newCutter(t *testing.T, target, word string, pass bool) *cutter {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.Host = l.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable") // it reads along
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithCancel(context.Background())
	c := &cutter{url: u.String(), word: []byte(word), pass: pass, stop: func() { cancel(); _ = l.Close() }}
	t.Cleanup(c.stop)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				return
			}
			context.AfterFunc(ctx, func() { _ = client.Close(); _ = upstream.Close() })
			var silent atomic.Bool
			go c.pipe(client, upstream, &silent, true)
			go c.pipe(upstream, client, &silent, false)
		}
	}()
	return c
}

// pipe forwards one direction of a connection; silent ends the answers.
func (c *cutter) pipe(from, to net.Conn, silent *atomic.Bool, requests bool) {
	defer func() { _ = from.Close(); _ = to.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		for c.frozen.Load() {
			time.Sleep(time.Millisecond)
		}
		cut := requests && len(c.word) > 0 && bytes.Contains(buf[:n], c.word) && c.armed.CompareAndSwap(true, false)
		if cut && c.pass {
			silent.Store(true) // first: the server's answer must not overtake the end
			_, _ = to.Write(buf[:n])
			_ = from.Close()
			_, _ = io.Copy(io.Discard, to)
		}
		if cut || err != nil {
			return
		}
		if !requests && silent.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
