package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// help lists the keys, as they are shown.
var help = [][2]string{
	{"Enter", "send; Alt+Enter begins a new line"},
	{"Ctrl+K", "go to a conversation or person by some letters"},
	{"Alt+↑ Alt+↓", "previous, next conversation"},
	{"Alt+A", "next unread conversation"},
	{"PgUp PgDn", "scroll; End in an empty line goes to the newest"},
	{"↑", "in an empty line: edit your last message; Esc stops"},
	{"Alt+M", "show what muted people wrote here, or fold it again"},
	{"Alt+P", "mute and block people, and see whom you have muted"},
	{"Alt+R Alt+X", "send again, or take back, what was not sent"},
	{"Esc", "take away the line above new messages"},
	{"? F1", "this list; ? again types a question mark"},
	{"Ctrl+C", "leave"},
}

func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	if m.state == nil {
		if name == "ctrl+c" || name == "ctrl+q" {
			return tea.Quit
		}
		return nil
	}
	leaving := m.leave
	m.notice, m.leave = "", false
	switch m.overlay {
	case overlayHelp:
		m.helpKey(name)
		return nil
	case overlaySwitcher:
		return m.switcherKey(k)
	case overlayPeople:
		return m.peopleKey(k)
	}
	empty := m.composer.Value() == ""
	switch name {
	case "ctrl+q":
		return tea.Quit
	case "ctrl+c":
		if empty || leaving {
			return tea.Quit
		}
		m.leave, m.notice = true, "Ctrl+C again leaves and forgets what is written"
	case "f1":
		m.overlay, m.helpAt = overlayHelp, 0
	case "ctrl+k":
		m.overlay, m.switcher = overlaySwitcher, switcher{}
	case "alt+p":
		m.overlay, m.people = overlayPeople, people{asking: m.people.asking}
	case "alt+up":
		return m.step(-1)
	case "alt+down":
		return m.step(1)
	case "alt+a":
		return m.nextUnread()
	case "alt+m":
		m.unfolded = !m.unfolded
	case "alt+r":
		return m.retry(m.current())
	case "alt+x":
		return m.discard(m.current())
	case "pgup":
		return m.scrollBy(m.timelineHeight() - 1)
	case "pgdown":
		return m.scrollBy(1 - m.timelineHeight())
	case "esc":
		if m.editing != nil {
			m.stopEditing()
		} else {
			m.divider = 0
		}
	case "enter":
		return m.submit()
	default:
		return m.write(k, empty)
	}
	return nil
}

// write is for keys that go to the composer, but for some in an empty one.
func (m *Model) write(k tea.KeyPressMsg, empty bool) tea.Cmd {
	if empty && m.editing == nil {
		switch k.String() {
		case "?":
			m.overlay, m.helpAt = overlayHelp, 0
			return nil
		case "up":
			m.editLast()
			return nil
		case "end":
			m.scroll = 0
			return nil
		}
	}
	var cmd tea.Cmd
	m.composer, cmd = m.composer.Update(k)
	m.tellTyping()
	return cmd
}

// step opens the conversation before or after the one shown.
func (m *Model) step(by int) tea.Cmd {
	order := m.state.order()
	if len(order) == 0 {
		return nil
	}
	i := slices.IndexFunc(order, func(c *conversation) bool { return c.ConversationID == m.open })
	if i < 0 {
		i = 0
	} else {
		i = (i + by + len(order)) % len(order)
	}
	return m.show(order[i].ConversationID)
}

// nextUnread opens the next conversation with something unread, one that calls for
// one before all others.
func (m *Model) nextUnread() tea.Cmd {
	order := m.state.order()
	i := slices.IndexFunc(order, func(c *conversation) bool { return c.ConversationID == m.open })
	for _, wanted := range []func(*conversation) bool{
		func(c *conversation) bool { return c.calls() > 0 },
		func(c *conversation) bool { return c.Unread > 0 },
	} {
		for n := range order {
			c := order[(i+1+n)%len(order)]
			if c.ConversationID != m.open && wanted(c) {
				return m.show(c.ConversationID)
			}
		}
	}
	m.notice = "everything is read"
	return nil
}

// scrollBy moves the window up by some lines, down when negative. Near the top it
// fetches older messages.
func (m *Model) scrollBy(lines int) tea.Cmd {
	total := m.totalLines()
	top := max(total-m.timelineHeight(), 0)
	m.scroll = min(max(m.scroll+lines, 0), top)
	if lines > 0 && top-m.scroll < m.timelineHeight() {
		return m.loadOlder()
	}
	return nil
}
