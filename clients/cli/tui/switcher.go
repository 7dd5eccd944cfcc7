package tui

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// switcher is the quick switcher: some letters of a name find the conversation or
// the person.
type switcher struct {
	finder
}

// choice is one line of the switcher.
type choice struct {
	conversation *conversation
	user         contracts.User // set when there is no conversation with them yet
	label        string
	rank         int
}

// choices are what the query finds, the best first: unread before read, the latest
// before the older ones.
func (m *Model) choices() []choice {
	query := strings.ToLower(strings.TrimSpace(m.switcher.query))
	kind, rest := "", query
	if strings.HasPrefix(query, "#") || strings.HasPrefix(query, "@") {
		kind, rest = query[:1], query[1:]
	}
	var found []choice
	add := func(c choice, names ...string) {
		best := -1
		for _, name := range names {
			best = max(best, match(rest, strings.ToLower(name)))
		}
		if best >= 0 {
			c.rank += best
			found = append(found, c)
		}
	}
	with := map[string]bool{m.state.me.ID: true}
	for _, c := range m.state.order() {
		with[m.state.peer(c)] = true
		sign := "@"
		if c.Channel != nil {
			sign = "#"
		}
		if kind != "" && kind != sign {
			continue
		}
		rank := 0
		if c.Unread > 0 {
			rank = 20
		}
		if c.calls() > 0 {
			rank = 30
		}
		names := []string{m.state.name(c)}
		if c.Direct != nil {
			rank -= len(c.Direct.Participants) // somebody alone before a group with them
			for _, u := range c.Direct.Participants {
				if u.ID != m.state.me.ID {
					names = append(names, u.Username)
				}
			}
		}
		add(choice{conversation: c, label: sign + m.state.name(c), rank: rank}, names...)
	}
	if kind != "#" && rest != "" {
		for _, u := range m.state.users {
			if !with[u.ID] && u.State == contracts.UserActive {
				add(choice{user: u, label: "@" + u.Username + "  " + oneLine(u.DisplayName), rank: -10}, u.Username, u.DisplayName)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b choice) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), strings.Compare(a.label, b.label))
	})
	return found
}

// match says how well the letters of query are found in name, in their order: -1 not
// at all; more for the start of the name, for starts of words and for neighbours.
func match(query, name string) int {
	if query == "" {
		return 0
	}
	if strings.HasPrefix(name, query) {
		return 100 - min(len(name)-len(query), 30)
	}
	score, before, letters := 0, rune(' '), []rune(query)
	together := false
	for _, r := range name {
		if len(letters) > 0 && r == letters[0] {
			score++
			if together {
				score += 3
			}
			if !unicode.IsLetter(before) && !unicode.IsDigit(before) {
				score += 4
			}
			letters, together = letters[1:], true
		} else {
			together = false
		}
		before = r
	}
	if len(letters) > 0 {
		return -1
	}
	return score
}

// switcherKey handles a key while the switcher is open.
func (m *Model) switcherKey(k tea.KeyPressMsg) tea.Cmd {
	list := m.choices()
	switch k.String() {
	case "esc", "ctrl+k", "ctrl+c":
		m.overlay = overlayNone
		return m.markRead()
	case "enter":
		m.overlay = overlayNone
		if len(list) == 0 {
			return nil
		}
		chosen := list[min(m.switcher.selected, len(list)-1)]
		if chosen.conversation != nil {
			return m.show(chosen.conversation.ConversationID)
		}
		return m.talk(chosen.user.ID)
	default:
		m.switcher.key(k, len(list))
	}
	return nil
}
