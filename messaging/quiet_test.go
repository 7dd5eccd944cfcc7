package messaging_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// announce writes what the system says about somebody.
func (r *rig) announce(conversation, about, text string) {
	r.t.Helper()
	r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
		_, err := r.SystemTx(ctx, tx, conversation, about, text)
		return err
	})
}

// That somebody joined makes no channel bold.
func TestWhatTheSystemSaysIsNotUnread(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1, 2)
		r.announce(c, userID(0), "created the channel") // 1
		for n := range 3 {
			r.wantCounts(n, c, 0, 0)
		}
		if list, err := r.Unread(ctx, actor(1)); err != nil || len(list) != 0 {
			t.Errorf("unread %+v, %v", list, err)
		}
		r.post(0, c, "hello @user1")       // 2
		r.announce(c, userID(3), "joined") // 3
		r.announce(c, userID(4), "joined") // 4
		r.post(0, c, "and welcome")        // 5
		r.announce(c, userID(4), "left")   // 6
		r.wantCounts(0, c, 0, 0)           // his own, and what the system says
		r.wantCounts(1, c, 2, 1)           // 2 and 5
		r.join(c, 3)                       // what was said before counts as read
		r.wantCounts(3, c, 0, 0)
		r.announce(c, userID(3), "joined") // 7
		r.wantCounts(3, c, 0, 0)

		for _, tc := range []struct{ position, unread, quiet int64 }{{1, 2, 1}, {2, 1, 1}, {3, 1, 2}, {4, 1, 3}, {5, 0, 3}, {7, 0, 5}} {
			st, err := r.MarkRead(ctx, actor(1), c, tc.position)
			if err != nil || st.Unread != tc.unread || st.ReadQuiet != tc.quiet || st.Quiet != 5 {
				t.Errorf("read up to %d: %+v, %v; want %d unread, %d of 5 quiet ones read", tc.position, st, err, tc.unread, tc.quiet)
			}
			r.wantCounts(1, c, tc.unread, max(0, tc.unread-1)) // the first of the two names him
			r.wantSound()
		}
		for _, tc := range []struct{ from, unread int64 }{{7, 0}, {5, 1}, {3, 1}, {2, 2}, {1, 2}} {
			st, err := r.MarkUnreadFrom(ctx, actor(1), c, tc.from)
			if err != nil || st.Unread != tc.unread || st.Unread != (st.LastPosition-st.Quiet)-(st.LastReadPosition-st.ReadQuiet) {
				t.Errorf("unread from %d: %+v, %v; want %d", tc.from, st, err, tc.unread)
			}
			r.wantSound()
		}
		all, err := r.MarkAllRead(ctx, actor(1))
		if err != nil || len(all) != 1 || all[0].Unread != 0 || all[0].ReadQuiet != 5 {
			t.Errorf("all read: %+v, %v", all, err)
		}
		r.wantCounts(1, c, 0, 0)
		r.post(1, c, "thanks") // 8: counts as read by its author, with all before it
		r.wantCounts(1, c, 0, 0)
		r.wantCounts(2, c, 3, 0)
		r.wantSound()
	})
}

func TestExpiryLeavesQuietMessagesQuiet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0, 1)
		r.announce(c, userID(0), "created the channel")
		r.post(0, c, "old")
		r.announce(c, userID(2), "joined")
		if n, err := r.ExpireBefore(t.Context(), r.state(0, c).LastPostAt.AddDate(0, 0, 1), false); err != nil || n != 3 {
			t.Fatalf("%d erased, %v", n, err)
		}
		r.wantCounts(1, c, 0, 0)
		r.post(0, c, "new")
		r.announce(c, userID(2), "left")
		r.wantCounts(1, c, 1, 0)
		r.wantSound()
	})
}
