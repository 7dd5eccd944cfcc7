package tui

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// askAgain is the wait after a request for state that failed.
const askAgain = 2 * time.Second

// A fetch is a request for one conversation that is under way.
type fetch struct {
	changed bool // something has happened there since: the answer may be of before
}

// sync asks for the whole state. Events that come until it is here are held.
func (m *Model) sync() tea.Cmd {
	m.syncs++
	m.syncing, m.held = true, nil
	of := m.syncs
	return func() tea.Msg {
		s, err := m.client.Sync(m.ctx)
		return syncedMsg{s, of, err}
	}
}

// release applies the held events that a fresh state does not know of.
func (m *Model) release(to contracts.Cursor) tea.Cmd {
	held := m.held
	m.syncing, m.held = false, nil
	var cmds []tea.Cmd
	for _, ev := range held {
		if ev.Position == 0 || ev.Position > to.Position {
			cmds = append(cmds, m.event(ev))
		}
	}
	return tea.Batch(cmds...)
}

// member asks for a conversation that one has come into.
func (m *Model) member(id string) tea.Cmd {
	if of := m.fetching[id]; of != nil {
		of.changed = true
		return nil
	}
	of := &fetch{}
	m.fetching[id] = of
	return func() tea.Msg {
		c, err := m.client.Conversation(m.ctx, id)
		c.ConversationID = id
		return memberMsg{c, of, err}
	}
}

// touched says what an event does to the answers that are on their way.
func (m *Model) touched(ev dankerchat.Event) {
	if len(m.fetching) == 0 {
		return
	}
	var d struct {
		ConversationID string            `json:"conversation_id"`
		ID             string            `json:"id"`
		User           contracts.UserRef `json:"user"`
	}
	_ = json.Unmarshal(ev.Data, &d)
	if strings.HasPrefix(ev.Type, "channel.") {
		d.ConversationID = d.ID
	}
	if ev.Type == contracts.EventMemberLeft && d.User.ID == m.state.me.ID {
		delete(m.fetching, d.ConversationID)
	} else if of := m.fetching[d.ConversationID]; of != nil {
		of.changed = true
	}
}

func (m *Model) joined(msg memberMsg) tea.Cmd {
	id := msg.membership.ConversationID
	if m.fetching[id] != msg.of {
		return nil // one has left since
	}
	delete(m.fetching, id)
	switch {
	case errors.Is(msg.err, contracts.ErrNotFound):
		delete(m.state.conversations, id)
		return nil
	case msg.err != nil:
		return tea.Tick(askAgain, func(time.Time) tea.Msg { return memberAgainMsg(id) })
	case !msg.of.changed:
		m.state.put(msg.membership)
		return nil
	}
	if m.state.conversations[id] == nil {
		m.state.put(msg.membership)
	}
	return m.member(id)
}

func (m *Model) talked(msg talkedMsg) tea.Cmd {
	if msg.err != nil {
		m.notice = messageOf(msg.err)
		return nil
	}
	id := msg.membership.ConversationID
	if m.state.conversations[id] == nil {
		m.state.put(msg.membership)
	}
	return m.show(id)
}
