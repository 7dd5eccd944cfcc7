package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones that people may choose are the same on every machine
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Limits of a profile, in characters.
const (
	MaxTitle      = 80
	MaxPronouns   = 40
	MaxFieldValue = 200
)

// cleanLine makes one line of plain text: trimmed, composed, at most limit characters,
// nothing in it that nobody sees but joiners, which emoji and several scripts need.
func cleanLine(pointer, what, text string, limit int) (string, *contracts.Error) {
	if len(text) > 8*limit || !utf8.ValidString(text) {
		return "", contracts.Invalid(pointer, fmt.Sprintf("the %s is too long or not valid UTF-8: at most %d characters", what, limit))
	}
	text = strings.TrimSpace(norm.NFC.String(text))
	if utf8.RuneCountInString(text) > limit {
		return "", contracts.Invalid(pointer, fmt.Sprintf("the %s is too long: at most %d characters", what, limit))
	}
	for _, r := range text {
		if r != '\u200c' && r != '\u200d' && !unicode.Is(unicode.Variation_Selector, r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) && (r < 0xE0020 || r > 0xE007F) {
			return "", contracts.Invalid(pointer, fmt.Sprintf("the %s has invisible or direction-changing characters, or more than one line", what))
		}
	}
	return text, nil
}

// cleanTimeZone takes the name of a zone in the IANA database; "" is none.
func cleanTimeZone(name string) (string, *contracts.Error) {
	bad := contracts.Invalid("/time_zone", "no such time zone").WithHint("Give a name of the IANA database, such as Europe/Berlin.")
	if name == "" {
		return "", nil
	}
	plain := !strings.ContainsFunc(name, func(r rune) bool {
		return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/_+-", r)
	})
	if len(name) > 64 || !plain || name == "Local" {
		return "", bad
	}
	if _, err := time.LoadLocation(name); err != nil {
		return "", bad
	}
	return name, nil
}

// cleanLocale takes a language tag and writes it as BCP 47 recommends; "" is none.
func cleanLocale(tag string) (string, *contracts.Error) {
	if tag == "" {
		return "", nil
	}
	bad := contracts.Invalid("/locale", "no such language").WithHint("Give a tag of BCP 47, such as de-CH.")
	if len(tag) > 35 {
		return "", bad
	}
	parsed, err := language.Parse(tag)
	if err != nil || parsed == language.Und {
		return "", bad
	}
	return parsed.String(), nil
}

// profile checks what change says about the profile and puts it into u.
func (s *Service) profile(ctx context.Context, q eventlog.Querier, u *contracts.User, change UserUpdate) error {
	var f faults
	set := func(field *string, given *string, clean func(string) (string, *contracts.Error)) {
		if given != nil {
			value, bad := clean(*given)
			f.add(bad)
			*field = value
		}
	}
	set(&u.Title, change.Title, func(t string) (string, *contracts.Error) { return cleanLine("/title", "title", t, MaxTitle) })
	set(&u.Pronouns, change.Pronouns, func(t string) (string, *contracts.Error) {
		return cleanLine("/pronouns", "pronouns", t, MaxPronouns)
	})
	set(&u.TimeZone, change.TimeZone, cleanTimeZone)
	set(&u.Locale, change.Locale, cleanLocale)
	if change.Fields == nil {
		return f.err()
	}
	var known []contracts.ProfileField
	if s.cfg.ProfileFields != nil {
		var err error
		if known, err = s.cfg.ProfileFields(ctx, q); err != nil {
			return fmt.Errorf("read profile fields: %w", err)
		}
	}
	isKnown := func(key string) bool {
		return slices.ContainsFunc(known, func(field contracts.ProfileField) bool { return field.Key == key })
	}
	fields := maps.Clone(u.Fields)
	maps.DeleteFunc(fields, func(key, _ string) bool { return !isKnown(key) })
	for _, key := range slices.Sorted(maps.Keys(change.Fields)) {
		pointer := "/fields/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		if !isKnown(key) {
			f.add(contracts.Invalid(pointer, "the workspace has no such profile field"))
			continue
		}
		value, bad := cleanLine(pointer, "value", change.Fields[key], MaxFieldValue)
		f.add(bad)
		if fields == nil {
			fields = map[string]string{}
		}
		if fields[key] = value; value == "" {
			delete(fields, key)
		}
	}
	if len(fields) == 0 {
		fields = nil
	}
	u.Fields = fields
	return f.err()
}

func sameProfile(a, b contracts.User) bool {
	return a.Title == b.Title && a.Pronouns == b.Pronouns && a.TimeZone == b.TimeZone && a.Locale == b.Locale && maps.Equal(a.Fields, b.Fields)
}

// writeProfile stores the profile of u.
func writeProfile(ctx context.Context, tx *sql.Tx, u contracts.User) error {
	fields := ""
	if len(u.Fields) > 0 {
		fields = string(encode(u.Fields))
	}
	_, err := tx.ExecContext(ctx, `UPDATE users SET title = $1, pronouns = $2, time_zone = $3, locale = $4, fields = $5 WHERE id = $6`,
		u.Title, u.Pronouns, u.TimeZone, u.Locale, fields, u.ID)
	if err != nil {
		return fmt.Errorf("update profile: %w", err)
	}
	return nil
}

func decodeFields(text string) (fields map[string]string, err error) {
	if text == "" {
		return nil, nil // no fields
	}
	return fields, json.Unmarshal([]byte(text), &fields)
}
