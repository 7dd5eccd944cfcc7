package tui

import tea "charm.land/bubbletea/v2"

// finder is what is typed to find something in a list, and which line is chosen.
type finder struct {
	query    string
	selected int
}

// key handles a key that edits the query or chooses one of count lines.
func (f *finder) key(k tea.KeyPressMsg, count int) {
	last := max(count-1, 0)
	switch k.String() {
	case "up", "ctrl+p":
		f.selected = max(min(f.selected, last)-1, 0)
	case "down", "ctrl+n", "tab":
		f.selected = min(f.selected+1, last)
	case "backspace":
		if q := []rune(f.query); len(q) > 0 {
			f.query = string(q[:len(q)-1])
		}
		f.selected = 0
	case "ctrl+u":
		*f = finder{}
	default:
		if k.Text != "" {
			f.query += k.Text
			f.selected = 0
		}
	}
}
