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

// Between a statement and the next PostgreSQL waits for us, with the log's head locked
// for every instance: so round trips, not rows, are what limits posting there. One is
// for BEGIN with the lock, one for what the posts are checked against, one for all
// that is written, one for COMMIT.
func TestABatchOfPostsTakesFewRoundTrips(t *testing.T) {
	t.Parallel()
	trips := sqldbtest.CountTrips(t, sqldbtest.MigratedURL(t, sqldb.Postgres, Migrations))
	db := sqldbtest.Connect(t, trips.URL, sqldb.Options{})
	s := New(db, Config{People: nameless{}})
	const conversation, people = "cnv_" + "00000000000000000000000001", 64
	users := make([]string, people)
	for i := range users {
		users[i] = fmt.Sprintf("usr_%026d", i)
	}
	err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		return s.CreateConversationTx(ctx, tx, contracts.NewConversation{ID: conversation, Kind: contracts.KindPublic, Members: users})
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	posts := func(count int, mentions ...string) []*post {
		out := make([]*post, count)
		for i := range out {
			n++
			out[i] = &post{hash: "h", msg: contracts.Message{ConversationID: conversation, Kind: contracts.MessageUser, Text: "hello", Version: 1,
				Author: contracts.UserRef{ID: users[i%people], Username: "u"}, ClientMsgID: fmt.Sprint(n), Mentions: mentions}}
		}
		return out
	}
	for _, c := range []struct {
		name     string
		posts    int
		mentions []string
		most     int64
	}{
		{"one", 1, nil, 4}, {"two", 2, nil, 4}, {"all but one of 64", 63, nil, 4}, {"64", 64, nil, 4}, {"37 that name somebody", 37, users[50:51], 4},
		{"100: two pieces", 100, nil, 6},
	} {
		var took int64
		for range 8 { // the first times statements are prepared
			before := trips.Count()
			answers, err := s.tryPosts(posts(c.posts, c.mentions...))
			if err != nil || answers[c.posts-1].err != nil {
				t.Fatalf("%s: %v, %v", c.name, err, answers)
			}
			took = trips.Count() - before
		}
		if took > c.most {
			t.Errorf("%s: %d round trips, at most %d are needed", c.name, took, c.most)
		}
	}
}

// Who had muted many is forgotten without a question for each of them.
func TestForgettingAListTakesFewRoundTrips(t *testing.T) {
	t.Parallel()
	trips := sqldbtest.CountTrips(t, sqldbtest.MigratedURL(t, sqldb.Postgres, Migrations))
	db := sqldbtest.Connect(t, trips.URL, sqldb.Options{})
	s := New(db, Config{People: nameless{}})
	const user, list = "usr_" + "00000000000000000000000001", 300
	rows := make([]any, 0, 2*list)
	for i := range list {
		rows = append(rows, user, fmt.Sprintf("usr_x%d", i))
	}
	sqldbtest.Exec(t, db, `INSERT INTO muted_users (user_id, muted_id, blocked, at) SELECT v.a, v.b, TRUE, 0 FROM (VALUES `+sqldb.Placeholders(list, 2)+`) AS v (a, b)`, rows...)
	before := trips.Count()
	err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return s.ForgetMutedTx(ctx, tx, user) })
	if took := trips.Count() - before; err != nil || took > 10 { // statements are prepared for the first time
		t.Errorf("%d round trips for a list of %d, %v", took, list, err)
	}
}

// nameless knows nobody.
type nameless struct{}

func (nameless) Refs(context.Context, []string) (map[string]contracts.UserRef, error) {
	return map[string]contracts.UserRef{}, nil
}

func (nameless) ByUsername(context.Context, []string) (map[string]string, error) {
	return map[string]string{}, nil
}
