package server

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// A link or a picture can make a browser read anything with its cookie: reading changes
// nothing, whatever is read.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		general := owner.channel("general").ID
		message := owner.post(general, "hello")
		var invite contracts.Invite
		owner.must(201, "POST", "/admin/invites", obj{}, &invite)
		var begun deviceBegun
		w.anonymous().must(200, "POST", "/auth/device", obj{}, &begun)
		in := must(w.ws.Auth.StartSession(t.Context(), owner.user.ID, auth.SignInProof{Assurance: auth.TwoFactors, Client: "browser"}))
		browser := &client{w: w, t: t, cookie: in.Secret.Reveal(), wrong: true}
		ids := strings.NewReplacer("{user}", owner.user.ID, "{channel}", general, "{conversation}", general, "{message}", message.ID, "{code}", invite.Code,
			"{user_code}", begun.UserCode, "{name}", "general", "{provider}", "corp")
		before, answered := w.state(), 0
		for _, rt := range routes {
			if rt.method != "GET" {
				continue
			}
			if a := browser.do("GET", ids.Replace(rt.path), nil); a.status < 300 {
				answered++
			}
		}
		if answered < 40 {
			t.Errorf("only %d reads were answered", answered)
		}
		if after := w.state(); after != before {
			t.Errorf("reading changed the database:\n%s\n\nbefore:\n%s", after, before)
		}
	})
}

// What a request must not decide is no field of it, in any operation.
func TestNobodySetsFieldsThatAreNotTheirs(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	owner.wrong = true
	general := owner.channel("general").ID
	message := owner.post(general, "hello")
	ids := strings.NewReplacer("{user}", owner.user.ID, "{channel}", general, "{conversation}", general, "{message}", message.ID, "{code}", "nonsense", "{name}", "general")
	noJSON := map[string]bool{"me.set_avatar": true, "oidc.logout": true}
	before := w.state()
	for _, rt := range routes {
		if rt.method == "GET" || rt.method == "DELETE" || noJSON[rt.op] {
			continue
		}
		for _, field := range []string{"is_admin", "author_id", "created_at", "workspace_id", "seq", "__proto__"} {
			owner.header = map[string][]string{"If-Match": {"*"}}
			if a := owner.do(rt.method, ids.Replace(rt.path), fmt.Sprintf(`{%q:true}`, field)); a.status != 422 || a.code() != "unknown_field" {
				t.Errorf("%s with %s: %d %s", rt.op, field, a.status, a.body)
			}
		}
	}
	if after := w.state(); after != before {
		t.Errorf("changed:\n%s\n\nbefore:\n%s", after, before)
	}
}

// Whoever is unknown, has no password, is a bot, is suspended or enters a wrong one reads
// the same answer, to the byte.
func TestARefusedSignInLooksTheSame(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	w.newUser("nopassword", contracts.RoleMember)
	away := w.newUser("away", contracts.RoleMember)
	must(0, w.ws.Auth.SetPassword(t.Context(), contracts.Operator, away.user.ID, auth.Secret(firstPassword)))
	owner.must(200, "PATCH", "/admin/users/"+away.user.ID, obj{"state": "suspended"}, nil)
	must(w.ws.Auth.CreateUser(t.Context(), contracts.Operator, auth.NewUser{Username: "builds", Bot: true}))
	var first string
	for _, name := range []string{"owner", "nobody", "nopassword", "away", "builds", "nobody@example.org", "x' OR '1'='1"} {
		a := w.anonymous().must(401, "POST", "/auth/login", obj{"username": name, "password": "a wrong password"}, nil)
		for _, h := range []string{"Date", "X-Request-Id", "Ratelimit"} {
			a.header.Del(h)
		}
		got := fmt.Sprint(a.header, regexp.MustCompile(`"request_id":"[^"]*"`).ReplaceAllString(string(a.body), ""))
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%s:\n%s\nanother:\n%s", name, got, first)
		}
	}
}

// So many sockets of one address may be open without saying who they are; whoever does
// makes room.
func TestSocketsThatDoNotSignInAreLimited(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	narrow := serveSame(t, w, limited("pending_per_ip=3"))
	var waiting []*socket
	for i := range 4 {
		s, res, err := narrow.anonymous().dial(nil)
		if (err == nil) != (i < 3) || err != nil && (res == nil || res.StatusCode != 429 || res.Header.Get("Retry-After") == "") {
			t.Fatalf("socket %d: %v %v", i, res, err)
		}
		waiting = append(waiting, s)
	}
	waiting[0].write(obj{"op": "hello", "id": "h", "d": obj{"token": owner.token}})
	waiting[0].expect("hello")
	if _, res, err := narrow.anonymous().dial(nil); err != nil {
		t.Errorf("no place after one signed in: %v %v", res, err)
	}
	if _, _, err := narrow.anonymous().dial(nil); err == nil {
		t.Error("one more is let in")
	}
}

// A bot is one wherever it is named: it cannot pass for a person of that name.
func TestABotIsBadgedEverywhere(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	general := owner.channel("general").ID
	bot := must(w.ws.Auth.CreateUser(t.Context(), contracts.Operator, auth.NewUser{Username: "0wner", DisplayName: "Owner", Bot: true}))
	owner.must(204, "POST", "/channels/"+general+"/members", obj{"user_ids": []string{bot.ID}}, nil)
	_, secret, err := w.ws.Auth.CreateToken(t.Context(), contracts.Operator, auth.NewToken{UserID: bot.ID, Name: "bot", Scopes: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	s := owner.connect(nil)
	said := (&client{w: w, t: t, token: secret.Reveal()}).post(general, "I am the owner")
	if live := s.expect(contracts.EventMessageCreated); at(t, live.D, "/author/bot") != "true" || at(t, live.D, "/author/display_name") != "Owner" {
		t.Errorf("live: %s", live.D)
	}
	for path, pointer := range map[string]string{"/messages/" + said.ID: "/author/bot", "/users/" + bot.ID: "/bot", "/conversations/" + general + "/messages?limit=1": "/data/0/author/bot"} {
		if body := owner.must(200, "GET", path, nil, nil).body; at(t, body, pointer) != "true" {
			t.Errorf("%s: %s", path, body)
		}
	}
}
