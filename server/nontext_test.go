package server

import (
	"strings"
	"testing"
)

// Bytes that are no text name nothing and are found nowhere, on PostgreSQL as on SQLite,
// which would take them.
func TestWhatIsNoTextNamesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		for _, bytes := range []string{"%ff", "%00", "a%00b"} {
			for _, path := range []string{"/messages/" + bytes, "/conversations/" + bytes + "/messages", "/users/" + bytes, "/channels/" + bytes, "/channels/by-name/" + bytes, "/messages/" + bytes + "/history"} {
				if a := owner.do("GET", path, nil); a.status != 404 || a.code() != "not_found" {
					t.Errorf("GET %s: %d %s", path, a.status, a.body)
				}
			}
			for _, path := range []string{"/me/muted-users/", "/me/tokens/", "/messages/"} {
				if a := owner.do("DELETE", path+bytes, nil); a.status != 404 {
					t.Errorf("DELETE %s: %d %s", path+bytes, a.status, a.body)
				}
			}
			for _, path := range []string{"/users?query=", "/channels?query=", "/admin/audit?actor=", "/admin/users?query=", "/users?cursor="} {
				if a := owner.do("GET", path+bytes, nil); a.status != 422 || a.code() != "invalid" {
					t.Errorf("GET %s: %d %s", path+bytes, a.status, a.body)
				}
			}
		}
		general := owner.channel("general").ID
		for _, text := range []string{"\x00", "a\x00b"} {
			for _, ask := range []struct {
				method, path, at string
				body             map[string]any
			}{
				{"POST", "/auth/login", "/username", map[string]any{"username": text, "password": "correct horse battery", "client": "test"}},
				{"POST", "/dms", "/user_ids/0", map[string]any{"user_ids": []string{text}}},
				{"POST", "/channels/" + general + "/members", "/user_ids/0", map[string]any{"user_ids": []string{text}}},
				{"PATCH", "/admin/channels/" + general, "/owner", map[string]any{"owner": text}},
				{"POST", "/conversations/" + general + "/messages", "/text", map[string]any{"text": text}},
			} {
				if a := owner.do(ask.method, ask.path, ask.body); a.status != 422 || a.code() != "invalid" || !strings.Contains(string(a.body), `"pointer":"`+ask.at+`"`) {
					t.Errorf("%s %s %q: %d %s", ask.method, ask.path, ask.body, a.status, a.body)
				}
			}
		}
	})
}
