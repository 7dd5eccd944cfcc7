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

func TestWatchTellsOfOthersWritesAlone(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			db, other := sqldbtest.Connect(t, url, sqldb.Options{}), sqldbtest.Connect(t, url, sqldb.Options{})
			calls := make(chan struct{}, 100)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- db.Watch(ctx, func() { calls <- struct{}{} }) }()
			time.Sleep(400 * time.Millisecond) // it has looked at least once
			mustWrite(t, db, add("own"))
			select {
			case <-calls:
				t.Error("told of its own write")
			case <-time.After(600 * time.Millisecond):
			}
			for _, name := range []string{"other 1", "other 2"} {
				begin := time.Now()
				mustWrite(t, other, add(name))
				select {
				case <-calls:
					t.Logf("told after %v", time.Since(begin))
				case <-time.After(5 * time.Second):
					t.Errorf("not told of %s within 5 s", name)
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("ended with %v", err)
			}
			go func() { ended <- db.Watch(t.Context(), func() {}) }()
			time.Sleep(20 * time.Millisecond)
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
			db, other := sqldbtest.Connect(t, url, sqldb.Options{}), sqldbtest.Connect(t, url, sqldb.Options{})
			calls := make(chan struct{}, 100)
			go func() { _ = db.Watch(t.Context(), func() { calls <- struct{}{} }) }()
			time.Sleep(400 * time.Millisecond) // it has looked at least once
			for i := range 3 {
				mustWrite(t, db, add(fmt.Sprint("own before ", i)))
				mustWrite(t, other, add(fmt.Sprint("other ", i)))
				mustWrite(t, db, add(fmt.Sprint("own after ", i)))
				select {
				case <-calls:
				case <-time.After(5 * time.Second):
					t.Errorf("round %d: not told within 5 s", i)
				}
			}
		})
	}
}

func TestWatchTellsWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	url := sqldbtest.MigratedURL(t, sqldb.Postgres, things)
	proxy := newCutter(t, url, "", false)
	db, other := sqldbtest.Connect(t, proxy.url, sqldb.Options{}), sqldbtest.Connect(t, url, sqldb.Options{})
	calls := make(chan struct{}, 100)
	go func() { _ = db.Watch(t.Context(), func() { calls <- struct{}{} }) }()
	time.Sleep(400 * time.Millisecond)
	proxy.frozen.Store(true)
	mustWrite(t, other, add("unseen"))
	time.Sleep(300 * time.Millisecond)
	proxy.frozen.Store(false)
	select {
	case <-calls:
	case <-time.After(15 * time.Second):
		t.Error("not told")
	}
}
