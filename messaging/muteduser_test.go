package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
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
			r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
					INSERT INTO messages (id, conversation_id, position, kind, author, text, created_at) SELECT cast($1 AS text) || i, cast($1 AS text), i, 'user', cast($2 AS text), 'x', 0 FROM n`, conv, userID(1))
				if err == nil {
					_, err = tx.ExecContext(ctx, `UPDATE conversations SET last_position = 1000 WHERE id = $1`, conv)
				}
				return err
			})
		}
		r.wantCounts(0, c, 0, 0)
		r.post(1, c, "one more")
		r.wantCounts(0, c, 1001, 0)
		r.post(1, d, "one more")
		r.wantCounts(0, d, 0, 0)
		r.wantSound()
	})
}

// Between two of whom one blocks the other nothing goes, in either direction, and only
// the one who blocks is told why.
func TestNobodyWritesToWhomBlocksThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		d, group, c := r.open(1, 0), r.open(1, 0, 2), r.channel(contracts.KindPublic, 0, 1, 2)
		said := r.post(1, d, "hello")
		r.mute(0, 1, contracts.LevelBlocked)
		post := func(n int, conv string) error {
			_, _, err := r.Post(ctx, actor(n), contracts.NewMessage{ConversationID: conv, Text: "again"})
			return err
		}
		for n, want := range map[int]string{0: "you have blocked this person", 1: "messages to this person can't be sent"} {
			err := post(n, d)
			wantCode(t, err, contracts.CodeCannotMessage)
			if !containsAll(fmt.Sprint(err), want) {
				t.Errorf("user%d is told %v", n, err)
			}
		}
		_, err := r.Edit(ctx, actor(1), said.ID, "hello again", 0)
		wantCode(t, err, contracts.CodeCannotMessage)
		for _, n := range []int{0, 1} {
			if h, err := r.Messages(ctx, actor(n), d, messaging.HistoryRequest{}); err != nil || texts(h.Messages) != "hello" {
				t.Errorf("user%d reads %v, %v", n, h, err)
			}
			if r.open(n, 1-n) != d {
				t.Error("what was said is not found any more")
			}
		}
		if err := errorsOf(post(0, group), post(1, group), post(0, c), post(1, c)); len(err) > 0 {
			t.Errorf("in shared places: %v", err)
		}
		r.wantCounts(0, group, 0, 0) // his own came first, the other's is hushed

		_, _, err = r.OpenDirect(ctx, actor(1), users(0, 3))
		wantCode(t, err, contracts.CodeCannotMessage)
		_, _, err = r.OpenDirect(ctx, actor(0), users(1, 3))
		wantCode(t, err, contracts.CodeCannotMessage)
		r.mute(4, 5, contracts.LevelBlocked)
		_, _, err = r.OpenDirect(ctx, actor(5), users(4))
		wantCode(t, err, contracts.CodeCannotMessage)
		if !containsAll(fmt.Sprint(err), "messages to this person can't be sent") {
			t.Errorf("opening: %v", err)
		}
		r.open(3, 4, 5) // a third may bring them together

		r.mute(1, 0, contracts.LevelBlocked)
		r.unmute(0, 1)
		wantCode(t, post(0, d), contracts.CodeCannotMessage) // the other blocks, too
		r.wantSound()
		r.mute(1, 0, contracts.LevelMuted)
		if err := errorsOf(post(0, d), post(1, d)); len(err) > 0 {
			t.Errorf("muted alone: %v", err)
		}
		r.wantSound()
	})
}

// A post that is refused leaves those it waited with alone.
func TestABlockedPostHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		d, c := r.open(1, 0), r.channel(contracts.KindPublic, 0, 1, 2)
		r.mute(0, 1, contracts.LevelBlocked)
		results := make(chan error, 60)
		for i := range 60 {
			go func() {
				n, conv := 1, d
				if i%2 == 0 {
					n, conv = 2, c
				}
				_, _, err := r.Post(context.Background(), actor(n), contracts.NewMessage{ConversationID: conv, Text: "x", ClientMsgID: fmt.Sprint(i)})
				results <- err
			}()
		}
		refused := 0
		for range 60 {
			if err := <-results; contracts.CodeOf(err) == contracts.CodeCannotMessage {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if m := r.state(0, c); refused != 30 || m.LastPosition != 30 || r.state(0, d).LastPosition != 0 {
			t.Errorf("%d refused, %d written", refused, m.LastPosition)
		}
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
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
				INSERT INTO muted_users (user_id, muted_id, blocked, at) SELECT cast($1 AS text), 'usr_' || i, FALSE, 0 FROM n`, userID(3))
			return err
		})
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

// The counts are those that a reader finds who walks over all messages.
func TestCountsWithMutedPeopleAreWhatARecountFinds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		const people = 4
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 1))
		convs := []string{r.channel(contracts.KindPublic, upTo(people)...), r.open(0, 1), r.open(0, 1, 2), r.open(2, 3)}
		for range 150 {
			n, other, conv := rnd.IntN(people), rnd.IntN(people), convs[rnd.IntN(len(convs))]
			ctx := context.Background()
			var err error
			switch rnd.IntN(8) {
			case 0:
				_, err = r.MuteUser(ctx, actor(n), userID(other), []contracts.MuteLevel{contracts.LevelMuted, contracts.LevelBlocked}[rnd.IntN(2)])
			case 1:
				err = r.UnmuteUser(ctx, actor(n), userID(other))
			case 2:
				_, err = r.MarkRead(ctx, actor(n), conv, int64(rnd.IntN(40)))
			case 3:
				_, err = r.MarkUnreadFrom(ctx, actor(n), conv, int64(1+rnd.IntN(10)))
			case 4:
				var h messaging.History
				if h, err = r.Messages(ctx, actor(n), conv, messaging.HistoryRequest{}); err == nil && len(h.Messages) > 0 {
					m := h.Messages[rnd.IntN(len(h.Messages))]
					if _, err = r.Edit(ctx, actor(n), m.ID, []string{"nothing", "@user0", "@user1 @user3"}[rnd.IntN(3)], 0); rnd.IntN(3) == 0 {
						_, err = r.Remove(ctx, actor(n), m.ID)
					}
				}
			default:
				_, _, err = r.Post(ctx, actor(n), contracts.NewMessage{ConversationID: conv, Text: []string{"hello", "@user0", "@user1 and @user2", "@all"}[rnd.IntN(4)]})
			}
			switch contracts.CodeOf(err) {
			case contracts.CodeNotFound, contracts.CodeInvalid, contracts.CodeCannotMessage, contracts.CodeForbidden, contracts.CodeConflict:
			default:
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for n := range people {
			r.wantRecounted(n)
		}
		r.wantSound()
	})
}

func (r *rig) wantRecounted(n int) {
	r.t.Helper()
	ctx := context.Background()
	list, err := r.MutedUsers(ctx, actor(n))
	if err != nil {
		r.t.Fatal(err)
	}
	muted := map[string]bool{}
	for _, m := range list {
		muted[m.User.ID] = true
	}
	sidebar, err := r.Memberships(ctx, r.db.Read, userID(n))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range sidebar {
		h, err := r.Messages(ctx, actor(n), c.ConversationID, messaging.HistoryRequest{Limit: 200})
		if err != nil {
			r.t.Fatal(err)
		}
		var unread, mentions, hushed int64
		own := false // a pair hushes what is unread as a whole, one's own with it
		for _, m := range h.Messages {
			switch {
			case m.Position <= c.LastReadPosition || m.Kind == contracts.MessageSystem:
			case muted[m.Author.ID]:
				hushed++
			default:
				own = own || m.Author.ID == userID(n)
				unread++
				if m.Author.ID != userID(n) && (m.MentionAll || slices.Contains(m.Mentions, userID(n))) {
					mentions++
				}
			}
		}
		if pair := c.Direct != nil && len(c.Direct.Participants) == 2; pair && own && muted[other(c.Direct, userID(n))] {
			hushed, unread = hushed+unread, 0
		}
		if c.Unread != unread || c.Mentions != mentions || c.Hushed != hushed {
			r.t.Errorf("user%d has %d unread, %d mentions, %d hushed in %s; a recount finds %d, %d, %d", n, c.Unread, c.Mentions, c.Hushed, c.ConversationID, unread, mentions, hushed)
		}
	}
}

func other(d *contracts.DirectConversation, user string) string {
	for _, p := range d.Participants {
		if p.ID != user {
			return p.ID
		}
	}
	return ""
}

func errorsOf(errs ...error) []error {
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}
