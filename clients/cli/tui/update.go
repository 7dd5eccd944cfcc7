package tui

import (
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// Update takes what happened in.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	place := m.place()
	cmd := m.update(msg)
	m.layOut()
	m.keepPlace(place)
	return m, tea.Batch(cmd, m.markRead())
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.FocusMsg:
		m.focused = true
	case tea.BlurMsg:
		m.focused = false
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case syncedMsg:
		return m.synced(msg)
	case pageMsg:
		m.paged(msg)
	case postedMsg:
		return m.posted(msg)
	case editedMsg:
		m.edited(msg)
	case syncAgainMsg:
		return m.sync()
	case memberMsg:
		return m.joined(msg)
	case memberAgainMsg:
		return m.member(string(msg))
	case mutedMsg:
		m.muted(msg)
	case talkedMsg:
		return m.talked(msg)
	case readMsg:
		m.reading = false
		if msg.err != nil {
			m.readAgain = m.now().Add(5 * time.Second)
		} else if c := m.state.conversations[msg.state.ConversationID]; c != nil {
			m.state.setRead(c, msg.state)
		}
	case eventMsg:
		return m.event(dankerchat.Event(msg))
	case stateMsg:
		return m.connection(dankerchat.State(msg))
	case endedMsg:
		m.fatal = msg.err
		return tea.Quit
	case tickMsg:
		m.ticking = false
		if m.retryIn > 0 {
			m.retryIn = max(m.retryIn-1e9, 0)
		}
		if !m.live && m.state != nil || m.current() != nil && len(m.state.typists(m.current(), m.now())) > 0 {
			return m.tick()
		}
	default:
		var cmd tea.Cmd
		m.composer, cmd = m.composer.Update(msg)
		return cmd
	}
	return nil
}

// synced takes the state in: the first one, or a fresh one after a resync.
func (m *Model) synced(msg syncedMsg) tea.Cmd {
	if msg.of != m.syncs {
		return nil // a later one is on its way
	}
	if msg.err != nil {
		if m.state == nil {
			m.fatal = msg.err
			return tea.Quit
		}
		m.notice = "cannot fetch what was missed: " + messageOf(msg.err)
		return tea.Tick(askAgain, func(time.Time) tea.Msg { return syncAgainMsg{} })
	}
	if m.state != nil {
		m.state.replace(msg.sync)
		clear(m.fetching)
		later := m.release(msg.sync.Cursor)
		if m.current() == nil {
			return tea.Batch(later, m.showFirst())
		}
		return tea.Batch(later, m.load())
	}
	m.syncing = false
	m.state = newState(msg.sync)
	first := m.showFirst()
	if m.client == nil || m.following {
		return first
	}
	m.following = true
	m.stream = m.client.Stream(dankerchat.StreamOptions{From: &msg.sync.Cursor, OnState: func(s dankerchat.State) { m.send(stateMsg(s)) }})
	return tea.Batch(first, m.follow(m.stream))
}

// showFirst opens what one will want to see: where one is called for, else #general, else any.
func (m *Model) showFirst() tea.Cmd {
	order := m.state.order()
	for _, wanted := range []func(*conversation) bool{
		func(c *conversation) bool { return c.Mentions > 0 },
		func(c *conversation) bool { return c.Channel != nil && c.Channel.Name == "general" },
		func(*conversation) bool { return true },
	} {
		for _, c := range order {
			if wanted(c) {
				return m.show(c.ConversationID)
			}
		}
	}
	m.open = ""
	return nil
}

// show opens a conversation.
func (m *Model) show(id string) tea.Cmd {
	if was := m.current(); was != nil && m.editing == nil {
		was.draft = m.composer.Value()
	}
	m.editing, m.open, m.scroll, m.divider, m.notice, m.unfolded = nil, id, 0, 0, "", false
	c := m.current()
	if c == nil {
		return nil
	}
	if c.Unread > 0 {
		m.divider = c.LastReadPosition + 1
	}
	m.composer.SetValue(c.draft)
	m.composer.MoveToEnd()
	if m.stream != nil {
		go m.stream.Focus(id)
	}
	return m.load()
}

func (m *Model) paged(msg pageMsg) {
	c := m.state.conversations[msg.conversation]
	if c == nil {
		return
	}
	if msg.err != nil {
		c.log.loading = false
		m.notice = "cannot load messages: " + messageOf(msg.err)
		return
	}
	c.log.page(msg.history.Messages, msg.history.HasBefore)
}

func (m *Model) posted(msg postedMsg) tea.Cmd {
	c := m.state.conversations[msg.conversation]
	if c == nil {
		return nil
	}
	if msg.err == nil {
		m.state.message(contracts.EventMessageCreated, msg.message)
		c.log.drop(msg.id)
		return m.post(c)
	}
	for i := range c.log.outbox {
		if c.log.outbox[i].id == msg.id {
			c.log.outbox[i].failed = msg.err
		}
	}
	return nil
}

func (m *Model) edited(msg editedMsg) {
	if msg.err != nil {
		m.notice = "not changed: " + messageOf(msg.err)
		if m.composer.Value() == "" {
			m.composer.SetValue(msg.text) // nothing that was written is lost
		}
		return
	}
	m.state.message(contracts.EventMessageUpdated, msg.message)
}

func (m *Model) event(ev dankerchat.Event) tea.Cmd {
	if m.state == nil {
		return nil
	}
	if ev.Type == dankerchat.Resync {
		return m.sync()
	}
	if m.syncing {
		m.held = append(m.held, ev)
		return nil
	}
	m.touched(ev)
	var cmds []tea.Cmd
	for _, id := range m.state.apply(ev, m.now()) {
		cmds = append(cmds, m.member(id))
	}
	if ev.Type == contracts.EventTyping {
		cmds = append(cmds, m.tick())
	}
	if m.current() == nil {
		cmds = append(cmds, m.showFirst())
	}
	return tea.Batch(cmds...)
}

func (m *Model) connection(s dankerchat.State) tea.Cmd {
	if !s.Live {
		if m.live || m.since.IsZero() {
			m.since = m.now()
		}
		m.live, m.retryIn = false, s.RetryIn
		return m.tick()
	}
	m.live, m.retryIn, m.since = true, 0, m.now()
	if m.stream != nil {
		go m.stream.Focus(m.open)
	}
	cmds := []tea.Cmd{m.load()} // what could not be loaded before
	for _, c := range m.state.conversations {
		if len(c.log.outbox) > 0 && errors.Is(c.log.outbox[0].failed, contracts.ErrUnavailable) {
			cmds = append(cmds, m.retry(c))
		}
	}
	return tea.Batch(cmds...)
}

func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	switch m.overlay {
	case overlayHelp:
		m.overlay = overlayNone
	case overlaySwitcher:
		m.switcher.query += strings.TrimSpace(oneLine(msg.Content))
		return nil
	case overlayPeople:
		m.people.query += strings.TrimSpace(oneLine(msg.Content))
		return nil
	}
	var cmd tea.Cmd
	m.composer, cmd = m.composer.Update(msg)
	return cmd
}

func messageOf(err error) string {
	var e *contracts.Error
	if errors.As(err, &e) && e.Message != "" {
		return oneLine(e.Message)
	}
	return oneLine(err.Error())
}
