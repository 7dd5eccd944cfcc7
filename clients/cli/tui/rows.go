package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// groupWithin is how soon a message must follow another of the same author to stand
// under the same name.
const groupWithin = 5 * time.Minute

// row is a message, or a line between messages. Its key names it when what is
// around it changes.
type row struct {
	key   string
	lines []string
}

// rendered is a message's lines, and what they were made from.
type rendered struct {
	from  string
	lines []string
}

// rows are all rows of the conversation, the oldest first.
func (m *Model) rows(c *conversation) []row {
	if m.cacheFor != m.mainWidth() {
		m.cache, m.cacheFor = map[string]rendered{}, m.mainWidth()
	}
	rows := []row{m.beginning(c)}
	var before *contracts.Message
	marked := false
	for i := range c.log.messages {
		msg := &c.log.messages[i]
		grouped := before != nil
		if day := m.day(msg.CreatedAt); before == nil || m.day(before.CreatedAt) != day {
			rows = append(rows, row{"day " + day, []string{m.rule(m.theme.dim, day)}})
			grouped = false
		}
		if m.divider > 0 && msg.Position >= m.divider && msg.Kind != contracts.MessageSystem && !marked {
			rows = append(rows, row{"new", []string{m.rule(m.theme.danger, "new")}})
			marked, grouped = true, false
		}
		grouped = grouped && before.Author.ID == msg.Author.ID && before.Kind == msg.Kind && msg.CreatedAt.Sub(before.CreatedAt) < groupWithin
		rows = append(rows, row{msg.ID, m.message(msg, grouped)})
		before = msg
	}
	for i, o := range c.log.outbox {
		grouped := i > 0 || before != nil && before.Author.ID == m.state.me.ID && before.Kind == contracts.MessageUser && o.at.Sub(before.CreatedAt) < groupWithin
		rows = append(rows, row{o.id, m.outgoing(o, i == 0, grouped)})
	}
	return rows
}

// beginning is what stands above the oldest message that is loaded.
func (m *Model) beginning(c *conversation) row {
	text := "↑ older messages: PgUp"
	switch {
	case !c.log.loaded:
		text = "loading…"
	case c.log.loading:
		text = "loading older messages…"
	case c.log.complete && len(c.log.messages) == 0 && len(c.log.outbox) == 0:
		text = "nothing here yet: write the first message"
	case c.log.complete:
		text = "this is the beginning of " + m.title(c)
		if c.Channel == nil {
			text = "this is the beginning with " + m.title(c)
		}
	}
	return row{"beginning", []string{m.theme.dim.Render(fit(text, m.mainWidth()))}}
}

func (m *Model) message(msg *contracts.Message, grouped bool) []string {
	who := m.state.display(msg.Author)
	folded := m.state.folded(msg) && !m.unfolded
	from := fmt.Sprint(msg.Version, grouped, who, folded)
	if r, ok := m.cache[msg.ID]; ok && r.from == from {
		return r.lines
	}
	text, gutter, style := clean(msg.Text), "  ", lipgloss.NewStyle()
	switch {
	case msg.DeletedAt != nil:
		text, style = "(deleted)", m.theme.dim
	case msg.Kind == contracts.MessageSystem:
		if msg.Author.ID != "" {
			text = who + " " + text
		}
		text, style, grouped = "* "+text, m.theme.dim, true
	case folded:
		text, style, grouped = "Message from a muted person · Alt+M shows it", m.theme.dim, true
	case m.state.folded(msg): // shown on demand; it calls for nothing
	case m.state.mentioned(*msg):
		gutter = m.theme.mention.Render(shapeMention) + " "
	}
	if msg.EditedAt != nil && msg.DeletedAt == nil && !folded {
		text += " (edited)"
	}
	var lines []string
	if !grouped {
		lines = append(lines, m.heading(who, msg.Author.ID, msg.CreatedAt))
	}
	for _, line := range wrap(text, m.mainWidth()-2) {
		lines = append(lines, gutter+style.Render(line))
	}
	m.cache[msg.ID] = rendered{from, lines}
	return lines
}

func (m *Model) heading(who, id string, at time.Time) string {
	style := m.theme.bold
	if id == m.state.me.ID {
		style = m.theme.me
	}
	return style.Render(who) + "  " + m.theme.dim.Render(at.In(m.zone).Format("15:04"))
}

// outgoing is a message that the server has not acknowledged.
func (m *Model) outgoing(o outgoing, first, grouped bool) []string {
	var lines []string
	if !grouped {
		lines = append(lines, m.heading(m.state.display(contracts.UserRef{ID: m.state.me.ID, Username: m.state.me.Username}), m.state.me.ID, o.at))
	}
	gutter := m.theme.dim.Render("◌") + " "
	if o.failed != nil {
		gutter = m.theme.danger.Render("✗") + " "
	}
	for _, line := range wrap(clean(o.text), m.mainWidth()-2) {
		lines = append(lines, gutter+m.theme.dim.Render(line))
	}
	switch {
	case o.failed != nil:
		for _, line := range wrap("not sent: "+messageOf(o.failed)+"; Alt+R sends again, Alt+X takes it back", m.mainWidth()-2) {
			lines = append(lines, "  "+m.theme.danger.Render(line))
		}
	case first && m.now().Sub(o.at) > 2*time.Second:
		lines = append(lines, "  "+m.theme.dim.Render("sending…"))
	}
	return lines
}

func (m *Model) day(at time.Time) string { return at.In(m.zone).Format("Monday, 2 January 2006") }

// rule is a line across with a word in it.
func (m *Model) rule(style lipgloss.Style, word string) string {
	return style.Render(fit("── "+word+" "+strings.Repeat("─", max(m.mainWidth()-len([]rune(word))-4, 0)), m.mainWidth()))
}

func (m *Model) totalLines() int {
	c := m.current()
	if c == nil {
		return 0
	}
	n := 0
	for _, r := range m.rows(c) {
		n += len(r.lines)
	}
	return n
}

// place is what stands at the top of the window, so that it can stay there when
// something above or below it changes.
type place struct {
	conversation, key string
	line              int // of the row
	scroll            int
}

func (m *Model) place() place {
	c := m.current()
	p := place{conversation: m.open, scroll: m.scroll}
	if c == nil || m.scroll == 0 {
		return p
	}
	rows := m.rows(c)
	top := max(m.count(rows)-m.scroll-m.timelineHeight(), 0)
	for _, r := range rows {
		if top < len(r.lines) {
			p.key, p.line = r.key, top
			return p
		}
		top -= len(r.lines)
	}
	return p
}

// keepPlace scrolls so that p stands where it stood, unless the person scrolled or
// went elsewhere.
func (m *Model) keepPlace(p place) {
	c := m.current()
	if c == nil || m.scroll == 0 {
		return
	}
	rows := m.rows(c)
	total := m.count(rows)
	if p.key != "" && p.conversation == m.open && p.scroll == m.scroll {
		if i := slices.IndexFunc(rows, func(r row) bool { return r.key == p.key }); i >= 0 {
			above := m.count(rows[:i]) + min(p.line, len(rows[i].lines))
			m.scroll = total - m.timelineHeight() - above
		}
	}
	m.scroll = min(max(m.scroll, 0), max(total-m.timelineHeight(), 0))
}

func (m *Model) count(rows []row) int {
	n := 0
	for _, r := range rows {
		n += len(r.lines)
	}
	return n
}
