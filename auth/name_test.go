package auth_test

import (
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
)

func TestUsernames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"the shortest", "ab", "ab"},
		{"the longest", strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{"all kinds of character", "a9.b_c-d", "a9.b_c-d"},
		{"a digit first", "9lives", "9lives"},
		{"case is folded", "ReleaseBot", "releasebot"},
		{"one letter is too short", "a", ""},
		{"33 letters are too long", strings.Repeat("a", 33), ""},
		{"nothing", "", ""},
		{"a dot first", ".member1", ""},
		{"a hyphen first", "-member1", ""},
		{"a space", "member1 l", ""},
		{"a leading space", " member1", ""},
		{"an @", "member1@x", ""},
		{"a slash", "member1/x", ""},
		{"a newline", "member1\n", ""},
		{"NUL", "member1\x00", ""},
		{"letters of another script", "мария", "мария"},
		{"an accent, composed", "Noe\u0308l", "noël"},
		{"Han", "名前", "名前"},
		{"Han with Latin, as Japanese writes", "名前tanaka", "名前tanaka"},
		{"right to left", "שלום", "שלום"},
		{"full-width letters are the ordinary ones (RFC 8265, width mapping)", "ｍember", "member"},
		{"the Kelvin sign is a k (RFC 8265, case mapping)", "\u212Aim", "kim"},
		{"a dot above an i that nobody sees", "İstanbul", "istanbul"},
		{"32 letters of four bytes", strings.Repeat("𐐨", 2) + "ab", ""},
		{"32 letters of two bytes", strings.Repeat("ж", 32), strings.Repeat("ж", 32)},
		{"33 letters of two bytes", strings.Repeat("ж", 33), ""},
		{"a Cyrillic homoglyph", "mеmber", ""},
		{"a Greek homoglyph", "membεr", ""},
		{"directions mixed", "אa", ""},
		{"digits of another script", "member٣", ""},
		{"a ligature", "ﬁne", ""},
		{"a small capital", "ᴀnn", ""},
		{"a mathematical letter", "𝐦ember", ""},
		{"a letter struck through by a mark", "me\u0336mber", ""},
		{"marks piled up", "a\u0301\u0302\u0303\u0304\u0306\u0307b", ""},
		{"a mark on nothing", "\u0301ab", ""},
		{"a non-joiner, which nobody sees", "می\u200cخواهم", ""},
		{"a variation selector", "member\ufe0f", ""},
		{"an emoji", "member😀", ""},
		{"the Hangul filler", "ab\u3164", ""},
		{"the form of an id", "usr_0123456789abcdefghjkmnpqrs", ""},
		{"a zero-width space", "mem\u200bber", ""},
		{"a right-to-left override", "mem\u202eber", ""},
		{"a soft hyphen", "mem\u00adber", ""},
		{"invalid UTF-8", "mem\xffber", ""},
		{"a megabyte", strings.Repeat("a", 1<<20), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := auth.CleanUsername(c.in)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
	for _, name := range []string{
		"all", "here", "channel", "everyone", "everybody", "admin", "administrator", "system", "dankerchat", "operator", "root", "support", "security", "postmaster",
		"ADMIN", "Here", "ａｄｍｉｎ", "adrnin", "a1l", "аӏӏ", "hеrе",
	} {
		if _, err := auth.CleanUsername(name); err == nil {
			t.Errorf("%s is reserved, or looks like it", name)
		}
	}
}

func TestDisplayNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Release Manager", "Release Manager"},
		{"trimmed", "  Guest ", "Guest"},
		{"composed", "Cafe\u0301", "Caf\u00e9"},
		{"an emoji with joiners", "👩‍💻 Guest", "👩‍💻 Guest"},
		{"Persian with a non-joiner", "می\u200cخواهم", "می\u200cخواهم"},
		{"two scripts, a word each", "Мир World", "Мир World"},
		{"Japanese with Latin", "田中Tanaka", "田中Tanaka"},
		{"a homoglyph inside a word", "Mаria", ""},
		{"a reserved word", "Everyone", ""},
		{"a reserved word in another case, spaced", " DANKER CHAT ", ""},
		{"what looks like a reserved word", "Sуstem", ""},
		{"what looks like one in one script", "аӏӏ", ""},
		{"a title is no reserved word", "Admin of the week", "Admin of the week"},
		{"64 characters", strings.Repeat("ä", 64), strings.Repeat("ä", 64)},
		{"65 characters", strings.Repeat("ä", 65), ""},
		{"only spaces", "   ", ""},
		{"only joiners", "\u200d\u200d", ""},
		{"the Hangul filler, which shows nothing", "\u3164", ""},
		{"a newline", "Release\nManager", ""},
		{"a right-to-left override", "Release \u202ereganaM", ""},
		{"a zero-width space", "Guest\u200b", ""},
		{"a byte order mark inside", "Gu\ufeffest", ""},
		{"a tag character", "Guest\U000e0041", ""},
		{"NUL", "Gu\x00est", ""},
		{"invalid UTF-8", "Gu\xffest", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := auth.CleanDisplayName(c.in)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestEmails(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{
		"": true, "member1@example.org": true, "Chat.Team+x@Example.org": true, "tëam@exämple.org": true,
		"member1": false, "member1@": false, "@example.org": false, "Team <member1@example.org>": false, "a@b\r\nBcc: c@d": false,
		"member1@example.org, b@example.org": false, "member1\x00@example.org": false, strings.Repeat("a", 250) + "@b.de": false,
	} {
		if _, err := auth.CleanEmail(in); (err == nil) != ok {
			t.Errorf("%q: %v, want ok=%v", in, err, ok)
		}
	}
}
