package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Entry is one event of the log with the cursor after it.
type Entry struct {
	Type     string          `json:"type"`
	Position int64           `json:"position"`
	Mark     string          `json:"mark"`
	Cursor   string          `json:"cursor"`
	At       time.Time       `json:"at"`
	Data     json.RawMessage `json:"d"`

	Scope, Subject string `json:"-"`
}

// Filter narrows what [Session.Follow] tells. The zero Filter lets pass all that
// the actor may see.
type Filter struct {
	Conversation string   // a conversation id
	Types        []string // event types
	Mentions     bool     // messages that name the actor, or everybody, alone
}

// followChunk is how many events are read at once.
const followChunk = 200

// Follow calls fn for each event after from that the actor may see, in order. With
// forever it then waits for new ones, written by whatever process, until ctx ends;
// otherwise it returns at the head. It reads the database alone, so it works with
// and without a running server.
func (s *Session) Follow(ctx context.Context, from contracts.Cursor, forever bool, filter Filter, fn func(Entry) error) error {
	f := &follower{Session: s, at: from, filter: filter, member: map[string]bool{}, fn: fn}
	if !forever {
		return f.catchUp(ctx)
	}
	wake := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- s.DB.Watch(ctx, func() {
			select {
			case wake <- struct{}{}:
			default: // a wake-up is on its way already
			}
		})
	}()
	err := f.loop(ctx, wake, ended)
	cancel()
	return err
}

type follower struct {
	*Session
	at     contracts.Cursor
	filter Filter
	member map[string]bool // by conversation: whether the actor takes part, as of at
	fn     func(Entry) error
}

func (f *follower) loop(ctx context.Context, wake <-chan struct{}, ended <-chan error) error {
	// Watch tells of all that comes; a slow tick is there should it fail to.
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := f.catchUp(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ended:
			return errors.Join(err, ctx.Err())
		case <-wake:
		case <-tick.C:
		}
	}
}

func (f *follower) catchUp(ctx context.Context) error {
	for {
		events, err := eventlog.Since(ctx, f.DB.Read, f.at.Position, followChunk)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return nil
		}
		if events[0].Position != f.at.Position+1 {
			return contracts.ErrGone.With(fmt.Sprintf("events %d to %d are not kept any more", f.at.Position+1, events[0].Position-1)).
				WithHint("Begin anew with --from start.")
		}
		if err := f.tell(ctx, events); err != nil {
			return err
		}
	}
}

func (f *follower) tell(ctx context.Context, events []contracts.Event) error {
	var chosen []*contracts.Event
	for i := range events {
		ev := &events[i]
		seen, err := f.sees(ctx, ev)
		if err != nil {
			return err
		}
		if seen && f.wanted(ev) {
			chosen = append(chosen, ev)
		}
	}
	if len(chosen) > 0 {
		if err := f.Render(ctx, f.DB.Read, chosen); err != nil {
			return fmt.Errorf("render events: %w", err)
		}
	}
	for _, ev := range chosen {
		if f.filter.Mentions && !f.named(ev.Data) {
			continue
		}
		f.at.Position, f.at.Mark = ev.Position, ev.Mark
		data := ev.Data
		if len(data) == 0 {
			data = json.RawMessage("null")
		}
		err := f.fn(Entry{Type: ev.Type, Position: ev.Position, Mark: ev.Mark, Cursor: FormatCursor(f.at), At: ev.At, Data: data, Scope: ev.Scope, Subject: ev.Subject})
		if err != nil {
			return err
		}
	}
	last := events[len(events)-1]
	f.at.Position, f.at.Mark = last.Position, last.Mark
	return nil
}

func (f *follower) wanted(ev *contracts.Event) bool {
	if c := f.filter.Conversation; c != "" && ev.Scope != c && ev.Subject != c {
		return false
	}
	if f.filter.Mentions && ev.Type != contracts.EventMessageCreated {
		return false
	}
	return len(f.filter.Types) == 0 || slices.Contains(f.filter.Types, ev.Type)
}

func (f *follower) named(data json.RawMessage) bool {
	var m struct {
		Mentions   []string `json:"mentions"`
		MentionAll bool     `json:"mention_all"`
	}
	return json.Unmarshal(data, &m) == nil && (m.MentionAll || slices.Contains(m.Mentions, f.Actor.UserID))
}

// sees tells whether the actor may see an event: the operator all of them, a user
// what a connection of theirs would get. Membership is that of now, so nothing of a
// conversation is told after one has left it, but one's own leaving.
func (f *follower) sees(ctx context.Context, ev *contracts.Event) (bool, error) {
	me := f.Actor.UserID
	switch {
	case f.Actor.Operator:
		return true, nil
	case ev.Type == contracts.EventKeyRotated:
		return false, nil
	case ev.Scope == contracts.ScopeWorkspace, ev.Scope == me:
		return true, nil
	case ev.Scope == contracts.ScopeMembers && f.Actor.Role != contracts.RoleGuest:
		return true, nil
	}
	conversation := ev.Scope
	if ev.Scope == contracts.ScopeMembers { // a guest sees what becomes of the channels that he is in
		conversation = ev.Subject
	}
	if !contracts.ValidID(contracts.PrefixConversation, conversation) {
		return false, nil
	}
	mine := ev.Subject == me && (ev.Type == contracts.EventMemberJoined || ev.Type == contracts.EventMemberLeft)
	if _, known := f.member[conversation]; !known || mine {
		in, err := f.Messaging.MemberOf(ctx, me, conversation)
		if err != nil {
			return false, fmt.Errorf("look up membership: %w", err)
		}
		f.member[conversation] = in
	}
	return f.member[conversation] || mine && ev.Type == contracts.EventMemberLeft, nil
}
