package auth

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
)

// Limits of a password. There are no rules about its characters.
const (
	MinPasswordRunes = 10
	MaxPasswordRunes = 128
	MaxPasswordBytes = 1024
)

//go:embed common.txt
var commonText string

// common holds much-used passwords that are long enough to pass otherwise.
var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			m[line] = true
		}
	}
	return m
})

// checkPassword applies the policy: 10–128 characters, at most 1,024 bytes, not a
// much-used one, nor one of the names that belong to the account. What passes is
// taken as it is: leading spaces, NUL and case count.
func checkPassword(pointer string, password Secret, names ...string) *contracts.Error {
	text := string(password)
	if len(text) > MaxPasswordBytes {
		return contracts.Invalid(pointer, "the password is too long: at most 1,024 bytes")
	}
	if !utf8.ValidString(text) {
		return contracts.Invalid(pointer, "the password is not valid UTF-8")
	}
	switch n := utf8.RuneCountInString(text); {
	case n < MinPasswordRunes:
		return contracts.Invalid(pointer, "the password is too short: at least 10 characters").WithHint("Several words make a good one.")
	case n > MaxPasswordRunes:
		return contracts.Invalid(pointer, "the password is too long: at most 128 characters")
	}
	lower := strings.ToLower(text)
	different := map[rune]bool{}
	for _, r := range lower {
		different[r] = true
	}
	if common()[lower] || len(different) < 4 {
		return contracts.Invalid(pointer, "the password is one of those that attackers try first").WithHint("Several words make a good one.")
	}
	for _, name := range names {
		if name != "" && lower == strings.ToLower(name) {
			return contracts.Invalid(pointer, "the password must differ from the name and the email address")
		}
	}
	return nil
}
