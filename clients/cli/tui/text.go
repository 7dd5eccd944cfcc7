package tui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// clean makes text that somebody wrote safe for the screen: no control characters,
// which could move the cursor, and no change of direction. Line ends stay.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\t", "    ")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r):
			return '·'
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, text)
}

// oneLine is text for a place of one line.
func oneLine(text string) string { return strings.ReplaceAll(clean(text), "\n", " ") }

// wrap breaks text into lines of at most width columns, between words where it can,
// never within what is seen as one character.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapLine(paragraph, max(width, 2))...)
	}
	return lines
}

func wrapLine(text string, width int) []string {
	var lines []string
	var line, word strings.Builder
	used, pending := 0, 0 // columns of line and of word, which is not placed yet
	place := func() {
		if used > 0 && used+pending > width {
			lines = append(lines, strings.TrimRight(line.String(), " "))
			line.Reset()
			used = 0
		}
		line.WriteString(word.String())
		used += pending
		word.Reset()
		pending = 0
	}
	for text != "" {
		cluster, w := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		text = text[len(cluster):]
		if cluster == " " {
			place()
			if used < width { // one at the end of a line is the line's end
				line.WriteString(" ")
				used++
			}
			continue
		}
		if pending+w > width {
			place()
		}
		word.WriteString(cluster)
		pending += w
	}
	place()
	return append(lines, line.String())
}

// fit cuts or pads styled text to exactly width columns.
func fit(text string, width int) string {
	if width <= 0 {
		return ""
	}
	text = ansi.Truncate(text, width, "…")
	return text + strings.Repeat(" ", width-ansi.StringWidth(text))
}
