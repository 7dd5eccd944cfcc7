package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// model is what a client keeps: state that it fetched, changed by events alone.
type model struct {
	me            string
	position      int64
	users         map[string]contracts.User
	conversations map[string]contracts.Membership
	muted         map[string]contracts.MuteLevel
}

func newModel(s workspace.Sync) *model {
	m := &model{me: s.Me.ID, position: s.Cursor.Position, users: map[string]contracts.User{}, conversations: map[string]contracts.Membership{}, muted: map[string]contracts.MuteLevel{}}
	for _, u := range s.Users {
		m.users[u.ID] = u
	}
	for _, u := range s.MutedUsers {
		m.muted[u.User.ID] = u.Level
	}
	for _, c := range s.Conversations {
		m.conversations[c.ConversationID] = c
	}
	return m
}

func (m *model) apply(t testing.TB, f frame) {
	t.Helper()
	if f.Op != "event" || f.Position == 0 {
		return
	}
	m.position = f.Position
	decode := func(v any) {
		if err := json.Unmarshal(f.D, v); err != nil {
			t.Fatalf("decode %s: %v", f.Type, err)
		}
	}
	switch {
	case strings.HasPrefix(f.Type, "user."):
		var u contracts.User
		decode(&u)
		m.users[u.ID] = u
	case strings.HasPrefix(f.Type, "channel."):
		var ch contracts.Channel
		decode(&ch)
		if c, in := m.conversations[ch.ID]; in && ch.Name != "" {
			c.Kind, c.Channel = ch.Kind, &ch
			m.conversations[ch.ID] = c
		} else if !in {
			m.conversations[ch.ID] = contracts.Membership{ConversationID: ch.ID, Kind: ch.Kind, Channel: &ch, LastPosition: -1} // known, not joined
		}
	case f.Type == contracts.EventDirectCreated:
		var d contracts.DirectConversation
		decode(&d)
		if _, in := m.conversations[d.ID]; !in {
			m.conversations[d.ID] = contracts.Membership{ConversationID: d.ID, Kind: contracts.KindDirect, Direct: &d}
		}
	case f.Type == contracts.EventMessageCreated:
		msg := f.message(t)
		if c := m.conversations[msg.ConversationID]; msg.Position > c.LastPosition {
			c.ConversationID, c.LastPosition = msg.ConversationID, msg.Position
			m.conversations[msg.ConversationID] = c
		}
	case f.Type == contracts.EventReadUpdated:
		var r contracts.ReadState
		decode(&r)
		c := m.conversations[r.ConversationID]
		c.ConversationID = r.ConversationID
		c.LastReadPosition = max(c.LastReadPosition, r.LastReadPosition)
		m.conversations[r.ConversationID] = c
	case f.Type == contracts.EventMutedUserUpdated:
		var change contracts.MutedUserChange
		decode(&change)
		delete(m.muted, change.UserID)
		if change.MutedUser != nil {
			m.muted[change.UserID] = change.MutedUser.Level
		}
	case f.Type == contracts.EventMemberLeft:
		var left struct {
			Conversation string            `json:"conversation_id"`
			User         contracts.UserRef `json:"user"`
		}
		decode(&left)
		if left.User.ID == m.me {
			delete(m.conversations, left.Conversation)
		}
	}
}

// text is the part of the state that must agree, readable and sorted.
func (m *model) text() string {
	var lines []string
	for _, u := range m.users {
		lines = append(lines, fmt.Sprintf("user %s %s %s %s", u.Username, u.DisplayName, u.Role, u.State))
	}
	for _, c := range m.conversations {
		what := ""
		if c.Channel != nil {
			what = fmt.Sprintf("#%s %q archived=%v", c.Channel.Name, c.Channel.Topic, c.Channel.Archived)
		}
		lines = append(lines, fmt.Sprintf("conversation %s %s %s last=%d", c.ConversationID, c.Kind, what, c.LastPosition))
	}
	for user, level := range m.muted {
		lines = append(lines, fmt.Sprintf("%s is %s", user, level))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
