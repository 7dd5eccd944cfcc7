package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestClosuresThatWaitTogetherShareACommit(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		fns := make([]closure, 100)
		for i := range fns {
			fns[i] = add(fmt.Sprintf("thing %03d", i))
		}
		before := db.Stats().Commits
		for i, err := range batch(t, db, nil, fns...) {
			if err != nil {
				t.Errorf("closure %d: %v", i, err)
			}
		}
		// the holding closure, 64, and the remaining 36
		if commits := db.Stats().Commits - before; commits != 3 {
			t.Errorf("%d commits, want 3", commits)
		}
		if got := wantGapless(t, db); len(got) != 100 || !slices.IsSorted(got) {
			t.Errorf("log %v, want all 100 in the order of their coming", got)
		}
	})
}

func TestABadClosureHurtsNobodyElse(t *testing.T) {
	errOwn := errors.New("changed my mind")
	bad := map[string]closure{
		"own error": func(ctx context.Context, tx *sql.Tx) error {
			return errors.Join(add("bad")(ctx, tx), errOwn)
		},
		"constraint": func(ctx context.Context, tx *sql.Tx) error {
			if err := add("bad")(ctx, tx); err != nil {
				return err
			}
			return add("first")(ctx, tx)
		},
		"syntax error": func(ctx context.Context, tx *sql.Tx) error {
			if err := add("bad")(ctx, tx); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `SELEC 1`)
			return err
		},
		"panic": func(ctx context.Context, tx *sql.Tx) error {
			_ = add("bad")(ctx, tx)
			panic(errOwn)
		},
		"panic with open rows": func(ctx context.Context, tx *sql.Tx) error {
			rows, err := tx.QueryContext(ctx, `SELECT position FROM events UNION ALL SELECT 0 UNION ALL SELECT 1`) //nolint:sqlclosecheck // that is the point
			if err != nil || !rows.Next() || rows.Err() != nil {
				return errors.New("no rows")
			}
			panic(errOwn)
		},
		"cancels its own context": func(ctx context.Context, tx *sql.Tx) error {
			_ = add("bad")(ctx, tx)
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := tx.ExecContext(ctx, `INSERT INTO thing (name) VALUES ('never')`)
			return err
		},
		"rolls back": func(ctx context.Context, tx *sql.Tx) error {
			_ = add("bad")(ctx, tx)
			_ = tx.Rollback()
			return errOwn
		},
		"ends its goroutine": func(ctx context.Context, tx *sql.Tx) error {
			_ = add("bad")(ctx, tx)
			runtime.Goexit()
			return nil
		},
	}
	for name, fn := range bad {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, db *sqldb.DB) {
				results := batch(t, db, nil, add("first"), add("second"), fn, add("third"))
				for i, err := range results {
					if (i == 2) != (err != nil) {
						t.Errorf("closure %d: error %v", i, err)
					}
				}
				if strings.HasPrefix(name, "panic") {
					var p *sqldb.PanicError
					if !errors.As(results[2], &p) || !errors.Is(p, errOwn) || !strings.Contains(string(p.Stack), "write_test.go") {
						t.Errorf("the caller got %v, want its panic with the place", results[2])
					}
				}
				got := wantGapless(t, db)
				slices.Sort(got)
				if !slices.Equal(got, []string{"first", "second", "third"}) || len(names(t, db)) != 3 {
					t.Errorf("log %v, things %v", got, names(t, db))
				}
			})
		})
	}
}

func TestPositionsAndNotesFollowTheCommits(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		type commit struct {
			head  int64
			notes []any
		}
		var commits []commit // written by the writer before Write returns, so no lock
		remove := db.OnCommit(func(head int64, notes []any) { commits = append(commits, commit{head, slices.Clone(notes)}) })
		noting := func(note string, n int, err error) closure {
			return func(ctx context.Context, tx *sql.Tx) error {
				first, e := sqldb.TakePositions(ctx, n)
				if e != nil {
					return e
				}
				sqldb.Note(ctx, fmt.Sprintf("%s at %d", note, first))
				for i := range n {
					_, e := tx.ExecContext(ctx, `INSERT INTO events (position, mark, type, scope, actor, subject, refs, at) VALUES ($1, '', 't', 's', '', '', '', 0)`, first+int64(i))
					if e != nil {
						return e
					}
				}
				return err
			}
		}
		refused := errors.New("refused")
		batch(t, db, nil, noting("a", 2, nil), noting("b", 3, refused), noting("c", 1, nil))
		if len(commits) != 2 || commits[1].head != 3 || fmt.Sprint(commits[1].notes) != "[a at 1 c at 3]" {
			t.Fatalf("commits %v", commits)
		}
		wantIs(t, "refused alone", db.Write(t.Context(), noting("d", 1, refused)), refused)
		if len(commits) != 2 {
			t.Errorf("an observer was told of a commit that was none: %v", commits[2:])
		}
		wantGapless(t, db)
		remove()
		mustWrite(t, db, noting("e", 1, nil))
		if len(commits) != 2 {
			t.Error("an observer was called after its removal")
		}
	})
}

func TestEventsReachTheObserversWithTheirData(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		var got []*contracts.Event
		db.OnCommit(func(_ int64, notes []any) {
			for _, n := range notes {
				if ev, ok := n.(*contracts.Event); ok {
					got = append(got, ev)
				}
			}
		})
		mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
			return eventlog.Append(ctx, tx, &contracts.Event{Type: "a", Scope: "s", Data: []byte(`{"x":1}`)}, &contracts.Event{Type: "b", Scope: "s"})
		})
		if len(got) != 2 || string(got[0].Data) != `{"x":1}` || got[0].Position != 1 || got[1].Position != 2 {
			t.Errorf("observed %+v", got)
		}
	})
}

func TestPositionsOutsideAClosureAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := sqldb.TakePositions(t.Context(), 1); err == nil {
		t.Error("TakePositions outside Write succeeded")
	}
	db := sqldbtest.Open(t, sqldb.SQLite)
	var kept context.Context
	mustWrite(t, db, func(ctx context.Context, _ *sql.Tx) error { kept = ctx; return nil })
	if _, err := sqldb.TakePositions(kept, 1); err == nil {
		t.Error("TakePositions after the closure succeeded")
	}
	defer func() {
		if recover() == nil {
			t.Error("Note after the closure did not panic")
		}
	}()
	sqldb.Note(kept, 1)
}

func TestReadersCannotWrite(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		if _, err := db.Read.ExecContext(t.Context(), `INSERT INTO thing (name) VALUES ('x')`); err == nil {
			t.Error("a write through db.Read succeeded")
		}
	})
}

func TestAClosedDatabaseAnswersUnavailable(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		release := hold(t, db)
		waiting := make(chan error)
		go func() { waiting <- db.Write(t.Context(), add("late")) }()
		eventually(t, "it waits", func() bool { return db.Stats().Waiting == 1 })
		closed := make(chan error)
		go func() { closed <- db.Close() }()
		time.Sleep(20 * time.Millisecond)
		release()
		if err := <-waiting; err != nil && !errors.Is(err, contracts.ErrUnavailable) {
			t.Errorf("a closure that waited at Close got %v", err)
		}
		if err := <-closed; err != nil {
			t.Errorf("close: %v", err)
		}
		wantIs(t, "write after close", db.Write(t.Context(), add("later")), contracts.ErrUnavailable)
		_, err := db.Head(t.Context())
		wantIs(t, "read after close", err, contracts.ErrUnavailable)
		if err := db.Close(); err != nil {
			t.Errorf("second close: %v", err)
		}
	})
}

func TestAFullQueueRefuses(t *testing.T) {
	t.Parallel()
	db := patient(t, sqldbtest.MigratedURL(t, sqldb.SQLite, things))
	release := hold(t, db)
	const places = 4096
	var written, refused atomic.Int32
	var wg sync.WaitGroup
	for range places + 100 {
		wg.Go(func() {
			switch err := db.Write(t.Context(), func(context.Context, *sql.Tx) error { return nil }); {
			case err == nil:
				written.Add(1)
			case errors.Is(err, contracts.ErrBusy):
				refused.Add(1)
			}
		})
	}
	eventually(t, "all have come", func() bool { return db.Stats().Waiting == places && refused.Load() == 100 })
	release()
	wg.Wait()
	if written.Load() != places || refused.Load() != 100 {
		t.Errorf("%d written, %d refused", written.Load(), refused.Load())
	}
}

// Everything at once, at random: what is acknowledged is there, what is refused is
// not, and the log has no hole.
func TestAnythingAtOnceKeepsTheLogWhole(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		var mu sync.Mutex // guards acked, refused
		acked, refused := map[string]bool{}, map[string]bool{}
		one := func(name string) (err error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(200))*time.Millisecond)
			if rand.IntN(3) > 0 {
				ctx, cancel = context.WithCancel(t.Context())
			}
			defer cancel()
			defer func() {
				if v := recover(); v != nil {
					err = v.(error)
				}
			}()
			kind := rand.IntN(8)
			return db.Write(ctx, func(inner context.Context, tx *sql.Tx) error {
				if err := add(name)(inner, tx); err != nil {
					return err
				}
				switch kind {
				case 0:
					return errors.New("own")
				case 1:
					panic("own")
				case 2:
					_, err := tx.ExecContext(inner, `SELEC`)
					return err
				case 3:
					_, err := tx.ExecContext(ctx, `UPDATE thing SET n = n + 1 WHERE name = $1`, name) // the wrong context
					return err
				}
				return nil
			})
		}
		var wg sync.WaitGroup
		for g := range 24 {
			wg.Go(func() {
				for i := range 40 {
					name := fmt.Sprintf("%d-%d", g, i)
					err := one(name)
					mu.Lock()
					switch {
					case err == nil:
						acked[name] = true
					case !errors.Is(err, contracts.ErrOutcomeUnknown):
						refused[name] = true
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		stored := wantGapless(t, db)
		if len(names(t, db)) != len(stored) {
			t.Errorf("%d things, %d events", len(names(t, db)), len(stored))
		}
		for _, name := range stored {
			if refused[name] {
				t.Errorf("%s was refused and is stored", name)
			}
			delete(acked, name)
		}
		if len(acked) > 0 || len(stored) < 200 {
			t.Errorf("%d stored; acknowledged but missing: %v", len(stored), acked)
		}
	})
}

func TestAnEmptyDatabaseSaysThatItHasNoTables(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			db := sqldbtest.Connect(t, sqldbtest.URL(t, d), sqldb.Options{})
			err := db.Write(t.Context(), func(context.Context, *sql.Tx) error { return nil })
			var e *contracts.Error
			if !errors.As(err, &e) || e.Code != contracts.CodeUnavailable || !strings.Contains(e.Hint, "migrations") {
				t.Errorf("error %v", err)
			}
		})
	}
}
