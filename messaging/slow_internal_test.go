package messaging

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// Where a crowd's messages take longer than a transaction may, each of them is written all
// the same: it is no sender's fault that others came along, and who tries again meets them
// again.
func TestACrowdOnASlowDatabaseIsWritten(t *testing.T) {
	t.Parallel()
	db := sqldbtest.Open(t, sqldb.Postgres, Migrations)
	s := New(db, Config{People: nameless{}})
	const conversation, user, crowd = "cnv_" + "00000000000000000000000001", "usr_" + "00000000000000000000000001", maxBatch
	err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		return s.CreateConversationTx(ctx, tx, contracts.NewConversation{ID: conversation, Kind: contracts.KindPublic, Members: []string{user}})
	})
	if err != nil {
		t.Fatal(err)
	}
	// 6.4 s for all together, and a transaction has 5; a piece has time to spare on a busy machine.
	sqldbtest.Exec(t, db, `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.025); RETURN NEW; END'`)
	sqldbtest.Exec(t, db, `CREATE TRIGGER slow BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION slow()`)
	posts := make([]*post, crowd)
	for i := range posts {
		posts[i] = &post{done: make(chan struct{}), hash: "h", msg: contracts.Message{ConversationID: conversation, Kind: contracts.MessageUser, Text: "hello", Version: 1,
			Author: contracts.UserRef{ID: user, Username: "u"}, ClientMsgID: fmt.Sprint(i)}}
	}
	s.writePosts(posts)
	for i, p := range posts {
		<-p.done
		if p.answer.err != nil || p.answer.msg.Position != int64(i)+1 {
			t.Fatalf("post %d has position %d, %v", i, p.answer.msg.Position, p.answer.err)
		}
	}
}
