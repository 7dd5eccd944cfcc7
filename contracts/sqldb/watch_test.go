package sqldb_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// told waits until Watch has called.
func told(t *testing.T, calls <-chan struct{}) {
	t.Helper()
	select {
	case <-calls:
	case <-time.After(patience):
		t.Fatalf("not told within %v", patience)
	}
}

// Whoever has read the head and then watches misses nothing of what came in between.
func TestWatchTellsOfWhatCameBeforeItsFirstLook(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			db, other := patient(t, url), patient(t, url)
			mustWrite(t, other, add("in between"))
			calls := make(chan struct{}, 100)
			go func() { _ = db.Watch(t.Context(), func() { calls <- struct{}{} }) }()
			told(t, calls)
		})
	}
}

func TestWatchTellsOfOthersWritesAlone(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			db, other := patient(t, url), patient(t, url)
			calls := make(chan struct{}, 100)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- db.Watch(ctx, func() { calls <- struct{}{} }) }()
			told(t, calls) // it has looked once
			// A look in the middle of a commit may tell of it: that happens once, not each time.
			for i, quiet := 0, false; !quiet; i++ {
				mustWrite(t, db, add(fmt.Sprint("own ", i)))
				select {
				case <-calls:
					if i == 9 {
						t.Fatal("told of each of its own writes")
					}
				case <-time.After(600 * time.Millisecond):
					quiet = true
				}
			}
			for _, name := range []string{"other 1", "other 2"} {
				begin := time.Now()
				mustWrite(t, other, add(name))
				told(t, calls)
				t.Logf("told after %v", time.Since(begin))
			}
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("ended with %v", err)
			}
			go func() { ended <- db.Watch(t.Context(), func() { calls <- struct{}{} }) }()
			told(t, calls)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			wantIs(t, "closed", <-ended, contracts.ErrUnavailable)
		})
	}
}

// Another process's event must be told of even when an own commit follows it before
// the next look.
func TestWatchTellsOfAnothersWriteBetweenOwnOnes(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			db, other := patient(t, url), patient(t, url)
			calls := make(chan struct{}, 100)
			go func() { _ = db.Watch(t.Context(), func() { calls <- struct{}{} }) }()
			told(t, calls)
			for i := range 3 {
				mustWrite(t, db, add(fmt.Sprint("own before ", i)))
				mustWrite(t, other, add(fmt.Sprint("other ", i)))
				mustWrite(t, db, add(fmt.Sprint("own after ", i)))
				told(t, calls)
			}
		})
	}
}

func TestWatchTellsWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	url := sqldbtest.MigratedURL(t, sqldb.Postgres, things)
	proxy := newCutter(t, url, "", false)
	db, other := patient(t, proxy.url), patient(t, url)
	calls := make(chan struct{}, 100)
	go func() { _ = db.Watch(t.Context(), func() { calls <- struct{}{} }) }()
	told(t, calls)
	proxy.frozen.Store(true)
	mustWrite(t, other, add("unseen"))
	time.Sleep(300 * time.Millisecond)
	proxy.frozen.Store(false)
	told(t, calls)
}
