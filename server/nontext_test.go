package server

import "testing"

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
	})
}
