package messaging

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Subscriber is one connection of a user. The hub calls its methods under its own
// lock: they must be quick, must not block, and must not call the hub.
type Subscriber interface {
	UserID() string
	// Guests get of scope "members" only what is about themselves or about a
	// conversation in which they take part, and no presence.
	Guest() bool
	// Start is called once, before anything else: what was missed, and the cursor up
	// to which the connection is then complete. Every later event is delivered.
	Start(Resume)
	// Deliver hands over a frame. A subscriber whose queue is full must drop the
	// connection, or ephemeral frames; it must not wait.
	Deliver(*Frame)
	// Revoke tells that a session or token of this user was revoked, or that he was
	// suspended; the subscriber knows whether it is meant.
	Revoke(contracts.Event)
}

// Resume answers how a connection begins.
type Resume struct {
	Cursor   contracts.Cursor // everything up to here has been seen or is in Replayed
	Resumed  bool
	Reason   string // why not: one of the Reason… constants
	Replayed []*Frame
}

// Why a connection was not resumed; the client then fetches the state anew.
const (
	ReasonNew     = "new"      // no cursor was given
	ReasonEpoch   = "epoch"    // the cursor belongs to a history that was replaced
	ReasonMark    = "mark"     // likewise: another event stands at its position
	ReasonAhead   = "ahead"    // the log does not reach that far
	ReasonTooOld  = "too_old"  // the log no longer reaches back that far
	ReasonTooMany = "too_many" // more events were missed than are replayed
)

// MaxReplay is how many events a resume replays at most, unless HubConfig says otherwise.
const MaxReplay = 5000

// HubConfig is what [NewHub] needs.
type HubConfig struct {
	Log zerolog.Logger
	Now func() time.Time // nil is time.Now; for typing and presence
	Bus Bus              // nil is a [LocalBus] of its own
	// Render fills in Data of those events where it is nil. Required. An event whose
	// Data stays nil is shown to nobody.
	Render func(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error
	// Apply is called with every event in the log's order, before it is rendered or
	// delivered, and perhaps again after a failure: caches follow the log by it. May be nil.
	Apply func(contracts.Event)
	// Events and Bytes bound what is kept in memory for replays. 0 is 10,000 and 8 MiB.
	Events, Bytes int
	// Replay is how many events a resume replays at most. 0 is [MaxReplay].
	Replay int
	// Announce is how often instances tell one another who is connected; one that is
	// silent three times as long counts as gone. 0 is 30 s.
	Announce time.Duration
}

// Hub follows the event log and hands each event, encoded once and in the log's
// order, to every connected subscriber who may see it: those who take part in its
// conversation (which it learns from the log itself), the user it is for, or
// everybody. Start it with [Hub.Run].
type Hub struct {
	db       *sqldb.DB
	cfg      HubConfig
	instance string
	ready    chan struct{} // closed when head is known
	failed   chan error    // ends Run
	heard    atomic.Int64  // when another instance last said something, unix nanoseconds
	inbox    inbox
	outbox   outbox

	// mu guards all below. It is taken before nothing else, and no database is
	// asked under it.
	mu       sync.Mutex
	started  bool
	head     contracts.Cursor
	recent   ring
	users    map[string]*listener // those connected here
	rooms    map[string]*room     // conversations in which somebody connected here takes part
	presence presence
	moved    chan struct{} // closed when head moves; nil while nobody waits
}

// listener is a user with at least one connection here.
type listener struct {
	id    string
	subs  []Subscriber
	rooms map[*room]struct{}
	muted map[string]bool // whom he has muted or blocked: their typing is not shown to him
}

// room is a conversation with those of its participants who are connected here, and
// the log position from which on each may see it.
type room struct {
	id    string
	users map[*listener]int64
}

// NewHub returns a hub over db. It does nothing until [Hub.Run].
func NewHub(db *sqldb.DB, cfg HubConfig) *Hub {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Bus == nil {
		cfg.Bus = &LocalBus{}
	}
	if cfg.Events <= 0 {
		cfg.Events = 10000
	}
	if cfg.Bytes <= 0 {
		cfg.Bytes = 8 << 20
	}
	if cfg.Replay <= 0 {
		cfg.Replay = MaxReplay
	}
	if cfg.Announce <= 0 {
		cfg.Announce = 30 * time.Second
	}
	h := &Hub{
		db: db, cfg: cfg, instance: contracts.NewID("hub"), ready: make(chan struct{}), failed: make(chan error, 1),
		recent: ring{maxEntries: cfg.Events, maxBytes: cfg.Bytes},
		users:  map[string]*listener{}, rooms: map[string]*room{},
	}
	h.inbox.wake = make(chan struct{}, 1)
	h.outbox.wake = make(chan struct{}, 1)
	h.presence = presence{local: map[string]map[string]string{}, remote: map[string]*remotePresence{}}
	return h
}

// Head returns the cursor up to which every subscriber has been handed everything.
func (h *Hub) Head() contracts.Cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head
}

// Detach ends a subscription; nothing is delivered after it has returned. It may be
// called twice, and for a subscriber that was never attached.
func (h *Hub) Detach(sub Subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[sub.UserID()]
	if u == nil {
		return
	}
	for i, s := range u.subs {
		if s == sub {
			u.subs = append(u.subs[:i:i], u.subs[i+1:]...)
			break
		}
	}
	if len(u.subs) == 0 {
		for r := range u.rooms {
			h.leave(u, r)
		}
		delete(h.users, u.id)
	}
}

// Typing tells the connected participants of a conversation, but the user himself and
// those who have muted him, that he is typing. It is ignored of one who does not take part or is not connected here.
func (h *Hub) Typing(user, conversation string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u, r := h.users[user], h.rooms[conversation]
	if u == nil || r == nil {
		return
	}
	if _, ok := r.users[u]; !ok {
		return
	}
	data, err := json.Marshal(typing{conversation, user})
	if err != nil {
		return // two strings
	}
	ev := ephemeral(contracts.EventTyping, h.cfg.Now(), data)
	h.showTyping(ev)
	h.outbox.add(ev)
}

type typing struct {
	Conversation string `json:"conversation_id"`
	User         string `json:"user_id"`
}

// showTyping delivers a typing event here. Under mu.
func (h *Hub) showTyping(ev *contracts.Event) {
	var t typing
	if json.Unmarshal(ev.Data, &t) != nil {
		return // from another instance, and not understood
	}
	r := h.rooms[t.Conversation]
	if r == nil {
		return
	}
	f := newFrame(ev)
	for u := range r.users {
		if u.id != t.User && !u.muted[t.User] {
			u.deliver(f)
		}
	}
}

func (u *listener) deliver(f *Frame) {
	for _, s := range u.subs {
		s.Deliver(f)
	}
}

// join lets a connected user see a conversation from a log position on. Under mu.
func (h *Hub) join(u *listener, conversation string, from int64) {
	r := h.rooms[conversation]
	if r == nil {
		r = &room{id: conversation, users: map[*listener]int64{}}
		h.rooms[conversation] = r
	}
	r.users[u] = from
	u.rooms[r] = struct{}{}
}

// leave is the opposite of join. Under mu.
func (h *Hub) leave(u *listener, r *room) {
	delete(u.rooms, r)
	delete(r.users, u)
	if len(r.users) == 0 {
		delete(h.rooms, r.id)
	}
}

// advance takes the next event: membership first, then memory, then delivery. f is
// nil for what no client sees.
func (h *Hub) advance(ev *contracts.Event, f *Frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := entry{event: ev, frame: f}
	switch ev.Type {
	case contracts.EventMemberJoined:
		if u := h.users[ev.Subject]; u != nil {
			h.join(u, ev.Scope, ev.Position)
		}
	case contracts.EventDirectCreated:
		e.users = directUsers(ev)
		for _, id := range e.users {
			if u := h.users[id]; u != nil {
				h.join(u, ev.Scope, ev.Position)
			}
		}
	case contracts.EventMutedUserUpdated:
		if u := h.users[ev.Scope]; u != nil {
			follow(u.muted, ev)
		}
	case contracts.EventMessageDeleted, contracts.EventMessagesRemoved:
		h.recent.erase(ev)
	}
	if f != nil {
		h.deliver(ev, f)
	}
	switch ev.Type {
	case contracts.EventMemberLeft:
		if u, r := h.users[ev.Subject], h.rooms[ev.Scope]; u != nil && r != nil {
			h.leave(u, r)
		}
	case contracts.EventSessionRevoked, contracts.EventTokenRevoked:
		h.revoke(ev.Scope, ev)
	case contracts.EventUserSuspended:
		h.revoke(ev.Subject, ev)
	}
	kept := *ev
	kept.Data = nil
	e.event = &kept
	h.recent.push(e)
	h.head.Position, h.head.Mark = ev.Position, ev.Mark
	if h.moved != nil {
		close(h.moved)
		h.moved = nil
	}
}

// deliver hands a frame to those connected here who may see it. Under mu.
func (h *Hub) deliver(ev *contracts.Event, f *Frame) {
	switch ev.Scope {
	case contracts.ScopeWorkspace:
		for _, u := range h.users {
			u.deliver(f)
		}
		return
	case contracts.ScopeMembers:
		h.deliverMembers(ev, f)
		return
	}
	if u := h.users[ev.Scope]; u != nil {
		u.deliver(f)
		return
	}
	r := h.rooms[ev.Scope]
	leaver := (*listener)(nil)
	if ev.Type == contracts.EventMemberLeft {
		leaver = h.users[ev.Subject]
	}
	if r != nil {
		for u, from := range r.users {
			if ev.Position >= from && u != leaver {
				u.deliver(f)
			}
		}
	}
	if leaver != nil {
		leaver.deliver(f) // his own news, whatever is known of his stay
	}
}

// deliverMembers hands a frame to everybody but those guests whom it is not about: they
// take no part in its conversation, and are not its user. Under mu.
func (h *Hub) deliverMembers(ev *contracts.Event, f *Frame) {
	about := h.rooms[ev.Subject]
	for _, u := range h.users {
		inside := u.id == ev.Subject
		if about != nil {
			from, in := about.users[u]
			inside = in && ev.Position >= from
		}
		for _, s := range u.subs {
			if inside || !s.Guest() {
				s.Deliver(f)
			}
		}
	}
}

func (h *Hub) revoke(user string, ev *contracts.Event) {
	if u := h.users[user]; u != nil {
		for _, s := range u.subs {
			s.Revoke(*ev)
		}
	}
}

// directUsers reads the participants out of a rendered dm.created.
func directUsers(ev *contracts.Event) []string {
	var d contracts.DirectConversation
	if json.Unmarshal(ev.Data, &d) != nil {
		return nil
	}
	ids := make([]string, len(d.Participants))
	for i, p := range d.Participants {
		ids[i] = p.ID
	}
	return ids
}
