package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// pageSize is how many messages one request for history asks for.
const pageSize = 50

// load fetches the newest stretch of the open conversation, unless it is there.
func (m *Model) load() tea.Cmd {
	c := m.current()
	if c == nil || c.log.loaded || c.log.loading {
		return nil
	}
	return m.fetch(c, "")
}

// loadOlder fetches the page before what is loaded.
func (m *Model) loadOlder() tea.Cmd {
	c := m.current()
	if c == nil || !c.log.loaded || c.log.loading || c.log.complete || len(c.log.messages) == 0 {
		return nil
	}
	return m.fetch(c, c.log.messages[0].ID)
}

func (m *Model) fetch(c *conversation, before string) tea.Cmd {
	c.log.loading = true
	id := c.ConversationID
	return func() tea.Msg {
		h, err := m.client.Messages(m.ctx, id, dankerchat.HistoryOptions{Before: before, Limit: pageSize})
		return pageMsg{id, h, before != "", err}
	}
}

// post sends what is next in the conversation's outbox.
func (m *Model) post(c *conversation) tea.Cmd {
	next := c.log.next()
	if next == nil {
		return nil
	}
	next.tried = true
	id, text, conv := next.id, next.text, c.ConversationID
	return func() tea.Msg {
		msg, err := m.client.PostID(m.ctx, conv, text, id)
		return postedMsg{conv, id, msg, err}
	}
}

func (m *Model) edit(id, text string) tea.Cmd {
	return func() tea.Msg {
		msg, err := m.client.Edit(m.ctx, id, text)
		return editedMsg{msg, text, err}
	}
}

// markRead says that the open conversation is read, when its end is seen.
func (m *Model) markRead() tea.Cmd {
	c := m.current()
	if c == nil || m.reading || m.now().Before(m.readAgain) || !m.focused || !m.live || m.overlay != overlayNone || m.scroll > 0 || c.Unread+c.Hushed <= 0 || !c.log.loaded {
		return nil
	}
	m.reading = true
	id, position := c.ConversationID, c.LastPosition
	return func() tea.Msg {
		r, err := m.client.MarkRead(m.ctx, id, position)
		return readMsg{r, err}
	}
}

// talk finds or makes the conversation with somebody and shows it.
func (m *Model) talk(user string) tea.Cmd {
	return func() tea.Msg {
		var c contracts.Membership
		d, err := m.client.OpenDirect(m.ctx, user)
		if err == nil {
			c, err = m.client.Conversation(m.ctx, d.ID)
		}
		return talkedMsg{c, err}
	}
}

// tick redraws what changes with time, as long as there is something.
func (m *Model) tick() tea.Cmd {
	if m.ticking {
		return nil
	}
	m.ticking = true
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
}
