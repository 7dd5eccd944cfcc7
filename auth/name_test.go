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
		{"a Cyrillic homoglyph", "mеmber", ""},
		{"a full-width letter", "ｍember", ""},
		{"a dotless i", "chıef", ""},
		{"the Kelvin sign, which Unicode lower-cases to k", "\u212Aim", ""},
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
	for _, name := range []string{"all", "here", "channel", "everyone", "admin", "system", "dankerchat", "operator", "ADMIN", "Here"} {
		if _, err := auth.CleanUsername(name); err == nil {
			t.Errorf("%s is reserved", name)
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
