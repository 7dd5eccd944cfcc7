package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Sizes of the screen's parts.
const (
	wide         = 100 // columns from which the list stands beside the timeline
	sidebarWidth = 28
	leastWidth   = 30
	leastHeight  = 9
)

func (m *Model) sidebar() int {
	if m.width < wide {
		return 0
	}
	return sidebarWidth
}

func (m *Model) mainWidth() int {
	if m.sidebar() == 0 {
		return m.width
	}
	return m.width - sidebarWidth - 2
}

// timelineHeight is what the header, its rule, the status, the composer's rule, the
// composer and the footer leave.
func (m *Model) timelineHeight() int {
	return max(m.height-5-m.composer.Height(), 1)
}

// overlayHeight is what is below the header and its rule, above the footer.
func (m *Model) overlayHeight() int { return max(m.height-3, 1) }

// layOut gives the composer its width; its height follows what is written.
func (m *Model) layOut() {
	m.composer.MaxHeight = max(min(composerLines, m.height-8), 1)
	m.composer.SetWidth(max(m.mainWidth()-2, 4))
}

// View draws the screen.
func (m *Model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen, v.ReportFocus = true, true
	v.WindowTitle = m.windowTitle()
	if m.state != nil && m.overlay == overlayNone && m.width >= leastWidth && m.height >= leastHeight {
		if c := m.composer.Cursor(); c != nil {
			c.X += m.width - m.mainWidth() + 2
			c.Y += m.height - 1 - m.composer.Height()
			v.Cursor = c
		}
	}
	return v
}

func (m *Model) windowTitle() string {
	c := m.current()
	if c == nil {
		return "DankerChat"
	}
	title := m.title(c) + " · " + oneLine(m.state.workspace)
	unread := 0
	calls := int64(0)
	for _, c := range m.state.conversations {
		calls += c.calls()
		if c.Unread > 0 {
			unread++
		}
	}
	switch {
	case calls > 0:
		return fmt.Sprintf("(%d) %s", calls, title)
	case unread > 0:
		return shapeUnread + " " + title
	}
	return title
}

func (m *Model) screen() string {
	switch {
	case m.width < leastWidth || m.height < leastHeight:
		return fmt.Sprintf("DankerChat needs\n%d×%d", leastWidth, leastHeight)
	case m.state == nil:
		address := ""
		if m.client != nil {
			address = m.client.Address()
		}
		return "Connecting to " + address + " …\n\nCtrl+C leaves."
	}
	main := m.main()
	if m.sidebar() == 0 {
		return strings.Join(main, "\n")
	}
	side := m.list(m.height)
	lines := make([]string, len(main))
	for i := range main {
		lines[i] = side[i] + m.theme.dim.Render("│") + " " + main[i]
	}
	return strings.Join(lines, "\n")
}

// main is the column of the conversation, exactly as high as the screen.
func (m *Model) main() []string {
	width := m.mainWidth()
	lines := []string{m.header(width), m.theme.dim.Render(strings.Repeat("─", width))}
	room := m.overlayHeight()
	switch m.overlay {
	case overlayHelp:
		lines = append(lines, m.helpLines(width, room)...)
	case overlaySwitcher:
		lines = append(lines, m.switcherLines(width, room)...)
	case overlayPeople:
		lines = append(lines, m.peopleLines(width, room)...)
	default:
		lines = append(lines, m.timeline(width)...)
		lines = append(lines, fit(m.status(), width), m.theme.dim.Render(strings.Repeat("─", width)))
		prompt := "> "
		if m.editing != nil {
			prompt = "✎ "
		}
		for i, line := range strings.Split(m.composer.View(), "\n") {
			if i > 0 {
				prompt = "  "
			}
			lines = append(lines, fit(prompt+line, width))
		}
	}
	return append(lines, m.footer(width))
}

// timeline is the window onto the rows, the last line at the bottom.
func (m *Model) timeline(width int) []string {
	height := m.timelineHeight()
	var all []string
	if c := m.current(); c != nil {
		for _, r := range m.rows(c) {
			all = append(all, r.lines...)
		}
	} else {
		all = []string{m.theme.dim.Render("you are in no conversation: Ctrl+K finds somebody to write to")}
	}
	end := len(all) - m.scroll
	all = all[max(end-height, 0):end]
	lines := make([]string, 0, height)
	for range height - len(all) {
		lines = append(lines, strings.Repeat(" ", width))
	}
	for _, line := range all {
		lines = append(lines, fit(line, width))
	}
	return lines
}

// title is "#general" or "Member", with what a shape tells.
func (m *Model) title(c *conversation) string {
	if c.Channel != nil {
		return "#" + oneLine(c.Channel.Name)
	}
	return oneLine(m.state.name(c))
}

func (m *Model) header(width int) string {
	c := m.current()
	if c == nil {
		return fit(m.theme.title.Render(oneLine(m.state.workspace)), width)
	}
	text := m.theme.title.Render(m.title(c))
	switch {
	case c.Channel != nil:
		about := fmt.Sprintf("%d members", c.Channel.MemberCount)
		if c.Channel.MemberCount == 1 {
			about = "1 member"
		}
		if c.Channel.Kind == "private" {
			about = "private, " + about
		}
		if c.Channel.Archived {
			about = "archived, " + about
		}
		text += "  " + m.theme.dim.Render(about)
		if c.Channel.Topic != "" {
			text += "  " + oneLine(c.Channel.Topic)
		}
	case m.state.peer(c) != "":
		state := m.state.presence[m.state.peer(c)]
		if state == "" {
			state = "offline"
		}
		text += "  " + presenceShape(state) + " " + m.theme.dim.Render(state)
	}
	return fit(text, width)
}

// status is the line above the composer: what is most important of the moment.
func (m *Model) status() string {
	c := m.current()
	switch {
	case m.notice != "":
		return m.theme.danger.Render("! " + m.notice)
	case !m.live && !m.since.IsZero() && m.now().Sub(m.since).Seconds() >= 2:
		wait := "trying again"
		if s := int(m.retryIn.Seconds() + 0.5); s > 0 {
			wait = fmt.Sprintf("trying again in %d s", s)
		}
		return m.theme.danger.Render("○ connection lost, " + wait + "; what you send waits")
	case m.editing != nil:
		return m.theme.accent.Render("editing your message; Enter saves, Esc stops")
	case c == nil:
		return ""
	case m.scroll > 0 && c.Unread > 0:
		return m.theme.accent.Render(fmt.Sprintf("↓ %d new below; End in an empty line goes there", c.Unread))
	case m.scroll > 0:
		return m.theme.dim.Render("↓ PgDn goes down")
	}
	switch names := m.state.typists(c, m.now()); len(names) {
	case 0:
		return ""
	case 1:
		return m.theme.dim.Render(names[0] + " is typing…")
	case 2:
		return m.theme.dim.Render(names[0] + " and " + names[1] + " are typing…")
	default:
		return m.theme.dim.Render("several people are typing…")
	}
}

func (m *Model) footer(width int) string {
	left := "? help   Ctrl+K go to   Alt+A unread   Alt+↑↓ move"
	if m.overlay == overlaySwitcher {
		left = "↑↓ choose   Enter opens   Esc goes back"
	}
	if m.overlay == overlayPeople {
		left = m.peopleKeys()
	}
	if m.overlay == overlayHelp && len(m.helpText(width)) > m.overlayHeight() {
		left = "↑↓ PgUp PgDn scroll"
	}
	if m.sidebar() > 0 {
		return fit(m.theme.dim.Render(left), width)
	}
	waiting, calls := 0, int64(0)
	for _, c := range m.state.conversations {
		if c.ConversationID != m.open && c.Unread > 0 {
			waiting++
			calls += c.calls()
		}
	}
	if waiting == 0 {
		return fit(m.theme.dim.Render(left), width)
	}
	right := fmt.Sprintf("%s %d unread", shapeUnread, waiting)
	if calls > 0 {
		right += fmt.Sprintf(" (%d)", calls)
	}
	return fit(m.theme.dim.Render(fit(left, width-len([]rune(right))-1))+" "+m.theme.bold.Render(right), width)
}
