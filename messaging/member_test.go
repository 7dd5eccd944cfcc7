package messaging_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

func TestJoinAndLeave(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0)
		r.post(0, c, "before @user1")
		if joined := r.join(c, 1, 2, 1); !slices.Equal(joined, users(1, 2)) {
			t.Errorf("joined %v", joined)
		}
		if joined := r.join(c, 1, 2); len(joined) != 0 {
			t.Errorf("joined again: %v", joined)
		}
		r.wantCounts(1, c, 0, 0) // what was said before counts as read
		if h, err := r.Messages(ctx, actor(1), c, history(0)); err != nil || len(h.Messages) != 1 {
			t.Errorf("the history before the stay: %+v, %v", h, err)
		}
		r.post(0, c, "after @user1")
		r.wantCounts(1, c, 1, 1)
		if left := r.leave(c, 1, 3); !slices.Equal(left, users(1)) {
			t.Errorf("left %v", left)
		}
		if left := r.leave(c, 1); len(left) != 0 {
			t.Errorf("left again: %v", left)
		}
		if is, err := r.MemberOf(ctx, userID(1), c); err != nil || is {
			t.Errorf("still a member: %v, %v", is, err)
		}
		_, err := r.Messages(ctx, actor(1), c, history(0))
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Membership(ctx, actor(1), c)
		wantCode(t, err, contracts.CodeNotFound)
		r.join(c, 1)
		r.wantCounts(1, c, 0, 0)
		if got, err := r.Participants(ctx, c); err != nil || !slices.Equal(got, users(0, 1, 2)) {
			t.Errorf("participants %v, %v", got, err)
		}
		if got, err := r.Participants(ctx, contracts.NewID("cnv")); err != nil || len(got) != 0 {
			t.Errorf("participants of nothing: %v, %v", got, err)
		}
		r.wantSound()
	})
}

func TestStaysAreKeptByLogPosition(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPrivate, 0, 1)
		r.post(0, c, "one")
		r.leave(c, 1)
		r.post(0, c, "two")
		r.join(c, 1)
		events, err := eventlog.Since(t.Context(), r.db.Read, 0, 20)
		if err != nil {
			t.Fatal(err)
		}
		type edge struct {
			typ, refs string
			at        int64
		}
		var edges []edge
		for _, ev := range events {
			if ev.Subject == userID(1) {
				edges = append(edges, edge{ev.Type, ev.Refs, ev.Position})
			}
		}
		if len(edges) != 3 || edges[0].typ != contracts.EventMemberJoined || edges[1].typ != contracts.EventMemberLeft || edges[2].typ != contracts.EventMemberJoined {
			t.Fatalf("events of the user: %+v", edges)
		}
		if edges[0].refs != `{"by":"`+userID(0)+`","role":"member"}` {
			t.Errorf("references %s", edges[0].refs)
		}
		var n, to, position int64
		err = r.db.Read.QueryRowContext(t.Context(), `SELECT count(*), max(to_event), max(to_position) FROM memberships
			WHERE user_id = $1 AND conversation_id = $2 AND (from_event = $3 OR from_event = $4)`, userID(1), c, edges[0].at, edges[2].at).Scan(&n, &to, &position)
		if err != nil || n != 2 || to != edges[1].at || position != 1 {
			t.Errorf("%d stays, the first until event %d and position %d; %v", n, to, position, err)
		}
	})
}

func TestCreateConversationRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		for _, tc := range []struct {
			name string
			n    contracts.NewConversation
			code contracts.Code
		}{
			{"an id that exists", contracts.NewConversation{ID: c, Kind: contracts.KindPublic}, contracts.CodeConflict},
			{"an id of another kind", contracts.NewConversation{ID: contracts.NewID("usr"), Kind: contracts.KindPublic}, contracts.CodeInvalid},
			{"an unknown kind", contracts.NewConversation{ID: contracts.NewID("cnv"), Kind: "secret"}, contracts.CodeInvalid},
			{"a direct conversation of nobody", contracts.NewConversation{ID: contracts.NewID("cnv"), Kind: contracts.KindDirect}, contracts.CodeInvalid},
			{"a direct conversation of ten", contracts.NewConversation{ID: contracts.NewID("cnv"), Kind: contracts.KindDirect, Members: users(upTo(10)...)}, contracts.CodeInvalid},
		} {
			err := r.tx(func(ctx context.Context, tx *sql.Tx) error { return r.CreateConversationTx(ctx, tx, tc.n) })
			if err == nil || contracts.CodeOf(err) != tc.code {
				t.Errorf("%s: got %v, want %s", tc.name, err, tc.code)
			}
		}
		for _, f := range []func(ctx context.Context, tx *sql.Tx) error{
			func(ctx context.Context, tx *sql.Tx) error {
				_, err := r.JoinTx(ctx, tx, contracts.NewID("cnv"), "", userID(1))
				return err
			},
			func(ctx context.Context, tx *sql.Tx) error { return r.FreezeTx(ctx, tx, contracts.NewID("cnv"), true) },
			func(ctx context.Context, tx *sql.Tx) error {
				return r.SetKindTx(ctx, tx, contracts.NewID("cnv"), contracts.KindPublic)
			},
		} {
			wantCode(t, r.tx(f), contracts.CodeNotFound)
		}
	})
}

func TestSetKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error { return r.SetKindTx(ctx, tx, c, contracts.KindPrivate) })
		if m := r.state(0, c); m.Kind != contracts.KindPrivate {
			t.Errorf("kind %s", m.Kind)
		}
		err := r.tx(func(ctx context.Context, tx *sql.Tx) error { return r.SetKindTx(ctx, tx, c, contracts.KindDirect) })
		wantCode(t, err, contracts.CodeInvalid)
		if !r.MentionsAll("hello @channel") || r.MentionsAll("hello `@channel` and @user1") {
			t.Error("who is named is not seen")
		}
	})
}

// A channel of many is joined in few statements.
func TestManyJoin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, upTo(100)...)
		r.post(0, c, "@all hello")
		r.leave(c, upTo(100)...)
		if joined := r.join(c, upTo(99)...); len(joined) != 99 {
			t.Errorf("%d joined", len(joined))
		}
		r.post(98, c, "@everyone once more")
		r.wantCounts(0, c, 1, 1)
		r.wantSound()
	})
}
