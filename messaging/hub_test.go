package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

// say appends an event of another library.
func (r *rig) say(ev contracts.Event) {
	r.t.Helper()
	r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
		c := ev
		return eventlog.Append(ctx, tx, &c)
	})
}

func TestHubDeliversToThoseWhoMaySee(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		h := startHub(t, r, messaging.HubConfig{})
		c, other := r.channel(contracts.KindPublic, 0, 1, 2), r.channel(contracts.KindPrivate, 3)
		member, second, guest, outsider := connect(t, h, 0, nil), connect(t, h, 0, nil), attach(t, h, &sub{user: userID(2), guest: true}, nil), connect(t, h, 3, nil)
		if member.start.Resumed || member.start.Reason != messaging.ReasonNew || member.start.Cursor.Epoch == "" {
			t.Errorf("start %+v", member.start)
		}
		r.post(1, c, "one")
		r.post(3, other, "private")
		data := json.RawMessage(`{"x":1}`)
		r.say(contracts.Event{Type: contracts.EventSettingsChanged, Scope: contracts.ScopeWorkspace, Subject: "workspace", Data: data})
		r.say(contracts.Event{Type: contracts.EventUserCreated, Scope: contracts.ScopeMembers, Subject: userID(9), Data: data})
		r.say(contracts.Event{Type: contracts.EventKeyRotated, Scope: contracts.ScopeWorkspace, Subject: "key", Data: data})
		if _, err := r.MarkRead(t.Context(), actor(2), c, 1); err != nil {
			t.Fatal(err)
		}
		settle(t, h, r)
		for _, tc := range []struct {
			name string
			s    *sub
			want []string
		}{
			{"a participant", member, []string{"one", contracts.EventSettingsChanged, contracts.EventUserCreated}},
			{"his other connection", second, []string{"one", contracts.EventSettingsChanged, contracts.EventUserCreated}},
			{"a guest", guest, []string{"one", contracts.EventSettingsChanged, contracts.EventReadUpdated}},
			{"an outsider", outsider, []string{"private", contracts.EventSettingsChanged, contracts.EventUserCreated}},
		} {
			if got := tc.s.types(t); !slices.Equal(got, tc.want) {
				t.Errorf("%s got %q, want %q", tc.name, got, tc.want)
			}
		}
		if member.frames[0] != second.frames[0] || member.frames[0] != guest.frames[0] {
			t.Error("an event was encoded more than once")
		}
		made := 0
		for range 2 {
			member.frames[0].Prepared(func([]byte) any { made++; return made })
		}
		if made != 1 {
			t.Errorf("a frame was prepared %d times", made)
		}
		h.Detach(second)
		h.Detach(second)
		h.Detach(&sub{user: userID(50)})
		r.post(1, c, "two")
		settle(t, h, r)
		if len(second.types(t)) != 3 || len(member.types(t)) != 4 {
			t.Error("a detached connection got something, or the other one did not")
		}
	})
}

func TestHubLearnsMembershipFromTheLog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		h := startHub(t, r, messaging.HubConfig{})
		s := connect(t, h, 1, nil)
		c := r.channel(contracts.KindPrivate, 0)
		r.post(0, c, "before")
		r.join(c, 1)
		r.post(0, c, "within")
		d, _, err := r.OpenDirect(t.Context(), actor(0), users(1))
		if err != nil {
			t.Fatal(err)
		}
		r.post(0, d.ID, "direct")
		within := r.post(0, c, "last")
		r.leave(c, 1)
		if _, err := r.Edit(t.Context(), actor(0), within.ID, "edited after he left", 0); err != nil {
			t.Fatal(err)
		}
		r.post(0, c, "after")
		settle(t, h, r)
		want := []string{contracts.EventMemberJoined, "within", contracts.EventDirectCreated, "direct", "last", contracts.EventMemberLeft}
		if got := s.types(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		r.join(c, 1)
		r.post(0, c, "again")
		settle(t, h, r)
		if got := s.types(t); !slices.Equal(got, append(want, contracts.EventMemberJoined, "again")) {
			t.Errorf("after coming back: %q", got)
		}
	})
}

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
		r.say(contracts.Event{Type: contracts.EventSettingsChanged, Scope: contracts.ScopeWorkspace, Subject: "workspace", Data: json.RawMessage(`{}`)})
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

func TestHubRevokes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		var applied []string
		var mu sync.Mutex // guards applied
		h := startHub(t, r, messaging.HubConfig{Apply: func(ev contracts.Event) {
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, ev.Type)
		}})
		one, two := connect(t, h, 1, nil), connect(t, h, 2, nil)
		data := json.RawMessage(`{}`)
		r.say(contracts.Event{Type: contracts.EventSessionRevoked, Scope: userID(1), Subject: "ses_1", Data: data})
		r.say(contracts.Event{Type: contracts.EventTokenRevoked, Scope: userID(2), Subject: "tok_1", Data: data})
		r.say(contracts.Event{Type: contracts.EventUserSuspended, Scope: contracts.ScopeMembers, Subject: userID(1), Data: data})
		r.say(contracts.Event{Type: contracts.EventKeyRotated, Scope: contracts.ScopeWorkspace, Subject: "key"})
		settle(t, h, r)
		if len(one.revoked) != 2 || one.revoked[0].Subject != "ses_1" || one.revoked[1].Type != contracts.EventUserSuspended {
			t.Errorf("the first was told %+v", one.revoked)
		}
		if len(two.revoked) != 1 || two.revoked[0].Subject != "tok_1" {
			t.Errorf("the second was told %+v", two.revoked)
		}
		if got := two.types(t); !slices.Equal(got, []string{contracts.EventTokenRevoked, contracts.EventUserSuspended}) {
			t.Errorf("the second got %q", got)
		}
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(applied, []string{contracts.EventSessionRevoked, contracts.EventTokenRevoked, contracts.EventUserSuspended, contracts.EventKeyRotated}) {
			t.Errorf("applied %q", applied)
		}
	})
}

// Another process writes to the same database: what it writes arrives in order
// with one's own, without any word from it.
func TestHubSeesOtherProcesses(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, messaging.Migrations)
			here, there := newRig(t, sqldbtest.Connect(t, url, sqldb.Options{})), newRig(t, sqldbtest.Connect(t, url, sqldb.Options{}))
			h := startHub(t, here, messaging.HubConfig{})
			c := here.channel(contracts.KindPublic, 0, 1)
			s := connect(t, h, 0, nil)
			began := time.Now()
			there.post(1, c, "there")
			eventually(t, "the other's message arrives", func() bool { return len(s.types(t)) == 1 })
			t.Logf("seen after %v", time.Since(began))
			for range 20 {
				there.post(1, c, "there")
				here.post(0, c, "here")
			}
			settle(t, h, here)
			frames, _ := s.got(t)
			if len(frames) != 41 {
				t.Fatalf("%d frames, want 41", len(frames))
			}
			for i, f := range frames[1:] {
				if f.Position != frames[i].Position+1 {
					t.Errorf("%d follows %d", f.Position, frames[i].Position)
				}
			}
		})
	}
}

// While events cannot be rendered nothing is delivered, and nothing is lost.
func TestHubRetries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		var failing atomic.Bool
		failing.Store(true)
		h := startHub(t, r, messaging.HubConfig{Render: func(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
			if failing.Load() {
				return errors.New("out of order")
			}
			return r.Payload(ctx, q, events)
		}})
		s := connect(t, h, 1, nil)
		c := r.channel(contracts.KindPublic, 0)
		r.join(c, 1) // needs rendering
		r.post(0, c, "one")
		time.Sleep(50 * time.Millisecond)
		if got := s.types(t); len(got) != 0 {
			t.Errorf("got %q although the first cannot be rendered", got)
		}
		failing.Store(false)
		settle(t, h, r)
		if got := s.types(t); !slices.Equal(got, []string{contracts.EventMemberJoined, "one"}) {
			t.Errorf("got %q", got)
		}
	})
}

// A history that is replaced under a running hub ends it.
func TestHubNoticesAnotherHistory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		h := messaging.NewHub(r.db, messaging.HubConfig{Render: r.Payload})
		ended := make(chan error, 1)
		go func() { ended <- h.Run(context.Background()) }()
		connect(t, h, 0, nil)
		r.post(0, c, "one")
		settle(t, h, r)
		if err := eventlog.NewEpoch(t.Context(), r.db); err != nil {
			t.Fatal(err)
		}
		wantCode(t, h.Attach(t.Context(), &sub{user: userID(1)}, nil), contracts.CodeUnavailable)
		select {
		case err := <-ended:
			if err == nil {
				t.Error("the hub ended without an error")
			}
		case <-time.After(20 * time.Second):
			t.Error("the hub follows another history")
		}
		if err := h.Run(t.Context()); err == nil {
			t.Error("a hub ran twice")
		}
	})
}
