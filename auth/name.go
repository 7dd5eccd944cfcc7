package auth

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"golang.org/x/text/unicode/norm"
)

// Reserved are user names that nobody may take: they mean many people in a mention,
// or would pass for DankerChat itself.
var Reserved = []string{"all", "here", "channel", "everyone", "admin", "system", "dankerchat", "operator"}

// cleanUsername folds ASCII case and checks the rules: 2–32 of a-z 0-9 . _ -, the
// first a letter or digit, not reserved. No other alphabet is allowed, so that no
// two names look the same.
func cleanUsername(name string) (string, *contracts.Error) {
	const rule = "2–32 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit"
	if len(name) > 256 {
		return "", contracts.Invalid("/username", "the user name is too long: "+rule)
	}
	// ASCII alone: strings.ToLower makes a k of the Kelvin sign.
	name = strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, name)
	if len(name) < 2 || len(name) > 32 {
		return "", contracts.Invalid("/username", "a user name has "+rule)
	}
	for i, c := range []byte(name) {
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || c != '.' && c != '_' && c != '-') {
			return "", contracts.Invalid("/username", "a user name has "+rule)
		}
	}
	if slices.Contains(Reserved, name) {
		return "", contracts.Invalid("/username", "the user name "+name+" is reserved")
	}
	return name, nil
}

// cleanDisplayName trims, composes (NFC) and checks: 1–64 characters, none of them
// invisible or able to turn the direction of the text around it. Joiners inside a
// name stay: emoji and several scripts need them.
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
		if !joiner && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == '\u3164' || r == '\u115f' || r == '\u1160') {
			return "", contracts.Invalid("/display_name", "the display name has invisible or direction-changing characters")
		}
		if !joiner && !unicode.In(r, unicode.Zs, unicode.Mn) {
			visible = true
		}
	}
	if !visible {
		return "", contracts.Invalid("/display_name", "the display name shows nothing")
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
