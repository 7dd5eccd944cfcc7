package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Limits of the profile fields.
const (
	MaxProfileFields = 8
	MaxFieldLabel    = 40 // characters
)

var fieldKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// ProfileFields returns what the workspace asks its people about, in the order in
// which it is shown. q is the caller's transaction or DB.Read.
func (s *Service) ProfileFields(ctx context.Context, q eventlog.Querier) ([]contracts.ProfileField, error) {
	set, err := readSettings(ctx, q)
	return set.ProfileFields, err
}

func cleanProfileFields(fields []contracts.ProfileField) ([]contracts.ProfileField, error) {
	if len(fields) > MaxProfileFields {
		return nil, contracts.Invalid("/profile_fields", fmt.Sprintf("there are at most %d profile fields", MaxProfileFields))
	}
	clean, seen := []contracts.ProfileField{}, map[string]bool{}
	for i, f := range fields {
		at := func(what string) string { return fmt.Sprintf("/profile_fields/%d/%s", i, what) }
		if !fieldKey.MatchString(f.Key) {
			return nil, contracts.Invalid(at("key"), "a key has 1–32 of a-z 0-9 _, beginning with a letter")
		}
		if seen[f.Key] {
			return nil, contracts.Invalid(at("key"), "the key "+f.Key+" stands twice")
		}
		seen[f.Key] = true
		f.Label = strings.TrimSpace(f.Label)
		n := utf8.RuneCountInString(f.Label)
		unseen := strings.ContainsFunc(f.Label, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) })
		if n < 1 || n > MaxFieldLabel || unseen || !utf8.ValidString(f.Label) {
			return nil, contracts.Invalid(at("label"), "a label is one line of 1–40 characters")
		}
		clean = append(clean, f)
	}
	return clean, nil
}

func decodeProfileFields(text string) ([]contracts.ProfileField, error) {
	fields := []contracts.ProfileField{}
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, fmt.Errorf("read profile fields: %w", err)
	}
	return fields, nil
}

func encodeProfileFields(fields []contracts.ProfileField) (string, error) {
	text, err := json.Marshal(fields)
	if err != nil {
		return "", fmt.Errorf("encode profile fields: %w", err)
	}
	return string(text), nil
}
