package server

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
)

// queries are the parameters that each operation knows in its query; those that are not
// here know none.
var queries = map[string][]string{
	"oidc.start":            {"next", "invite"},
	"login.list":            {"cursor", "limit"},
	"session.revoke_others": {"all"},
	"user.list":             {"query", "cursor", "limit"},
	"user.avatar":           {"v"},
	"channel.list":          {"query", "archived", "joined", "cursor", "limit"},
	"member.list":           {"cursor", "limit"},
	"dm.list":               {"cursor", "limit"},
	"message.list":          {"before", "after", "around", "limit"},
	"admin_user.list":       {"query", "role", "state", "cursor", "limit"},
	"admin_channel.list":    {"query", "cursor", "limit"},
	"invite.list":           {"cursor", "limit"},
	"audit.list":            {"actor", "action", "target", "cursor", "limit"},
}

// anyQuery are operations that are asked by machines which add what they like.
var anyQuery = map[string]bool{"oidc.callback": true, "health.live": true, "health.ready": true}

// checkQuery refuses a parameter that the operation doesn't know: misspelt, it would
// silently ask for something else, all users instead of the suspended ones.
//
// It refuses bytes that are no text, too: in the path they name nothing, and a database
// may call them an error of its own.
func checkQuery(r *request) error {
	if !isText(r.URL.Path) {
		return contracts.ErrNotFound
	}
	if r.URL.RawQuery == "" || anyQuery[r.op] {
		return nil
	}
	asked, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return malformed("the query cannot be read").WithHint("Escape its values (RFC 3986, section 2.1).")
	}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if known := queries[r.op]; !slices.Contains(known, name) {
			hint := "It takes none."
			if len(known) > 0 {
				hint = "It knows " + strings.Join(known, ", ") + "."
			}
			return (&contracts.Error{Code: contracts.CodeUnknownField, Message: "the operation knows no such query parameter"}).At("/" + name).WithHint(hint)
		}
		if slices.ContainsFunc(asked[name], func(value string) bool { return !isText(value) }) {
			return contracts.Invalid("/"+name, "the value is not text").WithHint("Escape UTF-8 without U+0000 (RFC 3986, section 2.1).")
		}
	}
	return nil
}

// isText reports whether both databases can hold it.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// pageRequest reads limit and cursor.
func pageRequest(r *request) (contracts.PageRequest, error) {
	limit, err := limitOf(r)
	return contracts.PageRequest{Limit: limit, After: r.URL.Query().Get("cursor")}, err
}

// limitOf reads limit; 0 when it is not given.
func limitOf(r *request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > contracts.MaxLimit {
		return 0, contracts.Invalid("/limit", "limit must be 1 to 200")
	}
	return limit, nil
}

// flag reads a query parameter that is true, false or missing (nil).
func flag(r *request, name string) (*bool, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return nil, nil // missing is one of three values
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return nil, contracts.Invalid("/"+name, name+" must be true or false")
	}
	return &value, nil
}
