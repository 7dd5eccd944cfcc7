package cliutil

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// table writes rows under each other. On a terminal it fits the width, the widest
// column giving way first; elsewhere nothing is cut.
func (t terminal) table(rows []any, columns []string, header bool) error {
	if len(columns) == 0 {
		columns = keysOf(rows)
	}
	var cells [][]string
	if header && len(columns) > 0 {
		head := make([]string, len(columns))
		for i, c := range columns {
			head[i] = strings.ToUpper(strings.NewReplacer("_", " ", ".", " ").Replace(c))
		}
		cells = append(cells, head)
	}
	for _, row := range rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = cell(lookup(row, c))
		}
		cells = append(cells, line)
	}
	var b bytes.Buffer
	widths := fit(cells, len(columns), t.width)
	for n, line := range cells {
		text := layOut(line, widths)
		if header && n == 0 {
			text = t.paint(bold, text)
		}
		b.WriteString(text + "\n")
	}
	_, err := t.Write(b.Bytes())
	return err
}

// card writes one object, a field a line.
func (t terminal) card(v any, columns []string) error {
	o, ok := v.(*object)
	if !ok {
		_, err := fmt.Fprintln(t, cell(v))
		return err
	}
	columns = present(o, columns)
	widest := 0
	for _, c := range columns {
		widest = max(widest, uniseg.StringWidth(c))
	}
	var b bytes.Buffer
	for _, c := range columns {
		value := cell(lookup(v, c))
		if t.width > 0 {
			value = cut(value, max(t.width-widest-2, 8))
		}
		b.WriteString(strings.TrimRight(t.paint(bold, pad(c, widest))+"  "+value, " ") + "\n")
	}
	_, err := t.Write(b.Bytes())
	return err
}

// present leaves out columns that this object does not have, such as an address that
// is not shown to everybody.
func present(o *object, columns []string) []string {
	if len(columns) == 0 {
		return o.keys
	}
	kept := make([]string, 0, len(columns))
	for _, c := range columns {
		if head, _, _ := strings.Cut(c, "."); slices.Contains(o.keys, head) {
			kept = append(kept, c)
		}
	}
	return kept
}

func keysOf(rows []any) []string {
	for _, r := range rows {
		if o, ok := r.(*object); ok {
			return o.keys
		}
	}
	return nil
}

// fit gives each column the width of its widest cell, and takes from the widest
// until all stand within the limit. No column goes below 4.
func fit(cells [][]string, columns, limit int) []int {
	widths := make([]int, columns)
	total := 2 * max(columns-1, 0)
	for i := range widths {
		for _, line := range cells {
			widths[i] = max(widths[i], uniseg.StringWidth(line[i]))
		}
		total += widths[i]
	}
	for limit > 0 && total > limit {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 4 {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

func layOut(line []string, widths []int) string {
	var b strings.Builder
	for i, c := range line {
		c = cut(c, widths[i])
		if i < len(line)-1 {
			c = pad(c, widths[i]) + "  "
		}
		b.WriteString(c)
	}
	return strings.TrimRight(b.String(), " ")
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-uniseg.StringWidth(s), 0))
}

// cut shortens to a width in columns, never within a grapheme, and ends with "…"
// when something was left out.
func cut(s string, width int) string {
	if uniseg.StringWidth(s) <= width {
		return s
	}
	var b strings.Builder
	used := 0
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if used+g.Width() > width-1 {
			break
		}
		used += g.Width()
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

// cell is a value as a table shows it.
func cell(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return visible(x)
	case bool:
		if x {
			return "yes"
		}
		return "no"
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = cell(e)
		}
		return strings.Join(parts, ",")
	case *object:
		if name, ok := x.values["username"].(string); ok && x.values["id"] != nil { // a person
			if name == "" { // the system
				return ""
			}
			return "@" + visible(name)
		}
		b, err := json.Marshal(x)
		if err != nil {
			return "?"
		}
		return visible(string(b))
	}
	return visible(fmt.Sprint(v))
}

// visible makes text safe to print: what somebody wrote in a message must not
// move the cursor, set a title or reorder the line. Line ends become ⏎.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '⏎'
		case r == '\t':
			return ' '
		case r == '\r':
			return -1
		case unicode.IsControl(r):
			return '·'
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // bidirectional overrides and isolates
			return -1
		}
		return r
	}, s)
}

// Visible is text that somebody wrote, safe to print in one line of a terminal:
// no control character and no change of direction.
func Visible(text string) string { return visible(text) }
