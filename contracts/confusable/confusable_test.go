package confusable_test

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/dankerchat/dankerchat/contracts/confusable"
)

func TestSkeletons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, a, b string }{
		{"Cyrillic", "раураӏ", "paypal"},
		{"Greek", "ορa", "opa"},
		{"digits", "a1l", "all"},
		{"two letters for one", "modern", "modem"},
		{"composed or not", "zoë", "zoe\u0308"},
		{"Armenian", "հօ", "ho"},
		{"dotless", "chıef", "chief"},
		{"itself", "名前", "名前"},
	} {
		if a, b := confusable.Skeleton(c.a), confusable.Skeleton(c.b); a != b {
			t.Errorf("%s: %q has the skeleton %q, %q has %q", c.name, c.a, a, c.b, b)
		}
	}
	for _, c := range [][2]string{{"member", "nember"}, {"ab", "ba"}, {"zoe", "zoë"}, {"名前", "名则"}, {"user2", "user3"}} {
		if confusable.Skeleton(c[0]) == confusable.Skeleton(c[1]) {
			t.Errorf("%q and %q are one", c[0], c[1])
		}
	}
}

func TestMixedScripts(t *testing.T) {
	t.Parallel()
	for word, mixed := range map[string]bool{
		"member": false, "мария": false, "名前tanaka": false, "ひらカナ漢字abc": false, "한글漢字": false, "ㄅ漢": false, "zoë": false, "a1_b": false, "שלום": false, "कखग": false,
		"mаria": true, "αb": true, "한글かな": true, "漢字я": true, "ѡωa": true, "𐐨": true,
	} {
		if got := confusable.Mixed(word); (got != "") != mixed {
			t.Errorf("%q: %q", word, got)
		}
	}
}

// Texts that are one by Unicode's equivalence have one skeleton.
func FuzzSkeleton(f *testing.F) {
	for _, s := range []string{"paypal", "раураӏ", "zoe\u0308", "m", "\u0336a", "ﷺ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		skeleton := confusable.Skeleton(s)
		if !utf8.ValidString(skeleton) || confusable.Skeleton(norm.NFC.String(s)) != skeleton {
			t.Errorf("%q: %q, composed %q", s, skeleton, confusable.Skeleton(norm.NFC.String(s)))
		}
	})
}
