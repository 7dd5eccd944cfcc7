package channels_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

// Whoever is gone for good is in no channel any more, and each has somebody who governs it.
func TestDeparture(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		crew, diary := w.create("crew", contracts.KindPublic, w.bob, w.carol), w.create("diary", contracts.KindPrivate)
		old := w.create("old", contracts.KindPublic, w.bob)
		expect.OK(w.Archive(ctx, w.alice, old.ID))(t)
		w.suspended[w.bob.UserID] = true
		d := expect.OK(w.PrepareDeparture(ctx, w.alice.UserID))(t)
		depart := func() error {
			return w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return w.DepartTx(ctx, tx, w.admin.UserID, d) })
		}
		expect.Code(t, "depart", depart(), "")
		expect.Equal(t, "an active member owns it", w.roles(crew.ID), "bob:member carol:owner")
		expect.Equal(t, "of an archived one too, in which nobody else is active", w.roles(old.ID), "bob:owner")
		expect.Equal(t, "the only one", w.roles(diary.ID), "")
		if got := expect.OK(w.Channel(ctx, w.admin, diary.ID))(t); !got.Archived || got.MemberCount != 0 {
			t.Errorf("a private channel that nobody is in: %+v", got)
		}
		if got := expect.OK(w.Channel(ctx, w.carol, crew.ID))(t); got.MemberCount != 2 {
			t.Errorf("%d members are counted", got.MemberCount)
		}
		expect.Equal(t, "timeline", w.said[crew.ID], "[alice: created the channel carol: is now an owner of the channel]")
		log := len(w.events())
		expect.Code(t, "depart again", depart(), "")
		expect.Equal(t, "again is nothing", len(w.events()), log)
	})
}
