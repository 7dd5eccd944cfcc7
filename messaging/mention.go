package messaging

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxMentions is how many users one message can name; further names stay text.
const MaxMentions = 50

// everybody are the words that name all participants.
var everybody = map[string]bool{"channel": true, "here": true, "all": true, "everyone": true}

// MentionsAll reports whether a message with this text names everybody: @channel,
// @here, @all or @everyone outside code.
func (s *Service) MentionsAll(text string) bool {
	_, all := parseMentions(text)
	return all
}

// mentioned finds whom a text names.
func (s *Service) mentioned(ctx context.Context, text string) (users []string, all bool, err error) {
	names, all := parseMentions(text)
	if len(names) == 0 {
		return nil, all, nil
	}
	lookup := make([]string, 0, len(names))
	for _, n := range names {
		lookup = append(lookup, n)
		if short := trimName(n); short != n && short != "" {
			lookup = append(lookup, short)
		}
	}
	ids, err := s.people.ByUsername(ctx, unique(lookup))
	if err != nil {
		return nil, false, fmt.Errorf("look up mentions: %w", err)
	}
	return resolve(names, ids), all, nil
}

// resolve is whom names mean, each once, by the ids of those who exist.
func resolve(names []string, ids map[string]string) (users []string) {
	for _, n := range names {
		id, ok := ids[n]
		if !ok {
			id, ok = ids[trimName(n)]
		}
		if ok && len(users) < MaxMentions {
			users = append(users, id)
		}
	}
	return unique(users)
}

// trimName drops what ends a sentence or an emphasis rather than a name: "@ann."
// means ann, unless there is an "ann.".
func trimName(name string) string { return strings.TrimRight(name, "._-") }

// parseMentions returns the distinct names after @ outside code spans and fenced
// code blocks, in lower case and order, at most twice [MaxMentions] of them (some
// may turn out to be nobody), and whether everybody is named. An @ inside a word
// (an address) or after a backslash names nobody. A name may have whatever auth lets
// it have: letters and marks of any script, digits 0–9, dot, underscore, hyphen.
func parseMentions(text string) (names []string, all bool) {
	if !strings.Contains(text, "@") {
		return nil, false
	}
	seen := map[string]bool{}
	for _, part := range outsideCode(text) {
		for i := 0; i < len(part); i++ {
			if part[i] != '@' || !startsName(part[:i]) {
				continue
			}
			end := i + 1 + nameLength(part[i+1:])
			name := strings.ToLower(part[i+1 : end])
			addressed := end < len(part) && part[end] == '@'
			i = end - 1
			if addressed || utf8.RuneCountInString(trimName(name)) < 2 {
				continue
			}
			if everybody[trimName(name)] {
				all = true
				continue
			}
			if utf8.RuneCountInString(name) <= 64 && !seen[name] && len(names) < 2*MaxMentions {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names, all
}

// startsName reports whether a name may start after before: not inside a word or address.
func startsName(before string) bool {
	r, size := utf8.DecodeLastRuneInString(before)
	return size == 0 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`@\/.+-=`, r) ||
		(r == '-' || r == '.') && size == len(before)
}

// nameLength is how many bytes at the start of text may belong to a name.
func nameLength(text string) int {
	for i, r := range text {
		alnum := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !alnum && r != '.' && r != '_' && r != '-' && (r < 0x80 || !unicode.IsLetter(r) && !unicode.IsMark(r)) {
			return i
		}
	}
	return len(text)
}

// outsideCode returns the parts of a text that are not code: fences of ``` or ~~~
// at the start of a line, and spans between runs of backticks of equal length
// (CommonMark 0.31, sections 4.5 and 6.1).
func outsideCode(text string) []string {
	var parts []string
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, outsideSpans(plain.String())...)
			plain.Reset()
		}
	}
	fence := ""
	for line := range strings.Lines(text) {
		mark := fenceMark(line)
		switch {
		case fence == "" && mark != "":
			flush()
			fence = mark
		case fence == "":
			plain.WriteString(line)
		case mark != "" && mark[0] == fence[0] && len(mark) >= len(fence) && strings.TrimSpace(strings.Trim(strings.TrimSpace(line), fence[:1])) == "":
			fence = ""
		}
	}
	flush()
	return parts
}

// fenceMark returns the run of three or more ` or ~ that a line begins with.
func fenceMark(line string) string {
	trimmed := strings.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 || trimmed == "" || trimmed[0] != '`' && trimmed[0] != '~' {
		return ""
	}
	n := len(trimmed) - len(strings.TrimLeft(trimmed, trimmed[:1]))
	if n < 3 || trimmed[0] == '`' && strings.Contains(trimmed[n:], "`") {
		return "" // ```x``` on one line is a span
	}
	return trimmed[:n]
}

func outsideSpans(text string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); {
		if text[i] != '`' {
			i++
			continue
		}
		run := runLength(text, i)
		end := closingRun(text, i+run, run)
		if end < 0 {
			i += run // no partner: literal backticks
			continue
		}
		parts = append(parts, text[start:i])
		start, i = end+run, end+run
	}
	return append(parts, text[start:])
}

func runLength(text string, i int) int {
	n := 0
	for i+n < len(text) && text[i+n] == '`' {
		n++
	}
	return n
}

func closingRun(text string, from, run int) int {
	for i := from; i < len(text); {
		if text[i] != '`' {
			i++
			continue
		}
		n := runLength(text, i)
		if n == run {
			return i
		}
		i += n
	}
	return -1
}
