package tui

import "strings"

// helpLines are the keys, exactly room lines.
func (m *Model) helpLines(width, room int) []string {
	lines := []string{"", "  " + m.theme.title.Render("Keys"), ""}
	for _, h := range help {
		lines = append(lines, "  "+m.theme.bold.Render(fit(h[0], 13))+" "+h[1])
	}
	lines = append(lines, "", "  "+m.theme.dim.Render(shapeOnline+" online  "+shapeAway+" away  "+shapeOffline+" offline  "+shapeUnread+" unread  "+shapeMention+" mentions you  ◆ private"),
		"", "  "+m.theme.dim.Render("any key goes back"))
	return exactly(lines, width, room)
}

// switcherLines are the query and what it finds, exactly room lines.
func (m *Model) switcherLines(width, room int) []string {
	list := m.choices()
	lines := []string{"  " + m.theme.bold.Render("Go to: ") + oneLine(m.switcher.query) + m.theme.selected.Render(" "), ""}
	first := max(m.switcher.selected-(room-3), 0)
	for i, c := range list {
		if i < first || len(lines) >= room {
			continue
		}
		label := "  " + oneLine(c.label)
		if c.conversation != nil && c.conversation.Unread > 0 {
			label = shapeUnread + " " + oneLine(c.label)
		}
		if c.conversation == nil {
			label += "  (new conversation)"
		}
		if i == min(m.switcher.selected, len(list)-1) {
			lines = append(lines, shapeOpen+m.theme.selected.Render(fit(" "+label, width-1)))
		} else {
			lines = append(lines, "  "+label)
		}
	}
	if len(list) == 0 {
		lines = append(lines, "  "+m.theme.dim.Render("nothing is called that"))
	}
	return exactly(lines, width, room)
}

// exactly cuts and pads lines to a block.
func exactly(lines []string, width, room int) []string {
	block := make([]string, room)
	for i := range block {
		block[i] = strings.Repeat(" ", width)
		if i < len(lines) {
			block[i] = fit(lines[i], width)
		}
	}
	return block
}
