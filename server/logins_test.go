package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// One sees one's own sign-ins and those that failed, on whichever way, the newest first.
func TestOwnSignInsAreListed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, u string) {
		w := serve(t, u)
		w.setUp()
		member, secret, _ := w.personWithApp("member")
		browser := w.anonymous()
		browser.header = http.Header{"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}}
		later := func() { time.Sleep(3 * time.Millisecond) } // the order of what is of one millisecond is none
		browser.must(401, "POST", "/auth/login", obj{"username": "member", "password": "not this one, is it?"}, nil)
		later()
		var in signedInBody
		browser.must(200, "POST", "/auth/login", obj{"username": "member", "password": firstPassword}, &in)
		owing := &client{w: w, t: t, token: in.AccessToken}
		if a := owing.do("GET", "/me/logins", nil); a.status != 401 || a.code() != "mfa_required" {
			t.Errorf("while a factor is owed: %d %s", a.status, a.body)
		}
		later()
		owing.must(401, "POST", "/auth/2fa/verify", obj{"code": wrongCode(t, secret)}, nil)

		var seen []contracts.Login
		path := "/me/logins?limit=2"
		for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) { // failures are written beside the requests
			var all contracts.Page[contracts.Login]
			if member.must(200, "GET", "/me/logins", nil, &all); len(all.Data) == 5 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d sign-ins, want 5: %+v", len(all.Data), all.Data)
			}
		}
		for path != "" {
			var page contracts.Page[contracts.Login]
			a := member.must(200, "GET", path, nil, &page)
			if len(page.Data) > 2 || page.Page.HasMore != (a.header.Get("Link") != "") {
				t.Errorf("a page of %d, more %v, Link %q", len(page.Data), page.Page.HasMore, a.header.Get("Link"))
			}
			seen = append(seen, page.Data...)
			if path = ""; page.Page.Next != nil {
				path = "/me/logins?limit=2&cursor=" + *page.Page.Next
			}
		}
		var got []string
		for _, l := range seen {
			got = append(got, strings.Join([]string{l.Outcome, l.Method, l.Client, l.Device, l.IP}, " "))
		}
		// The two before are from when there was no app.
		want := []string{"wrong_code password browser Firefox on Linux 127.0.0.1", "second_factor password browser Firefox on Linux 127.0.0.1", "wrong_password password browser Firefox on Linux 127.0.0.1"}
		if len(got) != 5 || strings.Join(got[:3], "\n") != strings.Join(want, "\n") {
			t.Errorf("the newest are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		owing.must(200, "POST", "/auth/2fa/verify", obj{"code": nextCode(t, secret)}, nil)
		var newest contracts.Page[contracts.Login]
		owing.must(200, "GET", "/me/logins?limit=1", nil, &newest)
		if newest.Data[0].Outcome != contracts.LoginOK || newest.Data[0].Device != "Firefox on Linux" {
			t.Errorf("after the code: %+v", newest.Data[0])
		}
		var others contracts.Page[contracts.Login]
		w.newUser("other", contracts.RoleMember).must(200, "GET", "/me/logins", nil, &others)
		if len(others.Data) != 1 || others.Page.HasMore {
			t.Errorf("another sees %+v", others.Data)
		}
		member.wrong = true
		for _, query := range []string{"limit=0", "limit=201", "cursor=x"} {
			member.must(422, "GET", "/me/logins?"+query, nil, nil)
		}
	})
}
