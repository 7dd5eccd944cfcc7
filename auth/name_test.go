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
		{"case is folded", "AdaLovelace", "adalovelace"},
		{"one letter is too short", "a", ""},
		{"33 letters are too long", strings.Repeat("a", 33), ""},
		{"nothing", "", ""},
		{"a dot first", ".ada", ""},
		{"a hyphen first", "-ada", ""},
		{"a space", "ada l", ""},
		{"a leading space", " ada", ""},
		{"an @", "ada@x", ""},
		{"a slash", "ada/x", ""},
		{"a newline", "ada\n", ""},
		{"NUL", "ada\x00", ""},
		{"a Cyrillic homoglyph", "аda", ""},
		{"a full-width letter", "ａda", ""},
		{"a dotless i", "adı", ""},
		{"the Kelvin sign, which Unicode lower-cases to k", "\u212Aim", ""},
		{"a zero-width space", "ad\u200ba", ""},
		{"a right-to-left override", "ad\u202ea", ""},
		{"a soft hyphen", "ad\u00ada", ""},
		{"invalid UTF-8", "ad\xffa", ""},
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
		{"plain", "Ada Lovelace", "Ada Lovelace"},
		{"trimmed", "  Ada ", "Ada"},
		{"composed", "Andre\u0301", "Andr\u00e9"},
		{"an emoji with joiners", "👩‍💻 Ada", "👩‍💻 Ada"},
		{"Persian with a non-joiner", "می\u200cخواهم", "می\u200cخواهم"},
		{"64 characters", strings.Repeat("ä", 64), strings.Repeat("ä", 64)},
		{"65 characters", strings.Repeat("ä", 65), ""},
		{"only spaces", "   ", ""},
		{"only joiners", "\u200d\u200d", ""},
		{"the Hangul filler, which shows nothing", "\u3164", ""},
		{"a newline", "Ada\nLovelace", ""},
		{"a right-to-left override", "Ada \u202eecalevoL", ""},
		{"a zero-width space", "Ada\u200b", ""},
		{"a byte order mark inside", "A\ufeffda", ""},
		{"a tag character", "Ada\U000e0041", ""},
		{"NUL", "A\x00da", ""},
		{"invalid UTF-8", "A\xffda", ""},
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
		"": true, "ada@example.org": true, "Ada.L+x@Example.org": true, "ädä@exämple.org": true,
		"ada": false, "ada@": false, "@example.org": false, "Ada <ada@example.org>": false, "a@b\r\nBcc: c@d": false,
		"ada@example.org, b@example.org": false, "ada\x00@example.org": false, strings.Repeat("a", 250) + "@b.de": false,
	} {
		if _, err := auth.CleanEmail(in); (err == nil) != ok {
			t.Errorf("%q: %v, want ok=%v", in, err, ok)
		}
	}
}
