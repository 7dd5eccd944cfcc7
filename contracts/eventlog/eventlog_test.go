package eventlog_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestAppendedEventsAreReadInOrder(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			return eventlog.Append(ctx, tx,
				&contracts.Event{Type: contracts.EventUserCreated, Scope: contracts.ScopeWorkspace, Subject: "usr_1"},
				&contracts.Event{Type: contracts.EventUserUpdated, Scope: contracts.ScopeWorkspace, Subject: "usr_1", Refs: `{"a":1}`})
		})
		if err != nil {
			t.Fatal(err)
		}
		events, err := eventlog.Since(t.Context(), db.Read, 0, 10)
		if err != nil || len(events) != 2 {
			t.Fatalf("events %v, error %v, want 2", events, err)
		}
		for i, ev := range events {
			if ev.Position != int64(i+1) || len(ev.Mark) != 8 || ev.At.IsZero() {
				t.Errorf("event %d is %+v", i, ev)
			}
		}
		head, err := eventlog.Head(t.Context(), db.Read)
		if err != nil || head.Position != 2 || head.Mark != events[1].Mark || head.Epoch == "" {
			t.Errorf("head %+v, error %v", head, err)
		}
	})
}
