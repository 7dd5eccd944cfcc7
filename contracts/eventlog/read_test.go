package eventlog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func appendAll(t *testing.T, db *sqldb.DB, events ...*contracts.Event) {
	t.Helper()
	err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return eventlog.Append(ctx, tx, events...) })
	if err != nil {
		t.Fatal(err)
	}
}

// many makes n events that go round the scopes s0, s1, …
func many(n, scopes int) []*contracts.Event {
	events := make([]*contracts.Event, n)
	for i := range events {
		events[i] = &contracts.Event{Type: "t", Scope: fmt.Sprintf("s%d", i%scopes), Actor: "usr_a", Subject: fmt.Sprint(i), Refs: fmt.Sprintf(`{"i":%d}`, i)}
	}
	return events
}

func TestAppendWritesAnyNumberAsItWasGiven(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		when := time.Date(2026, 1, 2, 3, 4, 5, 678_912_345, time.FixedZone("", 3600))
		var all []*contracts.Event
		for _, n := range []int{0, 1, 3, 4, 5, 16, 63, 64, 65, 149} {
			events := many(n, 7)
			if n > 0 {
				events[0].At = when
				events[0].Data = []byte(`{"body":"not stored"}`)
			}
			appendAll(t, db, events...)
			all = append(all, events...)
		}
		got, err := eventlog.Since(t.Context(), db.Read, 0, len(all)+1)
		if err != nil || len(got) != len(all) {
			t.Fatalf("%d events, error %v, want %d", len(got), err, len(all))
		}
		marks := map[string]bool{}
		for i, ev := range got {
			want := *all[i]
			want.Data = nil
			if fmt.Sprintf("%+v", ev) != fmt.Sprintf("%+v", want) || ev.Position != int64(i+1) {
				t.Fatalf("event %d is %+v, want %+v", i, ev, want)
			}
			marks[ev.Mark] = true
		}
		if len(marks) != len(all) {
			t.Errorf("%d different marks for %d events", len(marks), len(all))
		}
		if at := got[0].At; !at.Equal(when.Truncate(time.Millisecond)) || at.Location() != time.UTC {
			t.Errorf("time %v, want %v in UTC to the millisecond", at, when)
		}
	})
}

func TestAppendOutsideAClosureOrWithoutAScopeIsRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Write(t.Context(), func(_ context.Context, tx *sql.Tx) error {
			return eventlog.Append(t.Context(), tx, &contracts.Event{Type: "t", Scope: "s"})
		})
		if err == nil {
			t.Error("another context than the closure's was accepted")
		}
		for _, ev := range []contracts.Event{{Type: "t"}, {Scope: "s"}} {
			err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return eventlog.Append(ctx, tx, &ev) })
			if err == nil {
				t.Errorf("%+v was accepted", ev)
			}
		}
		appendAll(t, db, &contracts.Event{Type: "t", Scope: "s"})
		if c, err := eventlog.Head(t.Context(), db.Read); err != nil || c.Position != 1 {
			t.Errorf("head %+v, error %v: refused events took positions", c, err)
		}
	})
}

func TestSinceIsPaged(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		appendAll(t, db, many(10, 1)...)
		var positions []int64
		for after := int64(0); ; {
			page, err := eventlog.Since(t.Context(), db.Read, after, 4)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, ev := range page {
				positions = append(positions, ev.Position)
				after = ev.Position
			}
		}
		if !slices.Equal(positions, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
			t.Errorf("positions %v", positions)
		}
	})
}

func TestSinceScopesEqualsAFilteredSince(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const scopes = 400
		for range 3 {
			appendAll(t, db, many(500, scopes)...)
		}
		all, err := eventlog.Since(t.Context(), db.Read, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			scopes      int
			after, upto int64
			limit       int
		}{{0, 0, 1500, 10}, {1, 0, 1500, 10}, {5, 0, 1500, 1000}, {21, 100, 900, 1000}, {300, 0, 1500, 5000}, {399, 700, 701, 5}, {300, 3, 1500, 7}, {300, 0, 1500, 0}, {3, 50, 50, 9}, {3, 60, 50, 9}} {
			var asked []string
			var want []int64
			for i := c.scopes; i > 0; i-- {
				asked = append(asked, fmt.Sprintf("s%d", i))
			}
			for _, ev := range all {
				if ev.Position > c.after && ev.Position <= c.upto && slices.Contains(asked, ev.Scope) && len(want) < c.limit {
					want = append(want, ev.Position)
				}
			}
			got, err := eventlog.SinceScopes(t.Context(), db.Read, c.after, c.upto, append(asked, asked...), c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var positions []int64
			for _, ev := range got {
				positions = append(positions, ev.Position)
			}
			if !slices.Equal(positions, want) {
				t.Errorf("%+v: %d events, want %d", c, len(positions), len(want))
			}
		}
	})
}

func TestHeadAtAndOldest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		empty, err := eventlog.Head(t.Context(), db.Read)
		if err != nil || empty.Position != 0 || empty.Mark != "" || len(empty.Epoch) != 16 {
			t.Errorf("head of an empty log %+v, error %v", empty, err)
		}
		if oldest, err := eventlog.Oldest(t.Context(), db.Read); err != nil || oldest != 1 {
			t.Errorf("oldest of an empty log %d, error %v, want 1", oldest, err)
		}
		appendAll(t, db, many(3, 1)...)
		ev, ok, err := eventlog.At(t.Context(), db.Read, 3)
		if err != nil || !ok || ev.Subject != "2" {
			t.Errorf("event %+v, %v, error %v", ev, ok, err)
		}
		if _, ok, err := eventlog.At(t.Context(), db.Read, 4); ok || err != nil {
			t.Errorf("a position beyond the head: %v, error %v", ok, err)
		}
		err = db.Snapshot(t.Context(), func(ctx context.Context, tx *sql.Tx, head int64) error {
			c, err := eventlog.Head(ctx, tx)
			if c.Position != head || c.Mark != ev.Mark || c.Epoch != empty.Epoch {
				t.Errorf("cursor %+v at head %d, mark %s", c, head, ev.Mark)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestANewEpochKeepsTheLog(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		appendAll(t, db, many(3, 1)...)
		before, err := eventlog.Head(t.Context(), db.Read)
		if err != nil {
			t.Fatal(err)
		}
		if err := eventlog.NewEpoch(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		after, err := eventlog.Head(t.Context(), db.Read)
		if err != nil || after.Epoch == before.Epoch || len(after.Epoch) != 16 || after.Position != 3 || after.Mark != before.Mark {
			t.Errorf("before %+v, after %+v, error %v", before, after, err)
		}
	})
}

func TestPruneKeepsTheNewAndTheMinimum(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		old, recent := many(1300, 3), many(20, 3)
		for i, ev := range old {
			ev.At = time.Now().Add(-8 * 24 * time.Hour)
			if i == 100 || i == 101 {
				ev.At = time.Now() // a clock that went back afterwards
			}
		}
		appendAll(t, db, old...)
		appendAll(t, db, recent...)
		for _, c := range []struct {
			keepFor time.Duration
			keepMin int64
			deleted int64
		}{
			{9 * 24 * time.Hour, 0, 0},
			{7 * 24 * time.Hour, 5000, 0},
			{7 * 24 * time.Hour, 1310, 10},
			{7 * 24 * time.Hour, 100, 1210},
			{7 * 24 * time.Hour, 0, 80},
			{7 * 24 * time.Hour, 0, 0},
			{-time.Hour, 5, 15},
			{-time.Hour, 0, 5},
		} {
			deleted, err := eventlog.Prune(t.Context(), db, c.keepFor, c.keepMin)
			if err != nil || deleted != c.deleted {
				t.Errorf("%+v: deleted %d, error %v", c, deleted, err)
			}
			oldest, err := eventlog.Oldest(t.Context(), db.Read)
			if err != nil {
				t.Fatal(err)
			}
			rest, err := eventlog.Since(t.Context(), db.Read, 0, 5000)
			if err != nil || int64(len(rest)) != 1320-oldest+1 {
				t.Errorf("%d events from %d on, error %v", len(rest), oldest, err)
			}
		}
		appendAll(t, db, many(1, 1)...)
		c, err := eventlog.Head(t.Context(), db.Read)
		if err != nil || c.Position != 1321 {
			t.Errorf("after all were pruned the next event is at %d, error %v", c.Position, err)
		}
	})
}

func TestPruneReportsWhatItDidBesideAnError(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.SQLite)
	appendAll(t, db, many(700, 1)...)
	ctx, cancel := context.WithCancel(t.Context())
	remove := db.OnCommit(func(int64, []any) { cancel() }) // after the first chunk
	defer remove()
	deleted, err := eventlog.Prune(ctx, db, -time.Hour, 0)
	if deleted != 500 && deleted != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("deleted %d, error %v, want one chunk of 500 and the end of the context", deleted, err)
	}
}
