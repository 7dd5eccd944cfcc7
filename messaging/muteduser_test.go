package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

func (r *rig) mute(n, other int, level contracts.MuteLevel) contracts.MutedUser {
	r.t.Helper()
	m, err := r.MuteUser(context.Background(), actor(n), userID(other), level)
	if err != nil {
		r.t.Fatalf("mute: %v", err)
	}
	return m
}

func (r *rig) unmute(n, other int) {
	r.t.Helper()
	if err := r.UnmuteUser(context.Background(), actor(n), userID(other)); err != nil {
		r.t.Fatalf("unmute: %v", err)
	}
}

// open returns the direct conversation of users, the first of whom opens it.
func (r *rig) open(n int, others ...int) string {
	r.t.Helper()
	d, _, err := r.OpenDirect(context.Background(), actor(n), users(others...))
	if err != nil {
		r.t.Fatalf("open: %v", err)
	}
	return d.ID
}

// thousand inserts from n, which has the numbers i from 1 to 1,000, in steps: a write
// transaction has five seconds, on a slow machine too.
func (r *rig) thousand(insert string, args ...any) {
	r.t.Helper()
	for from := 1; from <= 1000; from += 100 {
		sqldbtest.Exec(r.t, r.db, `WITH RECURSIVE n (i) AS (SELECT cast($1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < cast($1 AS bigint) + 99) `+insert, append([]any{from}, args...)...)
	}
}

// What a muted person writes calls for nothing; unmuted, it had always called.
func TestAMutedPersonCallsForNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c, d, group := r.channel(contracts.KindPublic, 0, 1, 2), r.open(1, 0), r.open(1, 0, 2)
		r.announce(c, userID(0), "created the channel") // 1
		r.post(1, c, "before @user0")                   // 2
		first := r.mute(0, 1, contracts.LevelMuted)
		if first.Level != contracts.LevelMuted || first.User.Username != "user1" || first.Since.IsZero() {
			t.Errorf("muted: %+v", first)
		}
		r.wantCounts(0, c, 0, 0)
		r.post(1, c, "@channel look")      // 3
		r.post(2, c, "not muted @user0")   // 4
		r.post(1, c, "@user0 and @user2")  // 5
		r.announce(c, userID(1), "joined") // 6
		r.post(1, d, "are you there?")
		r.post(1, group, "all of you")
		r.post(2, group, "yes?")
		r.wantCounts(0, c, 1, 1)
		r.wantCounts(2, c, 1, 1) // as before: 5, since 4 is his own
		r.wantCounts(0, d, 0, 0)
		r.wantCounts(0, group, 1, 0)
		if st := r.state(0, c); st.Hushed != 3 || st.Unread != (st.LastPosition-st.Quiet)-(st.LastReadPosition-st.ReadQuiet)-st.Hushed {
			t.Errorf("state %+v", st)
		}
		if list, err := r.Unread(t.Context(), actor(0)); err != nil || len(list) != 2 {
			t.Errorf("unread in %d places, %v; want the channel and the group", len(list), err)
		}
		for _, tc := range []struct{ position, unread, mentions, hushed int64 }{{2, 1, 1, 2}, {4, 0, 0, 1}, {6, 0, 0, 0}} {
			st, err := r.MarkRead(t.Context(), actor(0), c, tc.position)
			if err != nil || st.Unread != tc.unread || st.Mentions != tc.mentions || st.Hushed != tc.hushed {
				t.Errorf("read up to %d: %+v, %v; want %+v", tc.position, st, err, tc)
			}
			r.wantCounts(0, c, tc.unread, tc.mentions)
		}
		if st, err := r.MarkUnreadFrom(t.Context(), actor(0), c, 2); err != nil || st.Unread != 1 || st.Mentions != 1 || st.Hushed != 3 {
			t.Errorf("unread from 2: %+v, %v", st, err)
		}
		r.wantSound()
		r.unmute(0, 1)
		r.unmute(0, 1)           // repeats safely
		r.wantCounts(0, c, 4, 4) // 2 to 5
		r.wantCounts(0, d, 1, 0)
		r.wantCounts(0, group, 2, 0)
		r.mute(0, 1, contracts.LevelMuted)
		if states, err := r.MarkAllRead(t.Context(), actor(0)); err != nil || len(states) != 3 {
			t.Errorf("all read: %d places, %v; want what only muted people wrote in, too", len(states), err)
		}
		r.unmute(0, 1)
		r.wantCounts(0, d, 0, 0)
		r.wantSound()
	})
}

// Past a thousand unread messages nobody counts which of them are hushed.
func TestCountingWhatIsHushedIsBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c, d := r.channel(contracts.KindPublic, 0, 1, 2), r.open(1, 0)
		r.mute(0, 1, contracts.LevelMuted)
		for _, conv := range []string{c, d} {
			r.thousand(`INSERT INTO messages (id, conversation_id, position, kind, author, text, created_at) SELECT cast($2 AS text) || i, cast($2 AS text), i, 'user', cast($3 AS text), 'x', 0 FROM n`,
				conv, userID(1))
			sqldbtest.Exec(t, r.db, `UPDATE conversations SET last_position = 1000 WHERE id = $1`, conv)
		}
		r.wantCounts(0, c, 0, 0)
		r.post(1, c, "one more")
		r.wantCounts(0, c, 1001, 0)
		r.post(1, d, "one more")
		r.wantCounts(0, d, 0, 0)
		r.wantSound()
	})
}

func TestTheListOfMutedPeople(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		for _, tc := range []struct {
			user  string
			level contracts.MuteLevel
			code  contracts.Code
		}{
			{userID(0), contracts.LevelMuted, contracts.CodeInvalid},
			{userID(1), "ignored", contracts.CodeInvalid},
			{userID(1), "", contracts.CodeInvalid},
			{"usr_none", contracts.LevelMuted, contracts.CodeNotFound},
			{userID(1000), contracts.LevelBlocked, contracts.CodeNotFound},
		} {
			_, err := r.MuteUser(ctx, actor(0), tc.user, tc.level)
			wantCode(t, err, tc.code)
		}
		r.mute(0, 1, contracts.LevelMuted)
		again := r.mute(0, 1, contracts.LevelMuted)
		blocked := r.mute(0, 1, contracts.LevelBlocked)
		r.mute(0, 2, contracts.LevelMuted)
		r.mute(1, 0, contracts.LevelBlocked)
		list, err := r.MutedUsers(ctx, actor(0))
		if err != nil || len(list) != 2 || !slices.Contains(list, blocked) || slices.Contains(list, again) {
			t.Errorf("%+v, %v", list, err)
		}
		r.thousand(`INSERT INTO muted_users (user_id, muted_id, blocked, at) SELECT cast($2 AS text), 'usr_' || i, FALSE, 0 FROM n`, userID(3))
		_, err = r.MuteUser(ctx, actor(3), userID(1), contracts.LevelMuted)
		wantCode(t, err, contracts.CodeConflict)

		d := r.open(3, 4)
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM muted_users WHERE user_id = $1 AND muted_id = 'usr_1'`, userID(3))
			return err
		})
		r.mute(3, 4, contracts.LevelBlocked)
		r.mute(4, 3, contracts.LevelBlocked)
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error { return r.ForgetMutedTx(ctx, tx, userID(3)) })
		for _, n := range []int{3, 4} {
			if list, err := r.MutedUsers(ctx, actor(n)); err != nil || len(list) != 0 {
				t.Errorf("after the account went user%d has %d, %v", n, len(list), err)
			}
		}
		r.post(4, d, "free again")
		r.wantSound()
	})
}

// The hub shows nobody that somebody types whom he has muted, from the moment on; what
// is muted and unmuted comes to one's own devices, also to one that was away.
func TestTheHubKnowsWhoIsMuted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		h := startHub(t, r, messaging.HubConfig{Events: 4})
		c := r.channel(contracts.KindPublic, 0, 1, 2)
		r.mute(0, 2, contracts.LevelMuted) // before anybody is connected
		from := settle(t, h, r)
		reader, second, muted := connect(t, h, 0, nil), connect(t, h, 0, nil), connect(t, h, 1, nil)
		typed := func(n int) int {
			was := len(reader.types(t))
			h.Typing(userID(n), c)
			return len(reader.types(t)) - was
		}
		connect(t, h, 2, nil)
		if typed(1) != 1 || typed(2) != 0 {
			t.Error("typing of user1 must be shown, that of user2 not")
		}
		r.post(1, c, "@user0")
		r.mute(0, 1, contracts.LevelBlocked)
		settle(t, h, r)
		if typed(1) != 0 {
			t.Error("typing of a blocked user is shown")
		}
		for range 5 { // out of the hub's memory
			r.post(2, c, "x")
		}
		r.unmute(0, 1)
		settle(t, h, r)
		if typed(1) != 1 {
			t.Error("typing of an unmuted user is not shown")
		}
		want := []string{contracts.EventTyping, "@user0", contracts.EventMutedUserUpdated, "x", "x", "x", "x", "x", contracts.EventMutedUserUpdated, contracts.EventTyping}
		for name, s := range map[string]*sub{"first": reader, "second": second} {
			if got := s.types(t); !slices.Equal(got, want) {
				t.Errorf("the %s device got %q", name, got)
			}
		}
		away := connect(t, h, 0, &from) // from the log: rendered as things are now
		frames, _ := away.got(t)
		var changes []contracts.MutedUserChange
		for _, f := range frames {
			if f.Type != contracts.EventMutedUserUpdated {
				continue
			}
			var change contracts.MutedUserChange
			if err := json.Unmarshal(f.Data, &change); err != nil {
				t.Fatal(err)
			}
			changes = append(changes, change)
			if change.UserID != userID(1) || change.MutedUser != nil || len(change.ReadStates) != 1 || change.ReadStates[0].Mentions != 1 {
				t.Errorf("replayed %s", f.Data)
			}
		}
		if len(changes) != 2 {
			t.Errorf("%d changes replayed, want 2", len(changes))
		}
		for _, f := range muted.types(t) {
			if f == contracts.EventMutedUserUpdated {
				t.Error("the muted user learned of it")
			}
		}
	})
}
