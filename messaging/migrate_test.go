package messaging_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

// A database from before quiet messages were counted has true counts afterwards.
func TestQuietMessagesOfAnOldDatabaseAreCounted(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			first, err := fs.ReadFile(messaging.Migrations.FS, "00001_messaging.sql")
			if err != nil {
				t.Fatal(err)
			}
			db := sqldbtest.Connect(t, sqldbtest.URL(t, d), sqldb.Options{})
			old := sqldb.Set{Name: messaging.Migrations.Name, FS: fstest.MapFS{"00001_messaging.sql": {Data: first}}}
			if err := sqldb.Migrate(t.Context(), db, eventlog.Migrations, old); err != nil {
				t.Fatal(err)
			}
			c := "cnv_00000000000000000000000001"
			for _, q := range []string{
				`INSERT INTO conversations (id, kind, created_by, created_at, last_position) VALUES ('` + c + `', 'public', '', 0, 4)`,
				`INSERT INTO memberships (conversation_id, user_id, from_event, from_position, joined_at) VALUES ('` + c + `', '` + userID(1) + `', 1, 0, 0)`,
				`INSERT INTO participants (conversation_id, user_id, from_event, last_read_position, all_mentions) VALUES ('` + c + `', '` + userID(1) + `', 1, 2, 0)`,
				`INSERT INTO messages (id, conversation_id, position, kind, author, text, created_at) VALUES
					('m1', '` + c + `', 1, 'system', '', 'x', 0), ('m2', '` + c + `', 2, 'user', '', 'x', 0), ('m3', '` + c + `', 3, 'user', '', 'x', 0), ('m4', '` + c + `', 4, 'system', '', 'x', 0)`,
			} {
				sqldbtest.Exec(t, db, q)
			}
			if err := sqldb.Migrate(t.Context(), db, eventlog.Migrations, messaging.Migrations); err != nil {
				t.Fatal(err)
			}
			r := newRig(t, db)
			r.wantSound()
			if m := r.state(1, c); m.Unread != 1 || m.Quiet != 2 || m.ReadQuiet != 1 {
				t.Errorf("after the migration %+v, want 1 unread, 1 of 2 quiet ones read", m)
			}
		})
	}
}
