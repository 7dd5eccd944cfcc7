package tui

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// composerLines is the most that the composer takes of the screen.
const composerLines = 6

func newComposer(t theme) textarea.Model {
	c := textarea.New()
	c.ShowLineNumbers = false
	c.Prompt = ""
	c.Placeholder = ""
	c.DynamicHeight, c.MinHeight, c.MaxHeight, c.MaxContentHeight = true, 1, composerLines, 10000
	c.CharLimit = 0
	c.SetVirtualCursor(false)
	plain := textarea.StyleState{Base: lipgloss.NewStyle(), Text: lipgloss.NewStyle(), Placeholder: t.dim, Selection: t.selected}
	c.SetStyles(textarea.Styles{Focused: plain, Blurred: plain, Cursor: textarea.CursorStyle{Shape: tea.CursorBar, Blink: true}})
	c.KeyMap.InsertNewline = key.NewBinding(key.WithKeys("alt+enter", "shift+enter", "ctrl+j"))
	c.SetHeight(1)
	return c
}

// submit sends what is written, or saves the edit.
func (m *Model) submit() tea.Cmd {
	c, text := m.current(), strings.TrimRight(m.composer.Value(), "\n ")
	if c == nil || strings.TrimSpace(text) == "" {
		return nil
	}
	if err := contracts.ValidateText(text); err != nil {
		m.notice = messageOf(err)
		return nil
	}
	if m.editing != nil {
		id, unchanged := m.editing.ID, m.editing.Text == text
		m.stopEditing()
		if unchanged {
			return nil
		}
		return m.edit(id, text)
	}
	if c.Channel != nil && c.Channel.Archived {
		m.notice = "this channel is archived"
		return nil
	}
	if m.state.muted[m.state.peer(c)] == contracts.LevelBlocked {
		m.notice = "you have blocked this person; Alt+P takes it back"
		return nil
	}
	m.composer.Reset()
	m.typed = time.Time{}
	m.scroll = 0
	c.log.outbox = append(c.log.outbox, outgoing{id: contracts.NewID("c"), text: text, at: m.now()})
	return m.post(c)
}

// editLast takes one's last message into the composer.
func (m *Model) editLast() {
	c := m.current()
	if c == nil {
		return
	}
	own, ok := c.log.own(m.state.me.ID)
	if !ok {
		m.notice = "there is no message of yours here to edit"
		return
	}
	m.editing = &own
	m.composer.SetValue(own.Text)
	m.composer.MoveToEnd()
}

func (m *Model) stopEditing() {
	m.editing = nil
	m.composer.Reset()
}

// retry sends again what failed in the open conversation.
func (m *Model) retry(c *conversation) tea.Cmd {
	if c == nil || len(c.log.outbox) == 0 || c.log.outbox[0].failed == nil {
		return nil
	}
	c.log.outbox[0].tried, c.log.outbox[0].failed = false, nil
	return m.post(c)
}

// discard gives up the message that failed; its text comes back into an empty
// composer.
func (m *Model) discard(c *conversation) tea.Cmd {
	if c == nil || len(c.log.outbox) == 0 || c.log.outbox[0].failed == nil {
		return nil
	}
	if m.composer.Value() == "" {
		m.composer.SetValue(c.log.outbox[0].text)
		m.composer.MoveToEnd()
	}
	c.log.outbox = c.log.outbox[1:]
	return m.post(c)
}

// tellTyping says every three seconds that one is writing.
func (m *Model) tellTyping() {
	if m.stream == nil || m.editing != nil || m.composer.Value() == "" || m.now().Sub(m.typed) < 3*time.Second {
		return
	}
	m.typed = m.now()
	go m.stream.Typing(m.open) // a slow socket must not hold up the keys
}
