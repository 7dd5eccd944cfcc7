package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// resume cases run with everything in memory and with next to nothing in it.
func eachMemory(t *testing.T, fn func(t *testing.T, r *rig, h *messaging.Hub)) {
	t.Helper()
	for name, events := range map[string]int{"from memory": 10000, "from the log": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) { fn(t, r, startHub(t, r, messaging.HubConfig{Events: events})) })
		})
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	eachMemory(t, func(t *testing.T, r *rig, h *messaging.Hub) {
		c := r.channel(contracts.KindPublic, 0, 1)
		other := r.channel(contracts.KindPublic, 0)
		settle(t, h, r)
		s := connect(t, h, 1, nil)
		r.post(0, c, "one")
		settle(t, h, r)
		h.Detach(s)
		_, cursor := s.got(t)
		for _, text := range []string{"two", "three", "four"} {
			r.post(0, c, text)
			r.post(0, other, "hidden")
		}
		r.say(contracts.Event{Type: contracts.EventSettingsChanged, Scope: contracts.ScopeWorkspace, Subject: "workspace"})
		head := settle(t, h, r)
		again := connect(t, h, 1, &cursor)
		want := []string{"two", "three", "four"}
		if h2 := again.start; !h2.Resumed || h2.Reason != "" || h2.Cursor != head {
			t.Errorf("resume %+v, want to be at %+v", h2, head)
		}
		// Without anybody who renders it, the workspace's event is in memory alone.
		if got := again.types(t); !slices.Equal(got[:min(3, len(got))], want) {
			t.Errorf("replayed %q, want %q", got, want)
		}
		r.post(0, c, "five")
		settle(t, h, r)
		if got := again.types(t); got[len(got)-1] != "five" {
			t.Errorf("after the replay: %q", got)
		}
		// At the head nothing is missing.
		_, cursor = again.got(t)
		idle := connect(t, h, 1, &cursor)
		if !idle.start.Resumed || len(idle.start.Replayed) != 0 {
			t.Errorf("at the head: %+v", idle.start)
		}
		// From the very beginning, too.
		all := connect(t, h, 1, &contracts.Cursor{Epoch: head.Epoch})
		if got := all.types(t); !all.start.Resumed || !slices.Contains(got, "one") || !slices.Contains(got, contracts.EventMemberJoined) || slices.Contains(got, "hidden") {
			t.Errorf("from the beginning: %q, %+v", got, all.start)
		}
	})
}

func TestResumeIsRefused(t *testing.T) {
	t.Parallel()
	eachMemory(t, func(t *testing.T, r *rig, h *messaging.Hub) {
		c := r.channel(contracts.KindPublic, 0)
		for range 5 {
			r.post(0, c, "x")
		}
		head := settle(t, h, r)
		good := head
		for _, tc := range []struct {
			reason string
			cursor contracts.Cursor
		}{
			{messaging.ReasonEpoch, contracts.Cursor{Epoch: "other", Position: good.Position, Mark: good.Mark}},
			{messaging.ReasonMark, contracts.Cursor{Epoch: good.Epoch, Position: good.Position, Mark: "other"}},
			{messaging.ReasonAhead, contracts.Cursor{Epoch: good.Epoch, Position: good.Position + 1, Mark: good.Mark}},
			{messaging.ReasonTooOld, contracts.Cursor{Epoch: good.Epoch, Position: -1}},
		} {
			s := connect(t, h, 0, &tc.cursor)
			if s.start.Resumed || s.start.Reason != tc.reason || s.start.Cursor != head || len(s.start.Replayed) != 0 {
				t.Errorf("%s: %+v", tc.reason, s.start)
			}
		}
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM events WHERE position < 4`)
			return err
		})
		for _, cursor := range []contracts.Cursor{{Epoch: good.Epoch}, {Epoch: good.Epoch, Position: 2, Mark: "gone"}} {
			if s := connect(t, h, 0, &cursor); s.start.Resumed || s.start.Reason != messaging.ReasonTooOld {
				t.Errorf("before what is kept: %+v", s.start)
			}
		}
		r.post(0, c, "live all the same")
		s := connect(t, h, 0, &contracts.Cursor{Epoch: "other"})
		r.post(0, c, "next")
		settle(t, h, r)
		if got := s.types(t); !slices.Contains(got, "next") {
			t.Errorf("after a refused resume: %q", got)
		}
	})
}

func TestResumeOfTooManyEvents(t *testing.T) {
	t.Parallel()
	for name, events := range map[string]int{"from memory": 1000, "from the log": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				const limit = 50
				h := startHub(t, r, messaging.HubConfig{Events: events, Replay: limit})
				c := r.channel(contracts.KindPublic, 0)
				settle(t, h, r)
				_, cursor := connect(t, h, 0, nil).got(t)
				for range limit {
					r.post(0, c, "x")
				}
				settle(t, h, r)
				if s := connect(t, h, 0, &cursor); !s.start.Resumed || len(s.start.Replayed) != limit {
					t.Errorf("as many as allowed: resumed %v (%s), %d replayed", s.start.Resumed, s.start.Reason, len(s.start.Replayed))
				}
				r.post(0, c, "one more")
				settle(t, h, r)
				if s := connect(t, h, 0, &cursor); s.start.Resumed || s.start.Reason != messaging.ReasonTooMany || len(s.start.Replayed) != 0 {
					t.Errorf("one more: %v, %s, %d replayed", s.start.Resumed, s.start.Reason, len(s.start.Replayed))
				}
			})
		})
	}
}

// Removal is exact on the way of a resume too, and who has come back sees his stays
// alone.
func TestResumeAfterRemoval(t *testing.T) {
	t.Parallel()
	eachMemory(t, func(t *testing.T, r *rig, h *messaging.Hub) {
		c := r.channel(contracts.KindPrivate, 0, 1)
		settle(t, h, r)
		s := connect(t, h, 1, nil)
		h.Detach(s)
		_, cursor := s.got(t)
		first := r.post(0, c, "first stay")
		r.leave(c, 1)
		if _, err := r.Edit(t.Context(), actor(0), first.ID, "edited after", 0); err != nil {
			t.Fatal(err)
		}
		r.post(0, c, "while away")
		settle(t, h, r)
		away := connect(t, h, 1, &cursor)
		if got := away.types(t); !away.start.Resumed || !slices.Equal(got, []string{contracts.EventMemberLeft}) {
			t.Errorf("while removed: %q, %+v", got, away.start)
		}
		h.Detach(away)
		r.join(c, 1)
		r.post(0, c, "second stay")
		settle(t, h, r)
		back := connect(t, h, 1, &cursor)
		// The first stay's message is shown as it is now: edited.
		if got := back.types(t); !slices.Equal(got, []string{got[0], contracts.EventMemberLeft, contracts.EventMemberJoined, "second stay"}) || got[0] != "first stay" && got[0] != "edited after" {
			t.Errorf("back again: %q", got)
		}
		guest := attach(t, h, &sub{user: userID(1), guest: true}, &cursor)
		if !guest.start.Resumed {
			t.Errorf("a guest: %+v", guest.start)
		}
	})
}

// What is erased is erased in memory too.
func TestReplayShowsNoErasedText(t *testing.T) {
	t.Parallel()
	eachMemory(t, func(t *testing.T, r *rig, h *messaging.Hub) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0)
		settle(t, h, r)
		_, cursor := connect(t, h, 0, nil).got(t)
		deleted := r.post(0, c, "secret one")
		if _, err := r.Edit(ctx, actor(0), deleted.ID, "secret two", 0); err != nil {
			t.Fatal(err)
		}
		r.post(0, c, "secret three")
		if _, err := r.Delete(ctx, actor(0), deleted.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ExpireBefore(ctx, time.Now().Add(time.Hour), false); err != nil {
			t.Fatal(err)
		}
		kept := r.post(0, c, "kept")
		settle(t, h, r)
		s := connect(t, h, 0, &cursor)
		frames, _ := s.got(t)
		want := []string{contracts.EventMessageCreated, contracts.EventMessageUpdated, contracts.EventMessageCreated, contracts.EventMessageDeleted, contracts.EventMessagesRemoved, contracts.EventMessageCreated}
		if len(frames) != len(want) {
			t.Fatalf("replayed %q", s.types(t))
		}
		for i, f := range frames {
			var m contracts.Message
			if f.Type != want[i] || json.Unmarshal(f.Data, &m) != nil {
				t.Errorf("frame %d: %s, want %s", i, f.Type, want[i])
			}
			if f.Type != contracts.EventMessagesRemoved && m.ID != kept.ID && (m.Text != "" || m.DeletedAt == nil) {
				t.Errorf("replayed %s", f.Data)
			}
		}
	})
}
