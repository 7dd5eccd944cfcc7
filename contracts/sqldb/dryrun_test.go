package sqldb_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// Under DryRun a closure sees what it wrote, its caller gets nil, and the database
// and the observers see nothing.
func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, real *sqldb.DB) {
		ctx := t.Context()
		url := sqldbtest.MigratedURL(t, real.Dialect())
		dry := sqldbtest.Connect(t, url, sqldb.Options{DryRun: true})
		other := sqldbtest.Connect(t, url, sqldb.Options{})
		told := 0
		dry.OnCommit(func(int64, []any) { told++ })
		for range 3 {
			var inside contracts.Cursor
			err := dry.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
				ev := &contracts.Event{Type: contracts.EventSettingsChanged, Scope: contracts.ScopeWorkspace, Subject: "workspace"}
				if err := eventlog.Append(ctx, tx, ev); err != nil {
					return err
				}
				inside.Position = ev.Position
				return nil
			})
			if err != nil || inside.Position != 1 {
				t.Fatalf("position %d, %v", inside.Position, err)
			}
		}
		events, err := eventlog.Since(ctx, other.Read, 0, 10)
		if err != nil || len(events) != 0 || told != 0 {
			t.Fatalf("%d events, %d notes, %v", len(events), told, err)
		}
	})
}
