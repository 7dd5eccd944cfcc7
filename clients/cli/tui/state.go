package tui

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// typingFor is how long a typing event is believed.
const typingFor = 6 * time.Second

// state is the chat as one sees it: what [dankerchat.Client.Sync] gave and what
// happened since.
type state struct {
	me            contracts.User
	workspace     string
	conversations map[string]*conversation
	users         map[string]contracts.User
	presence      map[string]string // user id to online or away
	muted         map[string]contracts.MuteLevel
}

type conversation struct {
	contracts.Membership
	log    log
	typing map[string]time.Time // user id to when that is over
	draft  string               // what stands in the composer while another is open
}

func newState(s dankerchat.Sync) *state {
	st := &state{
		me: s.Me, workspace: s.Workspace.Name, conversations: map[string]*conversation{},
		users: map[string]contracts.User{}, presence: map[string]string{},
	}
	for _, u := range s.Users {
		st.users[u.ID] = u
	}
	st.muted = map[string]contracts.MuteLevel{}
	for _, u := range s.MutedUsers {
		st.muted[u.User.ID] = u.Level
		st.know(u.User)
	}
	for _, p := range s.Presence {
		st.presence[p.UserID] = p.State
	}
	for _, m := range s.Conversations {
		st.put(m)
	}
	return st
}

// replace takes a fresh state over. What is not sent yet and drafts are kept; what
// was loaded is not: something in it may have changed.
func (s *state) replace(fresh dankerchat.Sync) {
	next := newState(fresh)
	for id, old := range s.conversations {
		if c := next.conversations[id]; c != nil {
			c.draft, c.log.outbox = old.draft, old.log.outbox
		}
	}
	*s = *next
}

func (s *state) put(m contracts.Membership) {
	c := s.conversations[m.ConversationID]
	if c == nil {
		c = &conversation{typing: map[string]time.Time{}}
		s.conversations[m.ConversationID] = c
	}
	c.Membership = m
}

// apply takes one event in. Needs are conversations to be fetched: one has come
// into them, or they are not known.
func (s *state) apply(ev dankerchat.Event, now time.Time) (needs []string) {
	switch ev.Type {
	case contracts.EventMessageCreated, contracts.EventMessageUpdated, contracts.EventMessageDeleted:
		m, ok := ev.Message()
		if !ok {
			break
		}
		if s.conversations[m.ConversationID] == nil && ev.Type == contracts.EventMessageCreated {
			return []string{m.ConversationID}
		}
		s.message(ev.Type, m)
	case contracts.EventMessagesRemoved:
		var d struct {
			ConversationID  string `json:"conversation_id"`
			ThroughPosition int64  `json:"through_position"`
		}
		if c := s.read(ev, &d).conversations[d.ConversationID]; c != nil {
			c.log.remove(d.ThroughPosition)
		}
	case contracts.EventReadUpdated:
		var r contracts.ReadState
		if c := s.read(ev, &r).conversations[r.ConversationID]; c != nil {
			s.setRead(c, r)
		}
	case contracts.EventMutedUserUpdated:
		var change contracts.MutedUserChange
		if s.read(ev, &change); change.UserID != "" {
			s.mute(change)
		}
	case contracts.EventChannelCreated, contracts.EventChannelUpdated, contracts.EventChannelArchived, contracts.EventChannelUnarchived:
		var ch contracts.Channel
		// Without a name it says that the channel went private; a member hears more.
		if c := s.read(ev, &ch).conversations[ch.ID]; c != nil && ch.Name != "" {
			ch.Joined = true
			c.Channel, c.Kind = &ch, ch.Kind
		}
	case contracts.EventDirectCreated:
		var d contracts.DirectConversation
		if s.read(ev, &d); s.conversations[d.ID] == nil && d.ID != "" {
			s.put(contracts.Membership{ConversationID: d.ID, Kind: contracts.KindDirect, LastPosition: d.LastPosition, LastPostAt: &d.CreatedAt, Direct: &d})
		}
	case contracts.EventMemberJoined, contracts.EventMemberLeft:
		return s.member(ev)
	case contracts.EventUserCreated, contracts.EventUserUpdated, contracts.EventUserSuspended, contracts.EventUserRestored:
		var u contracts.User
		if s.read(ev, &u); u.ID != "" {
			s.users[u.ID] = u
		}
	case contracts.EventPresence:
		var p dankerchat.Presence
		s.read(ev, &p)
		s.presence[p.UserID] = p.State
	case contracts.EventTyping:
		var t struct {
			ConversationID string `json:"conversation_id"`
			UserID         string `json:"user_id"`
		}
		if c := s.read(ev, &t).conversations[t.ConversationID]; c != nil && t.UserID != s.me.ID && s.muted[t.UserID] == "" {
			c.typing[t.UserID] = now.Add(typingFor)
		}
	case contracts.EventSettingsChanged:
		var w dankerchat.Workspace
		if s.read(ev, &w); w.Name != "" {
			s.workspace = w.Name
		}
	}
	return nil
}

// read decodes an event's data; what this program cannot read leaves into as it is.
func (s *state) read(ev dankerchat.Event, into any) *state {
	_ = json.Unmarshal(ev.Data, into)
	return s
}

func (s *state) message(kind string, m contracts.Message) {
	c := s.conversations[m.ConversationID]
	if c == nil {
		return
	}
	c.log.take(m)
	if kind != contracts.EventMessageCreated {
		return
	}
	delete(c.typing, m.Author.ID)
	if m.Position <= c.LastPosition {
		return // counted already
	}
	c.LastPosition, c.LastPostAt = m.Position, &m.CreatedAt
	switch {
	case m.Kind == contracts.MessageSystem:
		c.Quiet++ // never unread
	case m.Author.ID == s.me.ID:
		// The server takes everything before an own post for read and says no more.
		c.LastReadPosition, c.ReadQuiet, c.Mentions = m.Position, c.Quiet, 0
		c.Hushed = 0
	case s.muted[m.Author.ID] != "":
		c.Hushed++
	case s.mentioned(m):
		c.Mentions++
	}
	s.count(c)
}

// mentioned says whether the message is meant for one in particular.
func (s *state) mentioned(m contracts.Message) bool {
	return m.Author.ID != s.me.ID && (m.MentionAll || slices.Contains(m.Mentions, s.me.ID))
}

// calls is how much in the conversation is meant for one: mentions, and in a direct
// conversation everything unread.
func (c *conversation) calls() int64 {
	if c.Channel == nil {
		return c.Unread
	}
	return c.Mentions
}

func (s *state) member(ev dankerchat.Event) (needs []string) {
	var d struct {
		ConversationID string            `json:"conversation_id"`
		User           contracts.UserRef `json:"user"`
	}
	s.read(ev, &d)
	c := s.conversations[d.ConversationID]
	joined := ev.Type == contracts.EventMemberJoined
	switch {
	case d.User.ID == s.me.ID && joined && c == nil:
		return []string{d.ConversationID}
	case d.User.ID == s.me.ID && !joined:
		delete(s.conversations, d.ConversationID)
	case c != nil && c.Channel != nil && joined:
		c.Channel.MemberCount++
	case c != nil && c.Channel != nil:
		c.Channel.MemberCount--
	}
	return nil
}

// know takes over what somebody is called who is not among the users one sees.
func (s *state) know(u contracts.UserRef) {
	if _, known := s.users[u.ID]; !known {
		s.users[u.ID] = contracts.User{ID: u.ID, Username: u.Username, DisplayName: u.DisplayName, Bot: u.Bot}
	}
}

// name is how the conversation is called in the list: "general", "Member, Guest".
func (s *state) name(c *conversation) string {
	if c.Channel != nil {
		return c.Channel.Name
	}
	if c.Direct == nil {
		return c.ConversationID
	}
	var others []string
	for _, u := range c.Direct.Participants {
		if u.ID != s.me.ID {
			others = append(others, s.display(u))
		}
	}
	if len(others) == 0 {
		return s.display(contracts.UserRef{ID: s.me.ID, Username: s.me.Username, DisplayName: s.me.DisplayName}) + " (notes)"
	}
	return strings.Join(others, ", ")
}

// display is what somebody is called now.
func (s *state) display(u contracts.UserRef) string {
	if known, ok := s.users[u.ID]; ok && known.DisplayName != "" {
		return clean(known.DisplayName)
	}
	if u.DisplayName != "" {
		return clean(u.DisplayName)
	}
	return u.Username
}

// peer is the other one in a conversation of two.
func (s *state) peer(c *conversation) string {
	if c.Direct == nil || len(c.Direct.Participants) != 2 {
		return ""
	}
	for _, u := range c.Direct.Participants {
		if u.ID != s.me.ID {
			return u.ID
		}
	}
	return ""
}

// typists are those who type in the conversation now.
func (s *state) typists(c *conversation, now time.Time) []string {
	var names []string
	for id, until := range c.typing {
		if until.After(now) {
			u := s.users[id]
			names = append(names, s.display(contracts.UserRef{ID: id, Username: u.Username}))
		}
	}
	slices.Sort(names)
	return names
}

// channels and directs are the two sections of the list in their order: channels by
// name, direct conversations by the latest post.
func (s *state) channels() []*conversation {
	list := s.some(func(c *conversation) bool { return c.Channel != nil && !c.Channel.Archived })
	slices.SortFunc(list, func(a, b *conversation) int { return strings.Compare(a.Channel.Name, b.Channel.Name) })
	return list
}

func (s *state) directs() []*conversation {
	list := s.some(func(c *conversation) bool { return c.Channel == nil })
	slices.SortFunc(list, func(a, b *conversation) int {
		return cmp.Or(postedAt(b).Compare(postedAt(a)), strings.Compare(a.ConversationID, b.ConversationID))
	})
	return list
}

func postedAt(c *conversation) time.Time {
	switch {
	case c.LastPostAt != nil:
		return *c.LastPostAt
	case c.Direct != nil:
		return c.Direct.CreatedAt
	}
	return time.Time{}
}

// order is the whole list from top to bottom.
func (s *state) order() []*conversation { return append(s.channels(), s.directs()...) }

func (s *state) some(wanted func(*conversation) bool) []*conversation {
	var list []*conversation
	for _, c := range s.conversations {
		if wanted(c) {
			list = append(list, c)
		}
	}
	return list
}
