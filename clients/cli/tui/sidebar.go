package tui

import (
	"fmt"
	"strings"
)

// list is the column of conversations, height lines high. When it is longer than
// that, the part around the open one is shown.
func (m *Model) list(height int) []string {
	lines := []string{fit(m.theme.title.Render(oneLine(m.state.workspace)), sidebarWidth), strings.Repeat(" ", sidebarWidth)}
	head := len(lines)
	at := 0
	section := func(name string, list []*conversation) {
		lines = append(lines, m.theme.dim.Render(fit(name, sidebarWidth)))
		for _, c := range list {
			if c.ConversationID == m.open {
				at = len(lines)
			}
			lines = append(lines, m.entry(c))
		}
		lines = append(lines, strings.Repeat(" ", sidebarWidth))
	}
	section("CHANNELS", m.state.channels())
	section("DIRECT MESSAGES", m.state.directs())
	room := height - head
	body := lines[head:]
	if len(body) > room {
		first := min(max(at-head-room/2, 0), len(body)-room)
		body = body[first : first+room]
	}
	lines = append(lines[:head:head], body...)
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", sidebarWidth))
	}
	return lines
}

// entry is one line: "›#general", "•@Member (2)". Open has an angle, unread a dot and
// bold type, what is meant for one its number.
func (m *Model) entry(c *conversation) string {
	sign := "#"
	if c.Channel == nil {
		sign = " "
		if peer := m.state.peer(c); peer != "" {
			sign = presenceShape(m.state.presence[peer])
		}
	} else if c.Channel.Kind == "private" {
		sign = "◆"
	}
	mark := " "
	if c.Unread > 0 {
		mark = shapeUnread
	}
	count := ""
	if n := c.calls(); n > 0 {
		count = fmt.Sprintf(" (%d)", n)
	}
	name := fit(sign+" "+oneLine(m.state.name(c)), sidebarWidth-3-len(count))
	line := name + count + " "
	switch {
	case c.ConversationID == m.open:
		return shapeOpen + m.theme.selected.Render(mark+line)
	case c.Unread > 0:
		return " " + m.theme.bold.Render(mark+line)
	}
	return " " + mark + line
}
