package messaging_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
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
		r.say(contracts.Event{Type: contracts.EventSettingsChanged, Scope: contracts.ScopeWorkspace, Subject: "workspace"})
		r.say(contracts.Event{Type: contracts.EventUserCreated, Scope: contracts.ScopeMembers, Subject: userID(9)})
		r.say(contracts.Event{Type: contracts.EventKeyRotated, Scope: contracts.ScopeWorkspace, Subject: "key"})
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

// What all members are told of a conversation, such as a public channel's new name, its
// guests are told too, live and after coming back, from memory and from the log; and
// nothing of the others.
func TestGuestsAreToldOfTheirOwnConversations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c, other := r.channel(contracts.KindPublic, 0, 2), r.channel(contracts.KindPublic, 0)
		render := func(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
			for _, ev := range events {
				if ev.Type == contracts.EventChannelUpdated {
					ev.Data = json.RawMessage(`{"x":1}`)
				}
			}
			return r.Payload(ctx, q, events)
		}
		h, forgetful := startHub(t, r, messaging.HubConfig{Render: render}), startHub(t, r, messaging.HubConfig{Render: render, Events: 1})
		guest := func(h *messaging.Hub, from *contracts.Cursor) *sub {
			return attach(t, h, &sub{user: userID(2), guest: true}, from)
		}
		live := guest(h, nil)
		from := live.start.Cursor
		change := func(id string) {
			r.say(contracts.Event{Type: contracts.EventChannelUpdated, Scope: contracts.ScopeMembers, Subject: id})
		}
		check := func(name string, s *sub, want ...string) {
			t.Helper()
			if got := s.types(t); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		change(c)
		change(other)
		r.post(0, c, "one")
		settle(t, h, r)
		settle(t, forgetful, r)
		check("live", live, contracts.EventChannelUpdated, "one")
		check("from memory", guest(h, &from), contracts.EventChannelUpdated, "one")
		check("from the log", guest(forgetful, &from), contracts.EventChannelUpdated, "one")
		r.leave(c, 2)
		change(c)
		settle(t, h, r)
		settle(t, forgetful, r)
		check("live, after leaving", live, contracts.EventChannelUpdated, "one", contracts.EventMemberLeft)
		check("from memory, after leaving", guest(h, &from), contracts.EventMemberLeft)
		check("from the log, after leaving", guest(forgetful, &from), contracts.EventMemberLeft)
	})
}

// What members are told of a guest, a new name or role, she is told herself.
func TestGuestsAreToldOfThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		render := func(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
			for _, ev := range events {
				if ev.Type == contracts.EventUserUpdated {
					ev.Data = json.RawMessage(`{"id":"` + ev.Subject + `"}`)
				}
			}
			return r.Payload(ctx, q, events)
		}
		h, forgetful := startHub(t, r, messaging.HubConfig{Render: render}), startHub(t, r, messaging.HubConfig{Render: render, Events: 1})
		live := attach(t, h, &sub{user: userID(2), guest: true}, nil)
		from := live.start.Cursor
		for _, n := range []int{2, 3} {
			r.say(contracts.Event{Type: contracts.EventUserUpdated, Scope: contracts.ScopeMembers, Subject: userID(n)})
		}
		settle(t, h, r)
		settle(t, forgetful, r)
		for name, s := range map[string]*sub{
			"live": live, "from memory": attach(t, h, &sub{user: userID(2), guest: true}, &from), "from the log": attach(t, forgetful, &sub{user: userID(2), guest: true}, &from),
		} {
			if got := s.types(t); len(got) != 1 || got[0] != contracts.EventUserUpdated || !strings.Contains(string(s.frames[0].Bytes), userID(2)) {
				t.Errorf("%s: %q", name, got)
			}
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
		last := "last"
		got := s.types(t)
		if slices.Contains(got, "edited after he left") { // a hub that comes late shows a message as it is by then
			last = "edited after he left"
		}
		want := []string{contracts.EventMemberJoined, "within", contracts.EventDirectCreated, "direct", last, contracts.EventMemberLeft}
		if !slices.Equal(got, want) {
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
		r.say(contracts.Event{Type: contracts.EventSessionRevoked, Scope: userID(1), Subject: "ses_1"})
		r.say(contracts.Event{Type: contracts.EventTokenRevoked, Scope: userID(2), Subject: "tok_1"})
		r.say(contracts.Event{Type: contracts.EventUserSuspended, Scope: contracts.ScopeMembers, Subject: userID(1)})
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
