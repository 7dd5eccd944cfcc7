package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// ephemerals returns what a connection got of a type, as user:state or user@conversation.
func (s *sub) ephemerals(t testing.TB, typ string) []string {
	t.Helper()
	frames, _ := s.got(t)
	var out []string
	for _, f := range frames {
		if f.Type != typ {
			continue
		}
		for n := range 10 {
			if strings.Contains(string(f.Data), userID(n)) {
				text := fmt.Sprintf("%d", n)
				for _, state := range []string{messaging.Online, messaging.Away, messaging.Offline} {
					if strings.Contains(string(f.Data), `"state":"`+state+`"`) {
						text += ":" + state
					}
				}
				out = append(out, text)
			}
		}
		if f.Position != 0 || f.Mark != "" || f.At.IsZero() {
			t.Errorf("an ephemeral frame with a place in the log: %+v", f)
		}
	}
	return out
}

func TestTypingGoesToTheOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		bus := &messaging.LocalBus{}
		h, far := startHub(t, r, messaging.HubConfig{Bus: bus}), startHub(t, r, messaging.HubConfig{Bus: bus})
		c := r.channel(contracts.KindPublic, 0, 1, 2)
		settle(t, h, r)
		settle(t, far, r)
		far.SetPresence(userID(9), "there", messaging.Online)
		eventually(t, "the instances know each other", func() bool { return h.Presence()[userID(9)] == messaging.Online })
		typist, other, distant, outsider := connect(t, h, 0, nil), connect(t, h, 1, nil), connect(t, far, 2, nil), connect(t, h, 3, nil)
		h.Typing(userID(0), c)
		h.Typing(userID(3), c)                      // does not take part
		h.Typing(userID(2), c)                      // is not connected here
		h.Typing(userID(0), contracts.NewID("cnv")) // no such conversation
		eventually(t, "typing arrives at the other instance", func() bool { return len(distant.ephemerals(t, contracts.EventTyping)) == 1 })
		if got := other.ephemerals(t, contracts.EventTyping); !slices.Equal(got, []string{"0"}) {
			t.Errorf("the other got %q", got)
		}
		if n := len(typist.ephemerals(t, contracts.EventTyping)) + len(outsider.ephemerals(t, contracts.EventTyping)); n != 0 {
			t.Errorf("the typist or an outsider got %d", n)
		}
	})
}

// deafBus hears nothing until two hubs have said their first words.
type deafBus struct {
	messaging.LocalBus
	said atomic.Int32
}

func (b *deafBus) Publish(ctx context.Context, hint messaging.Hint) error {
	err := b.LocalBus.Publish(ctx, hint)
	b.said.Add(1)
	return err
}

func (b *deafBus) Subscribe(ctx context.Context, fn func(messaging.Hint)) error {
	for b.said.Load() < 2 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	return b.LocalBus.Subscribe(ctx, fn)
}

// Two instances that begin together know each other, whatever each said before the other
// listened.
func TestInstancesThatBeginTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		bus := &deafBus{}
		h, far := startHub(t, r, messaging.HubConfig{Bus: bus}), startHub(t, r, messaging.HubConfig{Bus: bus})
		h.SetPresence(userID(1), "here", messaging.Online)
		far.SetPresence(userID(2), "there", messaging.Online)
		both := map[string]string{userID(1): messaging.Online, userID(2): messaging.Online}
		eventually(t, "they know each other", func() bool { return maps.Equal(h.Presence(), both) && maps.Equal(far.Presence(), both) })
	})
}

func TestPresenceIsTheBestOfAllConnections(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		h := startHub(t, r, messaging.HubConfig{})
		watcher, guest := connect(t, h, 1, nil), attach(t, h, &sub{user: userID(2), guest: true}, nil)
		for _, step := range []struct {
			connection, state string
			told              string // "" when nothing changes
		}{
			{"a", messaging.Online, "0:online"},
			{"b", messaging.Online, ""},
			{"a", messaging.Away, ""},
			{"b", messaging.Away, "0:away"},
			{"a", messaging.Online, "0:online"},
			{"a", messaging.Offline, "0:away"},
			{"a", messaging.Offline, ""},
			{"b", messaging.Offline, "0:offline"},
			{"c", messaging.Offline, ""},
		} {
			before := len(watcher.ephemerals(t, contracts.EventPresence))
			h.SetPresence(userID(0), step.connection, step.state)
			got := watcher.ephemerals(t, contracts.EventPresence)[before:]
			if step.told == "" && len(got) != 0 || step.told != "" && !slices.Equal(got, []string{step.told}) {
				t.Errorf("%s becomes %s: told %q, want %q", step.connection, step.state, got, step.told)
			}
		}
		if p := h.Presence(); len(p) != 0 {
			t.Errorf("left over: %v", p)
		}
		if n := len(guest.ephemerals(t, contracts.EventPresence)); n != 0 {
			t.Errorf("a guest got %d", n)
		}
	})
}

func TestPresenceOverInstances(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		bus := &messaging.LocalBus{}
		cfg := messaging.HubConfig{Bus: bus, Announce: 40 * time.Millisecond}
		h := startHub(t, r, cfg)
		is := func(h *messaging.Hub, want map[string]string) func() bool {
			return func() bool { return maps.Equal(h.Presence(), want) }
		}
		for n := range 250 { // more than one hint holds
			h.SetPresence(userID(n), "here", messaging.Away)
		}
		want := h.Presence()
		far := messaging.NewHub(r.db, messaging.HubConfig{Bus: bus, Render: r.Payload, Announce: cfg.Announce})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- far.Run(ctx) }()
		eventually(t, "a new instance learns who is there", is(far, want))
		watcher := connect(t, h, 1, nil)
		far.SetPresence(userID(0), "there", messaging.Online)
		far.SetPresence(userID(300), "there", messaging.Online)
		want[userID(0)], want[userID(300)] = messaging.Online, messaging.Online
		eventually(t, "the instances agree", func() bool { return is(h, want)() && is(far, want)() })
		for n := 1; n < 250; n++ {
			h.SetPresence(userID(n), "here", messaging.Offline)
		}
		want = map[string]string{userID(0): messaging.Online, userID(300): messaging.Online}
		eventually(t, "those who left are gone everywhere", func() bool { return is(h, want)() && is(far, want)() })
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		eventually(t, "an instance that is silent is forgotten", is(h, map[string]string{userID(0): messaging.Away}))
		told := watcher.ephemerals(t, contracts.EventPresence)
		if !slices.Contains(told, "0:online") || told[len(told)-1] != "0:away" && !slices.Contains(told, "0:away") {
			t.Errorf("told %q", told)
		}
	})
}

// A bus that fails, repeats, or brings hints of no use does no harm.
type badBus struct {
	inner     messaging.LocalBus
	subscribe atomic.Int32
}

func (b *badBus) Publish(ctx context.Context, hint messaging.Hint) error {
	return errors.Join(b.inner.Publish(ctx, hint), b.inner.Publish(ctx, hint), errors.New("and yet it failed"))
}

func (b *badBus) Subscribe(ctx context.Context, fn func(messaging.Hint)) error {
	if b.subscribe.Add(1) == 1 {
		return errors.New("not now")
	}
	for _, hint := range []messaging.Hint{
		{},
		{Instance: "x", Head: 1 << 50},
		{Instance: "x", Ephemeral: &contracts.Event{Type: contracts.EventTyping, Data: []byte("{")}},
		{Instance: "x", Ephemeral: &contracts.Event{Type: contracts.EventPresence, Data: []byte("[]")}},
		{Instance: "x", Ephemeral: &contracts.Event{Type: "presence.sync", Data: []byte("1")}},
		{Instance: "x", Ephemeral: &contracts.Event{Type: contracts.EventMessageCreated, Data: []byte(`{"text":"forged"}`)}},
	} {
		fn(hint)
	}
	return b.inner.Subscribe(ctx, fn)
}

func TestABadBusDoesNoHarm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		bus := &badBus{}
		h := startHub(t, r, messaging.HubConfig{Bus: bus})
		c := r.channel(contracts.KindPublic, 0)
		s := connect(t, h, 0, nil)
		eventually(t, "the bus is tried again", func() bool { return bus.subscribe.Load() >= 2 })
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { r.post(0, c, "x") })
		}
		wg.Wait()
		settle(t, h, r)
		if got := s.types(t); len(got) != 10 || got[0] != "x" {
			t.Errorf("got %q", got)
		}
	})
}

// heads counts the hints about the log that go over a bus.
type heads struct {
	messaging.LocalBus
	n atomic.Int32
}

func (b *heads) Publish(ctx context.Context, hint messaging.Hint) error {
	if hint.Head > 0 {
		b.n.Add(1)
	}
	return b.LocalBus.Publish(ctx, hint)
}

// Hints cost a transaction each on PostgreSQL: there are none while nobody is there to
// hear them, and they begin when somebody is.
func TestAnInstanceThatIsAloneGivesNoHints(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		bus := &heads{}
		cfg := messaging.HubConfig{Bus: bus, Announce: 40 * time.Millisecond}
		h := startHub(t, r, cfg)
		h.SetPresence(userID(1), "here", messaging.Online)
		c := r.channel(contracts.KindPublic, 0)
		for range 5 {
			r.post(0, c, "x")
			settle(t, h, r)
		}
		if n := bus.n.Load(); n != 0 {
			t.Errorf("%d hints although nobody hears them", n)
		}
		far := messaging.NewHub(r.db, messaging.HubConfig{Bus: bus, Render: r.Payload, Announce: cfg.Announce})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- far.Run(ctx) }()
		far.SetPresence(userID(2), "there", messaging.Online)
		both := map[string]string{userID(1): messaging.Online, userID(2): messaging.Online}
		eventually(t, "the two know each other", func() bool { return maps.Equal(h.Presence(), both) && maps.Equal(far.Presence(), both) })
		eventually(t, "there are hints", func() bool { r.post(0, c, "x"); return bus.n.Load() > 0 })
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		eventually(t, "the other is forgotten", func() bool { return len(h.Presence()) == 1 })
		eventually(t, "the hints stop", func() bool {
			before := bus.n.Load()
			r.post(0, c, "x")
			settle(t, h, r)
			time.Sleep(cfg.Announce)
			return bus.n.Load() == before
		})
	})
}
