package messaging

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// States of presence.
const (
	Online  = "online"
	Away    = "away"
	Offline = "offline"
)

// Between instances only; clients never see these.
const (
	presenceSync = "presence.sync" // all who are connected to an instance
	presenceAsk  = "presence.ask"  // an instance has come and asks for that
	syncUsers    = 100             // users in one sync, to stay within a hint's size
)

type presenceData struct {
	UserID string `json:"user_id"`
	State  string `json:"state"`
}

type presenceSyncData struct {
	Users map[string]string `json:"users"`
	First bool              `json:"first"` // forget what this instance said before
}

// presence is who is there. A user's state is the best of his connections', on all
// instances: online over away over offline.
type presence struct {
	local  map[string]map[string]string // user, connection: state
	remote map[string]*remotePresence   // instance
}

type remotePresence struct {
	heard time.Time
	users map[string]string
}

// SetPresence says what a connection of a user is: [Online] when it comes or is
// used again, [Away] when it idles, [Offline] when it goes. Members are told when
// the user's state over all connections changes.
func (h *Hub) SetPresence(user, connection, state string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, here := h.presence.of(user), best(h.presence.local[user])
	if state == Offline {
		delete(h.presence.local[user], connection)
		if len(h.presence.local[user]) == 0 {
			delete(h.presence.local, user)
		}
	} else {
		if h.presence.local[user] == nil {
			h.presence.local[user] = map[string]string{}
		}
		h.presence.local[user][connection] = state
	}
	h.showPresence(user, before)
	if now := best(h.presence.local[user]); now != here {
		h.outbox.add(h.presenceEvent(user, now))
	}
}

// Presence returns the state of every user who is not offline.
func (h *Hub) Presence() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]string{}
	for user, connections := range h.presence.local {
		out[user] = best(connections)
	}
	for _, r := range h.presence.remote {
		for user, state := range r.users {
			out[user] = better(out[user], state)
		}
	}
	return out
}

func (p *presence) of(user string) string {
	state := best(p.local[user])
	for _, r := range p.remote {
		state = better(state, r.users[user])
	}
	return state
}

func best(connections map[string]string) string {
	state := Offline
	for _, s := range connections {
		state = better(state, s)
	}
	return state
}

func better(a, b string) string {
	switch {
	case a == Online || b == Online:
		return Online
	case a == Away || b == Away:
		return Away
	}
	return Offline
}

// showPresence tells the members connected here when a user's state has changed.
// Under mu.
func (h *Hub) showPresence(user, before string) {
	if now := h.presence.of(user); now != before {
		ev := h.presenceEvent(user, now)
		h.deliverMembers(ev, newFrame(ev))
	}
}

func (h *Hub) presenceEvent(user, state string) *contracts.Event {
	data, err := json.Marshal(presenceData{user, state})
	if err != nil {
		panic("messaging: encode presence: " + err.Error()) // two strings
	}
	return ephemeral(contracts.EventPresence, h.cfg.Now(), data)
}

// hearPresence takes what another instance says of its users. Under mu.
func (h *Hub) hearPresence(instance string, users map[string]string, first bool) {
	r := h.presence.remote[instance]
	if r == nil {
		r = &remotePresence{users: map[string]string{}}
		h.presence.remote[instance] = r
	}
	r.heard = h.cfg.Now()
	concerned := maps.Clone(users)
	if first {
		maps.Copy(concerned, r.users)
	}
	before := make(map[string]string, len(concerned))
	for user := range concerned {
		before[user] = h.presence.of(user)
	}
	if first {
		r.users = map[string]string{}
	}
	for user, state := range users {
		if state == Online || state == Away {
			r.users[user] = state
		} else {
			delete(r.users, user)
		}
	}
	for user, was := range before {
		h.showPresence(user, was)
	}
}

// presenceSyncs are the events that say who is connected here. Under mu.
func (h *Hub) presenceSyncs() []*contracts.Event {
	var out []*contracts.Event
	users := slices.Collect(maps.Keys(h.presence.local))
	for first := true; first || len(users) > 0; first = false {
		n := min(len(users), syncUsers)
		s := presenceSyncData{Users: map[string]string{}, First: first}
		for _, u := range users[:n] {
			s.Users[u] = best(h.presence.local[u])
		}
		users = users[n:]
		data, err := json.Marshal(s)
		if err != nil {
			panic("messaging: encode presence: " + err.Error()) // strings and a boolean
		}
		out = append(out, ephemeral(presenceSync, h.cfg.Now(), data))
	}
	return out
}

// announce tells the other instances who is connected here, now and again, and
// forgets those that have fallen silent.
func (h *Hub) announce(ctx context.Context) {
	h.outbox.add(ephemeral(presenceAsk, h.cfg.Now(), []byte(`{}`)))
	tick := time.NewTicker(h.cfg.Announce)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		h.mu.Lock()
		h.outbox.add(h.presenceSyncs()...)
		for instance, r := range h.presence.remote {
			if h.cfg.Now().Sub(r.heard) < 3*h.cfg.Announce {
				continue
			}
			before := make(map[string]string, len(r.users))
			for user := range r.users {
				before[user] = h.presence.of(user)
			}
			delete(h.presence.remote, instance)
			for user, was := range before {
				h.showPresence(user, was)
			}
		}
		h.mu.Unlock()
	}
}
