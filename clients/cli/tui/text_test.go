package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		text  string
		width int
		want  []string
	}{
		"nothing":                  {"", 10, []string{""}},
		"what fits":                {"one two", 7, []string{"one two"}},
		"between words":            {"one two three", 8, []string{"one two", "three"}},
		"a long word":              {"abcdefghijkl", 5, []string{"abcde", "fghij", "kl"}},
		"a long word after others": {"ab cdefghij", 5, []string{"ab", "cdefg", "hij"}},
		"lines":                    {"a\n\nb", 5, []string{"a", "", "b"}},
		"indented code stays":      {"  x = 1", 10, []string{"  x = 1"}},
		"wide characters":          {"日本語日本語", 5, []string{"日本", "語日", "本語"}},
		"joined emoji":             {"👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 4, []string{"👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"}},
		"combining marks":          {"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		"spaces at the end":        {"one  two", 4, []string{"one", "two"}},
	} {
		got := wrap(row.text, row.width)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	for _, s := range []string{"one two", "日本語 👩‍👩‍👧‍👦 é", "\x1b[2J\u202e", strings.Repeat("x", 300), "\xff\xfe"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 2 + (width&0x7fffffff)%100
		for _, line := range wrap(clean(text), width) {
			if w := ansi.StringWidth(line); w > width {
				t.Errorf("%q is %d columns wide, want at most %d", line, w, width)
			}
		}
	})
}

// What somebody writes cannot move the cursor or turn the line around.
func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain": "plain", "a\r\nb": "a\nb", "tab\there": "tab    here",
		"\x1b[2Jgone": "·[2Jgone", "\u202eevil\u2066": "evil", "bell\a": "bell·", "nul\x00": "nul·",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	order := func(query string, names ...string) []string {
		slices.SortStableFunc(names, func(a, b string) int { return match(query, b) - match(query, a) })
		return names
	}
	if got := order("ge", "manage", "general", "g-entry"); got[0] != "general" || got[1] != "g-entry" {
		t.Errorf("ge: %v", got)
	}
	for query, row := range map[string]struct {
		name  string
		found bool
	}{"": {"x", true}, "gnrl": {"general", true}, "lg": {"general", false}, "tö": {"guest ö", true}} {
		if (match(query, row.name) >= 0) != row.found {
			t.Errorf("%q in %q: %d", query, row.name, match(query, row.name))
		}
	}
}
