package channels

import "strings"

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
