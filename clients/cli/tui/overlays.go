package tui

import "strings"

// helpKey scrolls a help that is longer than the screen; every other key ends it.
func (m *Model) helpKey(name string) {
	room := m.overlayHeight()
	by := map[string]int{"up": -1, "down": 1, "pgup": 1 - room, "pgdown": room - 1}[name]
	if last := len(m.helpText(m.mainWidth())) - room; by != 0 && last > 0 {
		m.helpAt = min(max(m.helpAt+by, 0), last)
		return
	}
	m.overlay = overlayNone
	if name == "?" {
		m.composer.InsertString("?")
	}
}

// helpText are the keys and the shapes, in lines of that width.
func (m *Model) helpText(width int) []string {
	const keys = 13
	lines := []string{"", "  " + m.theme.title.Render("Keys"), ""}
	for _, h := range help {
		name := m.theme.bold.Render(fit(h[0], keys))
		for _, line := range wrap(h[1], width-keys-3) {
			lines = append(lines, "  "+name+" "+line)
			name = strings.Repeat(" ", keys)
		}
	}
	lines = append(lines, "")
	for _, line := range wrap(shapeOnline+" online  "+shapeAway+" away  "+shapeOffline+" offline  "+shapeUnread+" unread  "+shapeMention+" mentions you  ◆ private", width-2) {
		lines = append(lines, "  "+m.theme.dim.Render(line))
	}
	back := "any key goes back"
	if len(lines)+2 > m.overlayHeight() {
		back = "any other key goes back"
	}
	return append(lines, "", "  "+m.theme.dim.Render(back))
}

// helpLines are the part of the help that is in view, exactly room lines.
func (m *Model) helpLines(width, room int) []string {
	lines := m.helpText(width)
	return exactly(lines[min(m.helpAt, max(len(lines)-room, 0)):], width, room)
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
