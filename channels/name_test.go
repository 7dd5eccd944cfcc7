package channels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ what, name, want string }{
		{"letters, digits, dash and underscore", "dev-ops_24", "dev-ops_24"},
		{"capitals become small", "DevOps", "devops"},
		{"a leading # and white space go", "  #general ", "general"},
		{"a decomposed letter is composed", "cafe\u0301", "café"},
		{"a composed letter stays", "café", "café"},
		{"Turkish capital I with dot", "İstanbul", "istanbul"},
		{"German", "Straße", "straße"},
		{"Cyrillic", "Новости", "новости"},
		{"Greek with a final sigma", "ΛΌΓΟΣ", "λόγοσ"},
		{"Hindi with vowel signs", "हिन्दी", "हिन्दी"},
		{"Thai with tone marks", "ห้องนั่งเล่น", "ห้องนั่งเล่น"},
		{"Arabic", "عام", "عام"},
		{"Japanese with all its scripts and Latin", "東京オフィスのdev", "東京オフィスのdev"},
		{"Korean with Latin", "개발-dev", "개발-dev"},
		{"Yoruba, where two marks meet", "ọ\u0301rọ\u0300", "ọ\u0301rọ\u0300"},
		{"80 characters", strings.Repeat("ü", 80), strings.Repeat("ü", 80)},
		{"one character", "x", "x"},
	} {
		got, err := channels.CleanName(test.name)
		if err != nil || got != test.want {
			t.Errorf("%s: CleanName(%q) = %q, %v; want %q", test.what, test.name, got, err, test.want)
			continue
		}
		if again, err := channels.CleanName(got); again != got || err != nil {
			t.Errorf("%s: a clean name changes: CleanName(%q) = %q, %v", test.what, got, again, err)
		}
	}
}

func TestCleanNameRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ what, name string }{
		{"nothing", ""},
		{"only #", "#"},
		{"only dashes", "--_"},
		{"81 characters", strings.Repeat("ü", 81)},
		{"a megabyte", strings.Repeat("x", 1<<20)},
		{"a space inside", "dev ops"},
		{"a dot", "dev.ops"},
		{"a slash", "dev/ops"},
		{"an @", "@dev"},
		{"a line break", "dev\nops"},
		{"NUL", "dev\x00"},
		{"broken UTF-8", "dev\xff"},
		{"an emoji", "party🎉"},
		{"zero-width space", "gen\u200beral"},
		{"zero-width joiner", "gen\u200deral"},
		{"soft hyphen", "gen\u00aderal"},
		{"right-to-left override", "\u202elareneg"},
		{"variation selector", "general\ufe0f"},
		{"combining grapheme joiner", "gene\u034fral"},
		{"Hangul filler", "general\u3164"},
		{"Hangul filler alone", "\u115f"},
		{"Cyrillic letters among Latin ones", "gеnеral"},
		{"Greek omicron among Latin", "generοl"},
		{"Cyrillic and Greek", "новοсти"},
		{"full-width letters", "ｇｅｎｅｒａｌ"},
		{"mathematical letters", "𝐠eneral"},
		{"small capitals", "ɢᴇɴᴇʀᴀʟ"},
		{"a ligature", "ﬁles"},
		{"Arabic-Indic digits", "عام٣"},
		{"superscript digit", "team²"},
		{"a script of no everyday use", "ᚠᚢᚦ"},
		{"Cherokee, which imitates Latin", "ꭺꮯ"},
		{"a mark at the beginning", "\u0301a"},
		{"a mark on a digit", "1\u0301"},
		{"a stack of marks", "a\u0300\u0301\u0302\u0303\u0304"},
		{"the same mark twice", "a\u0323\u0323"},
		{"a letter struck through", "o\u0338"},
		{"a reserved word", "All"},
		{"another reserved word", "#everyone"},
		{"a reserved word in another alphabet's letters", "ɑll"},
		{"an id", "cnv_06e8v3qk8h2m4n6p8r0t2w4y6z"},
	} {
		got, err := channels.CleanName(test.name)
		var own *contracts.Error
		if !errors.As(err, &own) || own.Code != contracts.CodeInvalid || own.Field != "/name" || len(own.Message) < 20 {
			t.Errorf("%s: CleanName(%.40q) = %.40q, %v; want invalid at /name with a reason", test.what, test.name, got, err)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{"general", "#Dev-Ops", "cafe\u0301", "gеneral", "İ", "\u3164", "東京dev", "Σς"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := channels.CleanName(name)
		if err != nil {
			if contracts.CodeOf(err) != contracts.CodeInvalid {
				t.Fatalf("CleanName(%q): %v", name, err)
			}
			return
		}
		if again, err := channels.CleanName(clean); again != clean || err != nil {
			t.Fatalf("CleanName(%q) = %q, but CleanName of that = %q, %v", name, clean, again, err)
		}
		if strings.ToLower(clean) != clean || strings.ContainsAny(clean, " \t\n\x00#@/") {
			t.Fatalf("CleanName(%q) = %q", name, clean)
		}
	})
}
