// Package confusable tells which names look alike: Unicode Technical Standard #39,
// section 4. Two texts are confusable when their skeletons are equal.
//
// The table is the part of the standard's confusables.txt that lower-case letters,
// marks and digits need: what names of users and channels may hold. A text of other characters is
// compared by these alone.
package confusable

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// table has a line for each prototype: it, a tab, and the characters that look like it.
//
//go:embed table.txt
var table string

var prototypes = sync.OnceValue(func() map[rune]string {
	m := make(map[rune]string, 3000)
	for line := range strings.Lines(table) {
		if prototype, twins, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			for _, r := range twins {
				m[r] = prototype
			}
		}
	}
	m['ӏ'] = "l" // the small palochka: the standard compares it with i, most fonts draw an l
	return m
})

// Skeleton is what s looks like, for comparing only: it is not for people to read.
func Skeleton(s string) string {
	m := prototypes()
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if p, ok := m[r]; ok {
			b.WriteString(p)
		} else if r != utf8.RuneError {
			b.WriteRune(r)
		}
	}
	return norm.NFD.String(b.String())
}

// scripts are those in everyday use (Unicode UAX #31, table 5). Others are full of
// letters that imitate these.
var scripts = []struct {
	name  string
	table *unicode.RangeTable
}{
	{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian},
	{"Georgian", unicode.Georgian}, {"Hebrew", unicode.Hebrew}, {"Arabic", unicode.Arabic}, {"Thaana", unicode.Thaana},
	{"Ethiopic", unicode.Ethiopic}, {"Devanagari", unicode.Devanagari}, {"Bengali", unicode.Bengali},
	{"Gurmukhi", unicode.Gurmukhi}, {"Gujarati", unicode.Gujarati}, {"Oriya", unicode.Oriya}, {"Tamil", unicode.Tamil},
	{"Telugu", unicode.Telugu}, {"Kannada", unicode.Kannada}, {"Malayalam", unicode.Malayalam}, {"Sinhala", unicode.Sinhala},
	{"Thai", unicode.Thai}, {"Lao", unicode.Lao}, {"Tibetan", unicode.Tibetan}, {"Myanmar", unicode.Myanmar},
	{"Khmer", unicode.Khmer}, {"Han", unicode.Han}, {"Hiragana", unicode.Hiragana}, {"Katakana", unicode.Katakana},
	{"Bopomofo", unicode.Bopomofo}, {"Hangul", unicode.Hangul},
}

// together are the scripts that one writing system mixes, each with Latin.
var together = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// Mixed tells what is wrong with a word whose letters are not of one writing system
// (the level "highly restrictive" of UTS #39, section 5.2), and "" when nothing is.
func Mixed(word string) string {
	var found []string
	for _, r := range word {
		if !unicode.IsLetter(r) || r == 'ー' {
			continue // digits and marks belong to every script
		}
		script := "a script out of everyday use"
		for _, s := range scripts {
			if unicode.Is(s.table, r) {
				script = s.name
				break
			}
		}
		if !slices.Contains(found, script) {
			found = append(found, script)
		}
	}
	if len(found) == 0 || len(found) == 1 && found[0] != "a script out of everyday use" {
		return ""
	}
	for _, set := range together {
		if !slices.ContainsFunc(found, func(script string) bool { return !slices.Contains(set, script) }) {
			return ""
		}
	}
	return strings.Join(found, " and ")
}
