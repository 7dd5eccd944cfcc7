package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// step is one exchange of the scenario. {name} in path and body stands for what an
// earlier step kept; keep takes "name=/json/pointer" from the answer.
type step struct {
	who    string
	method string
	path   string
	body   string
	status int
	keep   string
	header string // "Name: value" to send
}

// The scenario calls every operation at least once, in a story that leaves a trace of
// each kind; every exchange is held against openapi.yaml both ways.
var scenario = []step{
	{"", "GET", "/meta", "", 200, "", ""},
	{"", "GET", "/health/live", "", 200, "", ""},
	{"", "GET", "/health/ready", "", 200, "", ""},
	{"", "GET", "/openapi.json", "", 200, "", ""},
	{"", "GET", "/openapi.yaml", "", 200, "", ""},
	{"", "GET", "/asyncapi.yaml", "", 200, "", ""},
	{"", "GET", "/auth/jwks.json", "", 200, "", ""},
	{"", "GET", "/setup", "", 200, "", ""},
	{"", "POST", "/setup", `{"code":"wrong","workspace_name":"X","username":"eve","display_name":"Eve","password":"correct horse battery"}`, 409, "", ""},
	{"", "POST", "/client-logs", `{"entries":[{"level":"error","message":"render failed","at":"2026-11-25T16:19:00.123Z","fields":{"route":"/c/general","n":3}}]}`, 204, "", ""},
	{"", "GET", "/ws", "", 400, "", ""},

	{"ana", "GET", "/me", "", 200, "ana=/id", ""},
	{"ana", "PATCH", "/me", `{"display_name":"Ana B.","email":"ana@example.com"}`, 200, "", ""},
	{"ana", "GET", "/roles", "", 200, "", ""},
	{"ana", "GET", "/me/sessions", "", 200, "", ""},

	{"ana", "POST", "/admin/invites", `{"role":"member","max_uses":2,"expires_in_seconds":3600}`, 201, "code=/code", ""},
	{"ana", "POST", "/admin/invites", ``, 400, "", ""},
	{"ana", "POST", "/admin/invites", `{}`, 201, "invite=/id", ""},
	{"ana", "GET", "/admin/invites?limit=1", "", 200, "", ""},
	{"ana", "DELETE", "/admin/invites/{invite}", "", 204, "", ""},
	{"", "GET", "/invites/{code}", "", 200, "", ""},
	{"", "GET", "/invites/nonsense", "", 404, "", ""},
	{"", "POST", "/auth/signup", `{"code":"{code}","username":"ben","display_name":"Ben","password":"another horse battery"}`, 201, "ben=/user/id", ""},
	{"", "POST", "/auth/signup", `{"code":"{code}","username":"ben","display_name":"Ben","password":"another horse battery"}`, 409, "", ""},
	{"", "POST", "/auth/login", `{"username":"ben","password":"wrong wrong wrong"}`, 401, "", ""},
	{"", "POST", "/auth/login", `{"username":"ben","password":"another horse battery","client":"test"}`, 200, "refresh=/refresh_token", ""},
	{"", "POST", "/auth/refresh", `{"refresh_token":"{refresh}"}`, 200, "", ""},
	{"", "POST", "/auth/refresh", `{"refresh_token":"{refresh}"}`, 401, "", ""},
	{"", "POST", "/auth/login", `{"username":"ben","password":"another horse battery","session":"cookie"}`, 200, "session=/session/id", ""},
	{"ben", "DELETE", "/me/sessions/{session}", "", 204, "", ""},
	{"ben", "PUT", "/auth/password", `{"current":"another horse battery","new":"a third horse battery"}`, 204, "", ""},
	{"ben", "DELETE", "/me/sessions", "", 204, "", ""},
	{"ben", "POST", "/me/tokens", `{"name":"bot","scopes":["messages:write"],"expires_at":null}`, 201, "token=/token/id", ""},
	{"ben", "GET", "/me/tokens", "", 200, "", ""},
	{"ben", "DELETE", "/me/tokens/{token}", "", 204, "", ""},

	{"ben", "GET", "/users?query=an&limit=10", "", 200, "", ""},
	{"ben", "GET", "/users/{ana}", "", 200, "", ""},
	{"ben", "GET", "/users/usr_00000000000000000000000000", "", 404, "", ""},
	{"ben", "GET", "/presence", "", 200, "", ""},

	{"ana", "POST", "/channels", `{"name":"ops","kind":"private","topic":"On call","members":[]}`, 201, "ops=/id", ""},
	{"ana", "POST", "/channels", `{"name":"ops","kind":"public"}`, 409, "", ""},
	{"ana", "POST", "/channels", `{"name":"lobby","kind":"public"}`, 201, "lobby=/id", ""},
	{"ana", "GET", "/channels?limit=1", "", 200, "", ""},
	{"ben", "GET", "/channels?joined=false&archived=false&query=lob", "", 200, "", ""},
	{"ben", "GET", "/channels/{ops}", "", 404, "", ""},
	{"ben", "GET", "/channels/{lobby}", "", 200, "", ""},
	{"ben", "GET", "/channels/by-name/lobby", "", 200, "", ""},
	{"ben", "GET", "/channels/by-name/members", "", 404, "", ""},
	{"ben", "POST", "/channels/{lobby}/join", "", 200, "", ""},
	{"ben", "GET", "/channels/{lobby}/members", "", 200, "", ""},
	{"ben", "POST", "/channels/{lobby}/leave", "", 204, "", ""},
	{"ana", "PATCH", "/channels/{ops}", `{"topic":"","purpose":"Keep it up"}`, 200, "", ""},
	{"ana", "POST", "/channels/{ops}/members", `{"user_ids":["{ben}"]}`, 204, "", ""},
	{"ana", "PATCH", "/channels/{ops}/members/{ben}", `{"role":"moderator"}`, 204, "", ""},

	{"ana", "POST", "/dms", `{"user_ids":["{ben}"]}`, 201, "dm=/id", ""},
	{"ben", "POST", "/dms", `{"user_ids":["{ana}"]}`, 200, "", ""},
	{"ben", "GET", "/dms", "", 200, "", ""},
	{"ben", "GET", "/conversations", "", 200, "", ""},
	{"ben", "GET", "/conversations/{ops}", "", 200, "", ""},
	{"ben", "GET", "/conversations/{dm}", "", 200, "", ""},

	{"ana", "POST", "/conversations/{ops}/messages", `{"text":"hello @ben","client_msg_id":"m1"}`, 201, "msg=/id", ""},
	{"ana", "POST", "/conversations/{ops}/messages", `{"text":"hello @ben","client_msg_id":"m1"}`, 200, "", ""},
	{"ana", "POST", "/conversations/{ops}/messages", `{"text":"other","client_msg_id":"m1"}`, 409, "", ""},
	{"ana", "POST", "/conversations/{ops}/messages", `{"text":"  "}`, 422, "", ""},
	{"ben", "GET", "/conversations/{ops}/messages?limit=2", "", 200, "", ""},
	{"ben", "GET", "/conversations/{ops}/messages?around={msg}", "", 200, "", ""},
	{"ben", "GET", "/me/unread", "", 200, "", ""},
	{"ben", "PUT", "/conversations/{ops}/read", `{"position":1}`, 200, "", ""},
	{"ben", "PUT", "/conversations/{ops}/unread-from", `{"position":1}`, 200, "", ""},
	{"ben", "POST", "/read-all", "", 200, "", ""},
	{"ben", "GET", "/messages/{msg}", "", 200, "", ""},
	{"ben", "GET", "/messages/{msg}", "", 304, "", `If-None-Match: "1"`},
	{"ben", "PATCH", "/messages/{msg}", `{"text":"not mine"}`, 403, "", ""},
	{"ana", "PATCH", "/messages/{msg}", `{"text":"hello, @ben"}`, 200, "", `If-Match: "1"`},
	{"ana", "PATCH", "/messages/{msg}", `{"text":"too late"}`, 412, "", `If-Match: "1"`},
	{"ben", "GET", "/messages/{msg}/history", "", 200, "", ""},
	{"ben", "DELETE", "/messages/{msg}", "", 200, "", ""},
	{"ana", "DELETE", "/channels/{ops}/members/{ben}", "", 204, "", ""},
	{"ben", "GET", "/messages/{msg}", "", 404, "", ""},
	{"ana", "POST", "/channels/{ops}/archive", "", 200, "", ""},
	{"ana", "POST", "/conversations/{ops}/messages", `{"text":"too late"}`, 409, "", ""},
	{"ana", "POST", "/channels/{ops}/unarchive", "", 200, "", ""},

	{"ben", "GET", "/sync", "", 200, "", ""},

	{"ana", "GET", "/admin/overview", "", 200, "", ""},
	{"ana", "GET", "/admin/settings", "", 200, "", ""},
	{"ana", "PATCH", "/admin/settings", `{"name":"Tests"}`, 428, "", ""},
	{"ana", "PATCH", "/admin/settings", `{"name":"Tests"}`, 412, "", `If-Match: "999"`},
	{"ana", "PATCH", "/admin/settings", `{"name":"Tests","retention_days":30}`, 200, "", `If-Match: *`},
	{"ana", "GET", "/admin/users?state=active&role=member", "", 200, "", ""},
	{"ana", "POST", "/admin/users", `{"username":"cleo","display_name":"Cleo","role":"guest"}`, 201, "cleo=/id", ""},
	{"ana", "PATCH", "/admin/users/{cleo}", `{"role":"member"}`, 200, "", ""},
	{"ana", "PATCH", "/admin/users/{cleo}", `{"state":"suspended"}`, 200, "", ""},
	{"ana", "PATCH", "/admin/users/{cleo}", `{"state":"active"}`, 200, "", ""},
	{"ana", "PATCH", "/admin/users/{ana}", `{"role":"member"}`, 409, "", ""},
	{"ben", "GET", "/admin/users", "", 403, "", ""},
	{"ana", "GET", "/admin/channels", "", 200, "", ""},
	{"ana", "PATCH", "/admin/channels/{lobby}", `{"archived":true}`, 200, "", ""},
	{"ana", "PATCH", "/admin/channels/{lobby}", `{"archived":false,"owner":"{ben}"}`, 200, "", ""},
	{"ana", "GET", "/admin/audit?limit=3", "", 200, "", ""},
	{"ana", "POST", "/admin/audit/verify", "", 200, "", ""},
	{"ana", "POST", "/admin/retention/run", `{"dry_run":true}`, 200, "", ""},
	{"ana", "POST", "/admin/retention/run", `{}`, 422, "", ""},
	{"ben", "POST", "/auth/logout", "", 204, "", ""},
	{"ben", "GET", "/me", "", 401, "", ""},
}

func TestScenario(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		called := map[string]bool{}
		w := serve(t, url, func(c *Config) { c.seen = func(op string) { called[op] = true } })
		clients := map[string]*client{"": w.anonymous(), "ana": w.setUp()}
		kept := map[string]string{}
		fill := func(text string) string {
			return regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllStringFunc(text, func(name string) string {
				if v, ok := kept[strings.Trim(name, "{}")]; ok {
					return v
				}
				return name
			})
		}
		for _, s := range scenario {
			c := clients[s.who]
			if c == nil {
				c = w.signIn(s.who)
				clients[s.who] = c
			}
			once := *c
			if s.header != "" {
				name, value, _ := strings.Cut(s.header, ": ")
				once.header = http.Header{name: {value}}
			}
			var body any
			if s.body != "" {
				body = fill(s.body)
			}
			a := once.do(s.method, fill(s.path), body)
			if a.status != s.status {
				t.Fatalf("%s: %s %s: got %d, want %d: %s", s.who, s.method, s.path, a.status, s.status, a.body)
			}
			if s.keep != "" {
				name, pointer, _ := strings.Cut(s.keep, "=")
				kept[name] = at(t, a.body, pointer)
			}
			if a.header.Get("X-Request-Id") == "" || a.header.Get("DankerChat-Version") != contracts.CurrentBuild().Version {
				t.Errorf("%s %s: no request id or version in %v", s.method, s.path, a.header)
			}
		}
		for _, rt := range routes {
			if !called[rt.op] {
				t.Errorf("the scenario never got to %s", rt.op)
			}
		}
	})
}
