package channels

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/confusable"
)

// Limits of a channel's texts, in characters.
const (
	MaxName    = 80
	MaxTopic   = 1024
	MaxPurpose = 1024
)

// reserved are the words that address people in a message.
var reserved = map[string]bool{"all": true, "here": true, "channel": true, "everyone": true}

// CleanName returns the form in which a channel's name is stored: Unicode NFC,
// lower case, without a leading # and surrounding white space. It refuses with
// [contracts.ErrInvalid] at /name what is not 1–80 letters, digits 0–9, - and _,
// what mixes scripts (UTS #39, "highly restrictive": Japanese, Chinese and Korean
// may go with Latin), invisible characters and compatibility forms, and the
// words that address people.
//
// Two names of one script that look the same ("сосо" in Cyrillic and "coco") are
// both valid; [Service.Create] refuses the second as taken. Digits that resemble
// letters (0 and o, 1 and l) are told apart.
func CleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", invalidName("is not valid UTF-8")
	}
	if len(name) > 16*MaxName { // before any work is done on it
		return "", invalidName("is too long: at most 80 characters")
	}
	name = strings.TrimPrefix(strings.TrimSpace(name), "#")
	// Lower-casing İ leaves a dot above the i that nobody sees.
	name = strings.ReplaceAll(norm.NFC.String(strings.ToLower(norm.NFC.String(name))), "i\u0307", "i")
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", invalidName("is empty")
	case n > MaxName:
		return "", invalidName("is too long: at most 80 characters")
	}
	if err := checkCharacters(name); err != nil {
		return "", err
	}
	if mixed := confusable.Mixed(name); mixed != "" {
		return "", invalidName("has letters of " + mixed + ", which can imitate another name").WithHint("Use letters of one script.")
	}
	switch {
	case reserved[look(name)]:
		return "", invalidName("addresses people in messages: @" + look(name)).WithHint("Choose another name.")
	case contracts.ValidID(contracts.PrefixConversation, name):
		return "", invalidName("has the form of an id").WithHint("Choose another name.")
	}
	return name, nil
}

func checkCharacters(name string) error {
	if err := checkMarks(norm.NFD.String(name)); err != nil {
		return err
	}
	letter := false // whether a letter or digit is there at all
	for _, r := range name {
		switch {
		case r == ' ':
			return invalidName("contains a space").WithHint("Use - or _ between words.")
		case invisible(r):
			return invalidName(fmt.Sprintf("contains an invisible character (U+%04X)", r))
		case unicode.IsMark(r), r == '-', r == '_':
		case unicode.IsLetter(r):
			if imitation(r) || norm.NFKC.String(string(r)) != string(r) {
				return invalidName(fmt.Sprintf("contains %q (U+%04X), which looks like an ordinary letter", r, r)).WithHint("Type the ordinary letter.")
			}
			letter = true
		case r >= '0' && r <= '9':
			letter = true
		default:
			return invalidName(fmt.Sprintf("contains %q (U+%04X)", r, r)).WithHint("Letters, digits 0–9, - and _ are allowed.")
		}
	}
	if !letter {
		return invalidName("has no letter or digit")
	}
	return nil
}

// checkMarks refuses combining marks that stand on no letter, repeat, or pile up.
// It looks at the decomposed form (NFD), in which each mark is by itself.
func checkMarks(decomposed string) error {
	inRow := 0
	var before rune
	for _, r := range decomposed {
		switch {
		case !unicode.IsMark(r) || invisible(r):
			inRow = 0
		case before == 0 || !unicode.IsLetter(before) && !unicode.IsMark(before) || before == r || inRow == 4 || overlay(r):
			return invalidName(fmt.Sprintf("contains a combining mark where none belongs (U+%04X)", r))
		default:
			inRow++
		}
		before = r
	}
	return nil
}

// invisible characters make two names that nobody can tell apart.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// overlay marks strike a letter through and make it look like another.
func overlay(r rune) bool { return r >= 0x0334 && r <= 0x0338 }

// imitation letters are phonetic and typographic copies of Latin letters that no
// orthography uses.
func imitation(r rune) bool {
	return r >= 0x1D00 && r <= 0x1DBF || r >= 0x2C60 && r <= 0x2C7F || r >= 0xA720 && r <= 0xA7FF || r >= 0xAB30 && r <= 0xAB6F
}

func invalidName(problem string) *contracts.Error {
	return contracts.Invalid("/name", "the channel name "+problem)
}

// cleanLine checks a topic or purpose: one line, without control characters and
// without those that reverse the direction of the text around them.
func cleanLine(pointer, what, text string, limit int) (string, error) {
	if !utf8.ValidString(text) {
		return "", contracts.Invalid(pointer, "the "+what+" is not valid UTF-8")
	}
	if len(text) > 4*limit+64 || utf8.RuneCountInString(text) > limit {
		return "", contracts.Invalid(pointer, fmt.Sprintf("the %s is too long: at most %d characters", what, limit))
	}
	for _, r := range text {
		if unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 {
			return "", contracts.Invalid(pointer, fmt.Sprintf("the %s contains a control character (U+%04X)", what, r)).WithHint("It is one line of plain text.")
		}
	}
	return strings.TrimSpace(text), nil
}
