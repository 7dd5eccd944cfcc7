package messaging_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/messaging"
)

func TestEditKeepsTheFormerText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		m := r.post(0, c, "one")
		edited, err := r.Edit(ctx, actor(0), m.ID, "two", m.Version)
		if err != nil || edited.Text != "two" || edited.Version != 2 || edited.EditedAt == nil || edited.Position != 1 || edited.Author.Username != "user0" {
			t.Fatalf("edited %+v, %v", edited, err)
		}
		same, err := r.Edit(ctx, actor(0), m.ID, "two", 0)
		if err != nil || same.Version != 2 {
			t.Errorf("the same text again: %+v, %v", same, err)
		}
		if _, err := r.Edit(ctx, actor(0), m.ID, "three", 0); err != nil {
			t.Fatal(err)
		}
		_, err = r.Edit(ctx, actor(0), m.ID, "late", 2)
		wantCode(t, err, contracts.CodePrecondition)
		revisions, err := r.Revisions(ctx, actor(1), m.ID)
		if err != nil || len(revisions) != 2 || revisions[0].Text != "one" || revisions[0].Version != 1 || revisions[1].Text != "two" || revisions[1].EditedBy != userID(0) {
			t.Errorf("revisions %+v, %v", revisions, err)
		}
		events, err := eventlog.SinceScopes(ctx, r.db.Read, 0, 1<<40, []string{c}, 100)
		if err != nil || len(events) != 5 || events[3].Type != contracts.EventMessageUpdated || events[4].Subject != m.ID {
			t.Errorf("%d events, %v: %+v", len(events), err, events)
		}
	})
}

func TestEditRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1, 2)
		m, gone := r.post(0, c, "mine"), r.post(0, c, "gone")
		if _, err := r.Delete(ctx, actor(0), gone.ID); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			name  string
			actor contracts.Actor
			id    string
			text  string
			code  contracts.Code
		}{
			{"another's", actor(1), m.ID, "x", contracts.CodeForbidden},
			{"one who does not take part", actor(3), m.ID, "x", contracts.CodeNotFound},
			{"a missing message", actor(0), "msg_x", "x", contracts.CodeNotFound},
			{"an empty text", actor(0), m.ID, "", contracts.CodeInvalid},
			{"a deleted message", actor(0), gone.ID, "x", contracts.CodeConflict},
			{"the operator as nobody", contracts.Operator, m.ID, "x", contracts.CodeForbidden},
		} {
			_, err := r.Edit(ctx, tc.actor, tc.id, tc.text, 0)
			if err == nil || contracts.CodeOf(err) != tc.code {
				t.Errorf("edit %s: got %v, want %s", tc.name, err, tc.code)
			}
		}
		_, err := r.Delete(ctx, actor(1), m.ID)
		wantCode(t, err, contracts.CodeForbidden)
		r.leave(c, 0)
		_, err = r.Edit(ctx, actor(0), m.ID, "x", 0)
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Delete(ctx, actor(0), m.ID)
		wantCode(t, err, contracts.CodeNotFound)
		r.join(c, 0)
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error { return r.FreezeTx(ctx, tx, c, true) })
		_, err = r.Edit(ctx, actor(0), m.ID, "x", 0)
		wantCode(t, err, contracts.CodeArchived)
	})
}

func TestEditsAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		var late atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
		c := r.channel(contracts.KindPublic, 0)
		strict := messaging.New(r.db, messaging.Config{People: crowd, Now: now, MaxEdits: 3, EditFor: time.Hour})
		free := messaging.New(r.db, messaging.Config{People: crowd, Now: now, MaxEdits: -1, EditFor: -1})
		m := r.post(0, c, "0")
		for i := 1; i <= 3; i++ {
			if _, err := strict.Edit(ctx, actor(0), m.ID, fmt.Sprint(i), 0); err != nil {
				t.Errorf("edit %d: %v", i, err)
			}
		}
		_, err := strict.Edit(ctx, actor(0), m.ID, "one too many", 0)
		wantCode(t, err, contracts.CodeConflict)
		if _, err := free.Edit(ctx, actor(0), m.ID, "without a limit", 0); err != nil {
			t.Error(err)
		}
		m = r.post(0, c, "old")
		late.Store(int64(61 * time.Minute))
		_, err = strict.Edit(ctx, actor(0), m.ID, "too late", 0)
		wantCode(t, err, contracts.CodeConflict)
		if _, err := free.Edit(ctx, actor(0), m.ID, "never too late", 0); err != nil {
			t.Error(err)
		}
		if _, err := strict.Delete(ctx, actor(0), m.ID); err != nil { // deleting is not editing
			t.Error(err)
		}
	})
}

func TestDeleteErasesTheTextAndKeepsThePlace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1, 2)
		m := r.post(0, c, "secret for @user1")
		r.post(0, c, "next")
		if _, err := r.Edit(ctx, actor(0), m.ID, "more secret for @user1", 0); err != nil {
			t.Fatal(err)
		}
		deleted, err := r.Delete(ctx, actor(0), m.ID)
		if err != nil || deleted.Text != "" || deleted.DeletedAt == nil || deleted.Version != 3 || len(deleted.Mentions) != 0 || deleted.Author.Username != "user0" {
			t.Fatalf("deleted %+v, %v", deleted, err)
		}
		again, err := r.Delete(ctx, actor(0), m.ID)
		if err != nil || again.Version != 3 {
			t.Errorf("again: %+v, %v", again, err)
		}
		h, err := r.Messages(ctx, actor(1), c, history(0))
		if err != nil || texts(h.Messages) != "- next" || h.Messages[0].Position != 1 {
			t.Errorf("history %q, %v", texts(h.Messages), err)
		}
		r.wantCounts(1, c, 2, 0)
		if revisions, err := r.Revisions(ctx, actor(1), m.ID); err != nil || len(revisions) != 0 {
			t.Errorf("revisions %+v, %v", revisions, err)
		}
		var left int
		err = r.db.Read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM messages WHERE text LIKE '%secret%')
			+ (SELECT count(*) FROM message_revisions) + (SELECT count(*) FROM mentions)`).Scan(&left)
		if err != nil || left != 0 {
			t.Errorf("%d traces are left, %v", left, err)
		}
		removed, err := r.Remove(ctx, actor(2), h.Messages[1].ID) // by a moderator
		if err != nil || removed.DeletedAt == nil || removed.Author.ID != userID(0) {
			t.Errorf("removed %+v, %v", removed, err)
		}
		_, err = r.Remove(ctx, actor(2), "msg_x")
		wantCode(t, err, contracts.CodeNotFound)
		r.wantSound()
	})
}

// Mentions follow the text: whoever is named by an edit is counted, whoever is not
// any more is not, and nobody who has read it.
func TestMentionsFollowEdits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1, 2, 3)
		edit := func(m contracts.Message, text string) contracts.Message {
			t.Helper()
			out, err := r.Edit(ctx, actor(0), m.ID, text, 0)
			if err != nil {
				t.Fatalf("edit to %q: %v", text, err)
			}
			return out
		}
		m := r.post(0, c, "for @user1, not `@user3`")
		r.wantCounts(1, c, 1, 1)
		r.wantCounts(3, c, 1, 0)
		edit(m, "for @user2 and @user0")
		r.wantCounts(1, c, 1, 0)
		r.wantCounts(2, c, 1, 1)
		r.wantCounts(0, c, 0, 0) // nobody mentions himself
		if _, err := r.MarkRead(ctx, actor(1), c, 1); err != nil {
			t.Fatal(err)
		}
		edit(m, "again for @user1")
		r.wantCounts(1, c, 0, 0) // has read it
		if got := edit(m, "for @all"); got.MentionAll {
			t.Error("an edit named everybody")
		}
		all := r.post(0, c, "@all and @user2")
		r.wantCounts(2, c, 2, 1) // one message, one mention
		r.wantCounts(3, c, 2, 1)
		if got := edit(all, "only @user2"); got.MentionAll {
			t.Error("everybody is still named")
		}
		r.wantCounts(2, c, 2, 1)
		r.wantCounts(3, c, 2, 0)
		if _, err := r.Delete(ctx, actor(0), all.ID); err != nil {
			t.Fatal(err)
		}
		r.wantCounts(2, c, 2, 0)
		other := r.post(0, c, "@channel")
		if _, err := r.MarkRead(ctx, actor(3), c, other.Position); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Delete(ctx, actor(0), other.ID); err != nil {
			t.Fatal(err)
		}
		r.wantCounts(3, c, 0, 0)
		r.wantCounts(2, c, 3, 0)
		r.wantSound()
	})
}
