package cliutil

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// choices are the values of a flag whose placeholder lists them: `public|private`.
func choices(f cli.Flag) []string {
	if f.Names()[0] == "format" {
		return Formats
	}
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return nil
	}
	value, _ := placeholder(d.GetUsage())
	return listed(value)
}

// listed are the words of a placeholder that lists them, in small letters; what it
// names is in capitals.
func listed(placeholder string) []string {
	words := strings.Split(placeholder, "|")
	if len(words) == 1 || strings.ToLower(placeholder) != placeholder {
		return nil
	}
	return words
}

// oneOf is a usage error for a value that is none of the list.
func oneOf(what, value string, list []string) error {
	if slices.Contains(list, value) {
		return nil
	}
	wrong := Usagef("%s must be one of %s, not %q", what, strings.Join(list, ", "), value)
	if meant := Nearest(value, list); meant != "" {
		return wrong.WithHint("did you mean " + meant + "?")
	}
	return wrong
}

// Scopes is a usage error for a scope of an API token that is none.
func Scopes(scopes []string) error {
	known := []string{"*"}
	for _, p := range contracts.RoleOwner.Permissions() {
		known = append(known, string(p))
	}
	for _, scope := range scopes {
		if slices.Contains(known, scope) {
			continue
		}
		hint := "Scopes: " + strings.Join(known, ", ")
		if meant := Nearest(scope, known); meant != "" {
			hint = "did you mean " + meant + "?"
		}
		return Usagef("unknown scope %s", scope).WithHint(hint)
	}
	return nil
}
