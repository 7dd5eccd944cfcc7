package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// people is the list of whom one may mute: some letters of a name find somebody;
// without any it shows whom one has muted, and who wrote in the open conversation.
type people struct {
	finder
	asking string // whom a request on its way is about, "" none
	failed string // what went wrong with the last one
}

// mutedMsg is the answer to a request to mute somebody or to stop that. What it did
// comes as an event, in its place among all others.
type mutedMsg struct{ err error }

// persons are whom the query finds, muted ones first.
func (m *Model) persons() []contracts.User {
	query := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(m.people.query)), "@")
	rank := map[string]int{}
	if c := m.current(); query == "" && c != nil {
		for i, msg := range c.log.messages {
			rank[msg.Author.ID] = i + 1
		}
		if peer := m.state.peer(c); peer != "" {
			rank[peer] = len(c.log.messages) + 1
		}
	}
	var found []contracts.User
	for _, u := range m.state.users {
		muted := m.state.muted[u.ID] != ""
		if u.ID == m.state.me.ID || u.State != contracts.UserActive && !muted || query == "" && !muted && rank[u.ID] == 0 {
			continue
		}
		best := max(match(query, strings.ToLower(u.Username)), match(query, strings.ToLower(u.DisplayName)))
		if best < 0 {
			continue
		}
		rank[u.ID] += best
		if muted {
			rank[u.ID] += 1_000_000
		}
		found = append(found, u)
	}
	slices.SortFunc(found, func(a, b contracts.User) int {
		return cmp.Or(cmp.Compare(rank[b.ID], rank[a.ID]), strings.Compare(a.Username, b.Username))
	})
	return found
}

// person is the one chosen.
func (m *Model) person() (contracts.User, bool) {
	list := m.persons()
	if len(list) == 0 {
		return contracts.User{}, false
	}
	return list[min(m.people.selected, len(list)-1)], true
}

// peopleKey handles a key while the list is open.
func (m *Model) peopleKey(k tea.KeyPressMsg) tea.Cmd {
	m.people.failed = ""
	switch k.String() {
	case "esc", "alt+p", "ctrl+c":
		m.overlay = overlayNone
		return m.markRead()
	case "enter":
		return m.mute(contracts.LevelMuted)
	case "ctrl+b":
		return m.mute(contracts.LevelBlocked)
	default:
		m.people.key(k, len(m.persons()))
	}
	return nil
}

// mute asks for a level for the one chosen, or for none if they have it already. One
// request goes after the other, so that the last wish is what holds.
func (m *Model) mute(level contracts.MuteLevel) tea.Cmd {
	u, ok := m.person()
	if !ok || m.people.asking != "" {
		return nil
	}
	m.people.asking = u.ID
	was := m.state.muted[u.ID]
	return func() tea.Msg {
		if was == level {
			return mutedMsg{m.client.UnmuteUser(m.ctx, u.ID)}
		}
		_, err := m.client.MuteUser(m.ctx, u.ID, level)
		return mutedMsg{err}
	}
}

func (m *Model) muted(msg mutedMsg) {
	m.people.asking = ""
	if msg.err == nil {
		return
	}
	if m.people.failed = messageOf(msg.err); m.overlay != overlayPeople {
		m.notice = m.people.failed
	}
}

// peopleLines are the query and whom it finds, exactly room lines.
func (m *Model) peopleLines(width, room int) []string {
	list := m.persons()
	typed := oneLine(m.people.query) + m.theme.selected.Render(" ")
	if m.people.query == "" {
		typed += " " + m.theme.dim.Render("some letters of a name")
	}
	lines := []string{"  " + m.theme.bold.Render("People: ") + typed, ""}
	if m.people.failed != "" {
		lines[1] = "  " + m.theme.danger.Render("! "+m.people.failed)
	}
	selected := min(m.people.selected, len(list)-1)
	first := max(selected-(room-3), 0)
	for i, u := range list {
		if i < first || len(lines) >= room {
			continue
		}
		label := "@" + u.Username + "  " + oneLine(u.DisplayName)
		if level := m.state.muted[u.ID]; level != "" {
			label += " · " + string(level)
		}
		if u.ID == m.people.asking {
			label += " …"
		}
		if i == selected {
			lines = append(lines, shapeOpen+m.theme.selected.Render(fit("  "+label, width-1)))
		} else {
			lines = append(lines, "   "+label)
		}
	}
	if len(list) == 0 {
		none := "nobody is called that"
		if m.people.query == "" {
			none = "you have muted nobody, and nobody wrote here"
		}
		lines = append(lines, "  "+m.theme.dim.Render(none))
	}
	return exactly(lines, width, room)
}

// peopleKeys is the footer: what the keys do to the one chosen.
func (m *Model) peopleKeys() string {
	mute, block := "Enter mutes", "Ctrl+B blocks"
	if u, ok := m.person(); ok {
		switch m.state.muted[u.ID] {
		case contracts.LevelMuted:
			mute = "Enter unmutes"
		case contracts.LevelBlocked:
			mute, block = "Enter only mutes", "Ctrl+B unblocks"
		}
	}
	return mute + "   " + block + "   Esc goes back"
}
