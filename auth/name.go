package auth

import (
	"net/mail"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/confusable"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// Reserved are names that nobody may take, nor anything that looks like them: they
// mean many people in a mention, or would pass for DankerChat itself.
var Reserved = []string{
	"all", "here", "channel", "everyone", "everybody",
	"admin", "administrator", "dankerchat", "operator", "postmaster", "root", "security", "support", "system",
}

var reservedLooks = sync.OnceValue(func() map[string]string {
	looks := make(map[string]string, len(Reserved))
	for _, name := range Reserved {
		looks[confusable.Skeleton(name)] = name
	}
	return looks
})

// cleanUsername makes the canonical form of a user name: the PRECIS profile
// UsernameCaseMapped (RFC 8265, section 3.3: width and case mapped, NFC, one
// direction), cut down to 2–32 letters of one writing system (UTS #39, "highly
// restrictive"), their marks, digits 0–9, dot, underscore and hyphen, the first a
// letter or digit. What nobody sees is refused, and what is reserved.
func cleanUsername(name string) (string, *contracts.Error) {
	const rule = "2–32 letters of one script, digits 0–9, dot, underscore and hyphen, beginning with a letter or digit"
	bad := contracts.Invalid("/username", "a user name has "+rule)
	if len(name) > 256 || !utf8.ValidString(name) {
		return "", contracts.Invalid("/username", "the user name is too long or not valid UTF-8: "+rule)
	}
	canonical, err := precis.UsernameCaseMapped.String(name)
	if err != nil {
		return "", bad
	}
	// Lower-casing İ leaves a dot above the i that nobody sees.
	name = strings.ReplaceAll(canonical, "i\u0307", "i")
	if n := utf8.RuneCountInString(name); n < 2 || n > 32 {
		return "", bad
	}
	for i, r := range name {
		alnum := '0' <= r && r <= '9' || unicode.IsLetter(r) && !imitates(r)
		if !alnum && (i == 0 || r != '.' && r != '_' && r != '-' && !unicode.IsMark(r)) || unseen(r) {
			return "", bad
		}
	}
	if !marksBelong(norm.NFD.String(name)) {
		return "", contracts.Invalid("/username", "the user name has marks where none belong")
	}
	if mixed := confusable.Mixed(name); mixed != "" {
		return "", contracts.Invalid("/username", "the user name has letters of "+mixed+", which can imitate another name").WithHint("Use letters of one script.")
	}
	if word, reserved := reservedLooks()[confusable.Skeleton(name)]; reserved {
		if word == name {
			return "", contracts.Invalid("/username", "the user name "+name+" is reserved")
		}
		return "", contracts.Invalid("/username", "the user name looks like "+word+", which is reserved")
	}
	if contracts.ValidID(contracts.PrefixUser, name) {
		return "", contracts.Invalid("/username", "the user name has the form of an id")
	}
	return name, nil
}

// usernameKey is the form in which a name that somebody typed is looked up.
func usernameKey(name string) string {
	if len(name) > 256 {
		return ""
	}
	canonical, err := precis.UsernameCaseMapped.String(name)
	if err != nil {
		return strings.ToLower(name)
	}
	return strings.ReplaceAll(canonical, "i\u0307", "i")
}

// imitates reports the phonetic and typographic copies of letters that no
// orthography uses.
func imitates(r rune) bool {
	return r >= 0x1D00 && r <= 0x1DBF || r >= 0x2C60 && r <= 0x2C7F || r >= 0xA720 && r <= 0xA7FF || r >= 0xAB30 && r <= 0xAB6F
}

// unseen reports characters that leave no mark on the screen.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// marksBelong looks at the decomposed form, in which each mark is by itself: they
// stand on letters, at most four in a row, none twice, none striking a letter out.
func marksBelong(decomposed string) bool {
	inRow, before := 0, rune(0)
	for _, r := range decomposed {
		if !unicode.IsMark(r) {
			inRow, before = 0, r
			continue
		}
		inRow++
		if !unicode.IsLetter(before) && !unicode.IsMark(before) || before == r || inRow > 4 || r >= 0x0334 && r <= 0x0338 {
			return false
		}
		before = r
	}
	return true
}

// cleanDisplayName trims, composes (NFC) and checks: 1–64 characters, none of them
// invisible or able to turn the direction of the text around it, each word of one
// writing system, the whole no reserved name. Joiners inside a name stay: emoji and
// several scripts need them.
func cleanDisplayName(name, fallback string) (string, *contracts.Error) {
	if len(name) > 1024 || !utf8.ValidString(name) {
		return "", contracts.Invalid("/display_name", "the display name is too long or not valid UTF-8")
	}
	name = strings.TrimSpace(norm.NFC.String(name))
	if name == "" {
		name = fallback
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > 64 {
		return "", contracts.Invalid("/display_name", "a display name has 1–64 characters")
	}
	visible := false
	for _, r := range name {
		joiner := r == '\u200c' || r == '\u200d'
		emoji := r == '\ufe0f' // makes a picture of the character before it
		if !joiner && !emoji && unseen(r) {
			return "", contracts.Invalid("/display_name", "the display name has invisible or direction-changing characters")
		}
		if !joiner && !emoji && !unicode.In(r, unicode.Zs, unicode.Mn) {
			visible = true
		}
	}
	if !visible {
		return "", contracts.Invalid("/display_name", "the display name shows nothing")
	}
	for word := range strings.FieldsSeq(name) {
		if mixed := confusable.Mixed(word); mixed != "" {
			return "", contracts.Invalid("/display_name", "the display name has a word with letters of "+mixed+", which can imitate another name").WithHint("Use letters of one script in each word.")
		}
	}
	if word, reserved := reservedLooks()[confusable.Skeleton(strings.Join(strings.Fields(strings.ToLower(name)), ""))]; reserved && name != fallback {
		return "", contracts.Invalid("/display_name", "the display name is, or looks like, "+word+", which is reserved")
	}
	return name, nil
}

// cleanEmail checks an address as RFC 5322 writes it, without a name; "" is allowed.
func cleanEmail(email string) (string, *contracts.Error) {
	email = strings.TrimSpace(email)
	if email == "" {
		return "", nil
	}
	bad := contracts.Invalid("/email", "not an email address")
	if len(email) > 254 || !utf8.ValidString(email) {
		return "", bad
	}
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || strings.ContainsFunc(email, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "", bad
	}
	return email, nil
}

func emailKey(email string) string { return strings.ToLower(norm.NFKC.String(email)) }

// cleanLabel makes a text that a client gave about itself safe to show: one line,
// no controls, at most max characters.
func cleanLabel(s string, max int) string {
	if len(s) > 16*max {
		s = s[:16*max]
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, s))
	if runes := []rune(s); len(runes) > max {
		s = string(runes[:max])
	}
	return s
}

// faults gathers every input at fault, so that a form can show them all at once.
type faults []*contracts.Error

func (f *faults) add(err *contracts.Error) {
	if err != nil {
		*f = append(*f, err)
	}
}

func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	first := *f[0]
	for _, e := range f[1:] {
		first.Fields = append(first.Fields, contracts.FieldError{Pointer: e.Field, Code: e.Code, Detail: e.Message})
	}
	return &first
}
