package channels

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

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

func checkScripts(name string) error {
	var found []string
	for _, r := range name {
		if r < 0x80 && !unicode.IsLetter(r) || unicode.Is(unicode.Inherited, r) || r == 'ー' {
			continue
		}
		i := slices.IndexFunc(scripts, func(s struct {
			name  string
			table *unicode.RangeTable
		}) bool {
			return unicode.Is(s.table, r)
		})
		if i < 0 {
			return invalidName(fmt.Sprintf("contains %q (U+%04X), which belongs to no script in everyday use", r, r))
		}
		if !slices.Contains(found, scripts[i].name) {
			found = append(found, scripts[i].name)
		}
	}
	if len(found) < 2 {
		return nil
	}
	for _, set := range together {
		if !slices.ContainsFunc(found, func(script string) bool { return !slices.Contains(set, script) }) {
			return nil
		}
	}
	return invalidName("mixes " + strings.Join(found, " and ") + " letters, which can imitate another name").WithHint("Use letters of one script.")
}

// look returns what a name looks like: the key under which it is unique. Only
// letters outside ASCII are folded, so "modem" and "modern" stay two names.
func look(name string) string {
	return strings.Map(func(r rune) rune {
		if twin, ok := twins[r]; ok {
			return twin
		}
		return r
	}, name)
}

// twins are the lower-case letters that cannot be told from another one in usual
// fonts (Unicode confusables.txt, of the scripts above).
var twins = pairs(
	"аa", "сc", "ԁd", "еe", "һh", "іi", "јj", "ӏl", "оo", "рp", "ԛq", "ѕs", "ԝw", "хx", "уy", "ѵv", "гr", "кĸ", "єɛ", // Cyrillic
	"αa", "γy", "ιi", "κĸ", "νv", "οo", "ρp", "τт", "υu", "ϳj", "ςσ", "εɛ", // Greek
	"աw", "զq", "հh", "յj", "ոn", "սu", "ց9", "օo", // Armenian
	"ıi", "ȷj", "ɑa", "ɡg", "ɩi", "ɪi", "ʋu", "ʏy", "ʟl", "ɴn", "ʀr", "ʜh", "ʙb", "ɢg", // Latin
	"סo", "וl", "اl", "هo", "ەo", "ہo", "یي", "کك", // Hebrew and Arabic
	"ニ二", "ロ口", "カ力", "エ工", "ト卜", "タ夕", "ハ八", "へヘ", "べベ", "ぺペ", // Japanese
	"ഠo", "ଠo", "ဝo", // letters that are a plain ring
)

func pairs(list ...string) map[rune]rune {
	m := make(map[rune]rune, len(list))
	for _, pair := range list {
		runes := []rune(pair)
		m[runes[0]] = runes[1]
	}
	return m
}
