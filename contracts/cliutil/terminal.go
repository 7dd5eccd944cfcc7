package cliutil

import (
	"io"
	"os"

	"golang.org/x/term"
)

// terminal is a stream and what it can show.
type terminal struct {
	io.Writer
	tty   bool
	color bool
	width int // columns; 0 is unlimited, which is what a pipe or file gets
}

func newTerminal(w io.Writer, noColor bool) terminal {
	t := terminal{Writer: w}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return t
	}
	t.tty = true
	t.color = !noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	t.width = 80
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		t.width = w
	}
	return t
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Colours, by their SGR numbers.
const (
	red    = "31"
	yellow = "33"
	cyan   = "36"
	bold   = "1"
)

func (t terminal) paint(sgr, text string) string {
	if !t.color {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}
