package messaging_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

// people stands in for the accounts: user n is "usr_…n", named "user<n>".
type people int

func userID(n int) string { return fmt.Sprintf("usr_%026d", n) }

func (p people) Refs(_ context.Context, ids []string) (map[string]contracts.UserRef, error) {
	out := map[string]contracts.UserRef{}
	for _, id := range ids {
		var n int
		if _, err := fmt.Sscanf(id, "usr_%d", &n); err == nil && n < int(p) && userID(n) == id {
			out[id] = contracts.UserRef{ID: id, Username: fmt.Sprintf("user%d", n), DisplayName: fmt.Sprintf("User %d", n)}
		}
	}
	return out, nil
}

func (p people) ByUsername(_ context.Context, names []string) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range names {
		for n := range int(p) {
			if name == fmt.Sprintf("user%d", n) {
				out[name] = userID(n)
			}
		}
	}
	return out, nil
}

// rig is a messaging service over a fresh database.
type rig struct {
	t  testing.TB
	db *sqldb.DB
	*messaging.Service
}

const crowd = people(100)

func newRig(t testing.TB, db *sqldb.DB) *rig {
	return &rig{t, db, messaging.New(db, messaging.Config{People: crowd})}
}

func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { fn(t, newRig(t, db)) }, messaging.Migrations)
}

func actor(n int) contracts.Actor {
	return contracts.Actor{UserID: userID(n), Username: fmt.Sprintf("user%d", n), Role: contracts.RoleMember}
}

func users(ns ...int) []string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = userID(n)
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (r *rig) tx(fn func(ctx context.Context, tx *sql.Tx) error) error {
	return r.db.Write(context.Background(), fn)
}

func (r *rig) mustTx(fn func(ctx context.Context, tx *sql.Tx) error) {
	r.t.Helper()
	if err := r.tx(fn); err != nil {
		r.t.Fatalf("transaction: %v", err)
	}
}

// channel makes a channel whose first member is its creator.
func (r *rig) channel(kind contracts.ConversationKind, members ...int) string {
	r.t.Helper()
	id := contracts.NewID(contracts.PrefixConversation)
	by := ""
	if len(members) > 0 {
		by = userID(members[0])
	}
	r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
		return r.CreateConversationTx(ctx, tx, contracts.NewConversation{ID: id, Kind: kind, CreatedBy: by, Members: users(members...)})
	})
	return id
}

func (r *rig) join(conversation string, ns ...int) (joined []string) {
	r.t.Helper()
	r.mustTx(func(ctx context.Context, tx *sql.Tx) (err error) {
		joined, err = r.JoinTx(ctx, tx, conversation, userID(ns[0]), users(ns...)...)
		return err
	})
	return joined
}

func (r *rig) leave(conversation string, ns ...int) (left []string) {
	r.t.Helper()
	r.mustTx(func(ctx context.Context, tx *sql.Tx) (err error) {
		left, err = r.LeaveTx(ctx, tx, conversation, userID(ns[0]), users(ns...)...)
		return err
	})
	return left
}

func (r *rig) post(n int, conversation, text string) contracts.Message {
	r.t.Helper()
	m, _, err := r.Post(context.Background(), actor(n), contracts.NewMessage{ConversationID: conversation, Text: text})
	if err != nil {
		r.t.Fatalf("post %q: %v", text, err)
	}
	return m
}

// state is the read state of a user in a conversation.
func (r *rig) state(n int, conversation string) contracts.Membership {
	r.t.Helper()
	m, err := r.Membership(context.Background(), actor(n), conversation)
	if err != nil {
		r.t.Fatalf("membership: %v", err)
	}
	return m
}

// wantCounts checks what is unread and how often a user is mentioned.
func (r *rig) wantCounts(n int, conversation string, unread, mentions int64) {
	r.t.Helper()
	if m := r.state(n, conversation); m.Unread != unread || m.Mentions != mentions {
		r.t.Errorf("user%d has %d unread and %d mentions, want %d and %d", n, m.Unread, m.Mentions, unread, mentions)
	}
}

// wantSound checks everything that can be recomputed.
func (r *rig) wantSound() {
	r.t.Helper()
	report, err := r.Verify(context.Background())
	if err != nil {
		r.t.Fatalf("verify: %v", err)
	}
	for _, p := range report.Problems {
		r.t.Errorf("verify found %+v", p)
	}
}

// texts returns the texts of messages, deleted ones as "-".
func texts(messages []contracts.Message) string {
	out := make([]string, len(messages))
	for i, m := range messages {
		if out[i] = m.Text; m.DeletedAt != nil {
			out[i] = "-"
		}
	}
	return strings.Join(out, " ")
}

// wantCode checks that err is a contracts error with a code.
func wantCode(t testing.TB, err error, code contracts.Code) {
	t.Helper()
	if err == nil || contracts.CodeOf(err) != code {
		t.Errorf("got %v, want code %s", err, code)
	}
}

func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }
