package tui

import "charm.land/lipgloss/v2"

// theme is how things look. Colours are the terminal's own sixteen, so that they
// fit its background; the monochrome theme has none.
type theme struct {
	title, dim, bold, selected, me, accent, danger, mention lipgloss.Style
}

func newTheme(mono bool) theme {
	s := lipgloss.NewStyle()
	t := theme{
		title: s.Bold(true), dim: s.Faint(true), bold: s.Bold(true), selected: s.Reverse(true),
		me: s.Bold(true), accent: s.Bold(true), danger: s.Bold(true), mention: s.Bold(true),
	}
	if mono {
		return t
	}
	t.accent = t.accent.Foreground(lipgloss.Cyan)
	t.me = t.me.Foreground(lipgloss.Blue)
	t.danger = t.danger.Foreground(lipgloss.Red)
	t.mention = t.mention.Foreground(lipgloss.Yellow)
	return t
}

// The shapes that tell what colours only repeat.
const (
	shapeOnline  = "●"
	shapeAway    = "◐"
	shapeOffline = "○"
	shapeUnread  = "•"
	shapeOpen    = "›"
	shapeMention = "▌"
)

func presenceShape(state string) string {
	switch state {
	case "online":
		return shapeOnline
	case "away":
		return shapeAway
	}
	return shapeOffline
}
