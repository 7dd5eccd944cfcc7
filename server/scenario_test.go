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
	{"", "POST", "/setup", `{"code":"wrong","workspace_name":"X","username":"other","display_name":"Other","password":"correct horse battery"}`, 409, "", ""},
	{"", "POST", "/client-logs", `{"entries":[{"level":"error","message":"render failed","at":"2026-11-25T16:19:00.123Z","fields":{"route":"/c/general","n":3}}]}`, 204, "", ""},
	{"", "GET", "/ws", "", 400, "", ""},

	{"owner", "GET", "/me", "", 200, "owner=/id", ""},
	{"owner", "PATCH", "/me", `{"display_name":"Owner B.","email":"owner@example.com"}`, 200, "", ""},
	{"owner", "GET", "/roles", "", 200, "", ""},
	{"owner", "GET", "/me/sessions", "", 200, "", ""},
	{"owner", "GET", "/me/logins?limit=5", "", 200, "", ""},

	{"owner", "POST", "/admin/invites", `{"role":"member","max_uses":2,"expires_in_seconds":3600}`, 201, "code=/code", ""},
	{"owner", "POST", "/admin/invites", ``, 400, "", ""},
	{"owner", "POST", "/admin/invites", `{}`, 201, "invite=/id", ""},
	{"owner", "GET", "/admin/invites?limit=1", "", 200, "", ""},
	{"owner", "DELETE", "/admin/invites/{invite}", "", 204, "", ""},
	{"", "GET", "/invites/{code}", "", 200, "", ""},
	{"", "GET", "/invites/nonsense", "", 404, "", ""},
	{"", "POST", "/auth/signup", `{"code":"{code}","username":"member","display_name":"Member","password":"another horse battery"}`, 201, "member=/user/id", ""},
	{"", "POST", "/auth/signup", `{"code":"{code}","username":"member","display_name":"Member","password":"another horse battery"}`, 409, "", ""},
	{"", "POST", "/auth/login", `{"username":"member","password":"wrong wrong wrong"}`, 401, "", ""},
	{"", "POST", "/auth/login", `{"username":"member","password":"another horse battery","client":"test"}`, 200, "refresh=/refresh_token", ""},
	{"", "POST", "/auth/refresh", `{"refresh_token":"{refresh}"}`, 200, "", ""},
	{"", "POST", "/auth/refresh", `{"refresh_token":"{refresh}"}`, 401, "", ""},
	{"", "POST", "/auth/login", `{"username":"member","password":"another horse battery","session":"cookie"}`, 200, "session=/session/id", ""},
	{"member", "DELETE", "/me/sessions/{session}", "", 204, "", ""},
	{"member", "PUT", "/auth/password", `{"current":"another horse battery","new":"a third horse battery"}`, 204, "", ""},
	{"member", "DELETE", "/me/sessions", "", 204, "", ""},
	{"member", "POST", "/me/tokens", `{"name":"bot","scopes":["messages:write"],"expires_at":null}`, 201, "token=/token/id", ""},
	{"member", "GET", "/me/tokens", "", 200, "", ""},
	{"member", "POST", "/me/tokens/{token}/rotate", `{"grace_seconds":60}`, 200, "", ""},
	{"member", "POST", "/me/tokens/{token}/rotate", `{"grace_seconds":86401}`, 422, "", ""},
	{"", "POST", "/auth/device", `{"client":"dankerchat/0.1.0 (Linux)"}`, 200, "device=/device_code typed=/user_code", ""},
	{"", "POST", "/auth/device/token", `{"device_code":"{device}"}`, 400, "", ""},
	{"member", "GET", "/auth/device/{typed}", "", 200, "", ""},
	{"member", "GET", "/auth/device/nonsense", "", 422, "", ""},
	{"member", "POST", "/auth/device/approve", `{"user_code":"{typed}","approve":true}`, 204, "", ""},
	{"", "POST", "/auth/device/token", `{"device_code":"{device}"}`, 200, "", ""},
	{"", "POST", "/auth/device/token", `{"device_code":"{device}"}`, 400, "", ""},
	{"member", "POST", "/me/sessions/hand-over", "", 201, "", ""},
	{"", "POST", "/auth/handover", `{"code":"nonsense"}`, 410, "", ""},
	{"member", "DELETE", "/me/tokens/{token}", "", 204, "", ""},

	{"member", "POST", "/auth/2fa/enrol", "", 200, "secret=/secret", ""},
	{"member", "POST", "/auth/2fa/confirm", `{"code":"{totp}"}`, 200, "recovery=/recovery_codes/0", ""},
	{"member", "GET", "/auth/2fa", "", 200, "", ""},
	{"", "POST", "/auth/login", `{"username":"member","password":"a third horse battery"}`, 200, "", ""},
	{"member", "POST", "/auth/2fa/verify", `{"code":"{recovery}"}`, 200, "", ""},
	{"member", "POST", "/auth/reauth", `{"password":"a third horse battery"}`, 204, "", ""},
	{"member", "POST", "/auth/2fa/recovery-codes", "", 200, "", ""},
	{"member", "DELETE", "/auth/2fa", "", 204, "", ""},
	{"member", "DELETE", "/auth/2fa", "", 404, "", ""},

	{"member", "POST", "/auth/passkeys/register/begin", "", 200, "", "Host: localhost:8080"},
	{"member", "POST", "/auth/passkeys/register/finish", `{"response":{"id":"nonsense"}}`, 422, "", ""},
	{"", "POST", "/auth/passkeys/login/begin", "", 200, "", "Host: localhost:8080"},
	{"", "POST", "/auth/passkeys/login/finish", `{"response":{"id":"nonsense"}}`, 422, "", ""},
	{"member", "POST", "/auth/passkeys/verify/begin", "", 409, "", "Host: localhost:8080"},
	{"member", "POST", "/auth/passkeys/verify/finish", `{"response":{"id":"nonsense"}}`, 422, "", ""},
	{"member", "GET", "/me/passkeys", "", 200, "", ""},
	{"member", "PATCH", "/me/passkeys/psk_00000000000000000000000000", `{"name":"Phone"}`, 404, "", ""},
	{"member", "DELETE", "/me/passkeys/psk_00000000000000000000000000", "", 404, "", ""},

	{"", "GET", "/auth/providers", "", 200, "", ""},
	{"", "GET", "/auth/oidc/nowhere/start", "", 404, "", ""},
	{"", "GET", "/auth/oidc/nowhere/callback?state=s&code=c", "", 404, "", ""},
	{"", "POST", "/auth/oidc/nowhere/backchannel-logout", "", 415, "", ""},
	{"member", "GET", "/me/identities", "", 200, "", ""},
	{"member", "POST", "/me/identities", `{"provider":"nowhere"}`, 404, "", ""},
	{"member", "POST", "/me/identities/idn_00000000000000000000000000/verify", `{}`, 404, "", ""},
	{"member", "DELETE", "/me/identities/idn_00000000000000000000000000", "", 404, "", ""},

	{"member", "PUT", "/me/status", `{"emoji":"🌴","text":"Away","expires_at":null}`, 200, "", ""},
	{"member", "DELETE", "/me/status", "", 200, "", ""},
	{"member", "PUT", "/me/avatar", `{}`, 415, "", ""},
	{"member", "DELETE", "/me/avatar", "", 200, "", ""},
	{"member", "GET", "/users/{owner}/avatar", "", 404, "", ""},

	{"", "POST", "/auth/password/forgot", `{"username":"nobody"}`, 202, "", ""},
	{"", "POST", "/auth/password/reset", `{"code":"nonsense","password":"a fourth horse battery"}`, 410, "", ""},
	{"", "POST", "/auth/signup/verify", `{"code":"nonsense"}`, 410, "", ""},
	{"member", "GET", "/me/email", "", 200, "", ""},
	{"member", "POST", "/me/email/resend", "", 503, "", ""},
	{"member", "DELETE", "/me/email/pending", "", 204, "", ""},
	{"", "POST", "/auth/email/verify", `{"code":"nonsense"}`, 410, "", ""},

	{"member", "GET", "/users?query=ow&limit=10", "", 200, "", ""},
	{"member", "GET", "/users/{owner}", "", 200, "", ""},
	{"member", "GET", "/users/usr_00000000000000000000000000", "", 404, "", ""},
	{"member", "GET", "/presence", "", 200, "", ""},

	{"owner", "POST", "/channels", `{"name":"ops","kind":"private","topic":"On call","members":[]}`, 201, "ops=/id", ""},
	{"owner", "POST", "/channels", `{"name":"ops","kind":"public"}`, 409, "", ""},
	{"owner", "POST", "/channels", `{"name":"lobby","kind":"public"}`, 201, "lobby=/id", ""},
	{"owner", "GET", "/channels?limit=1", "", 200, "", ""},
	{"member", "GET", "/channels?joined=false&archived=false&query=lob", "", 200, "", ""},
	{"member", "GET", "/channels/{ops}", "", 404, "", ""},
	{"member", "GET", "/channels/{lobby}", "", 200, "", ""},
	{"member", "GET", "/channels/by-name/lobby", "", 200, "", ""},
	{"member", "GET", "/channels/by-name/members", "", 404, "", ""},
	{"member", "POST", "/channels/{lobby}/join", "", 200, "", ""},
	{"member", "GET", "/channels/{lobby}/members", "", 200, "", ""},
	{"member", "POST", "/channels/{lobby}/leave", "", 204, "", ""},
	{"owner", "PATCH", "/channels/{ops}", `{"topic":"","purpose":"Keep it up"}`, 200, "", ""},
	{"owner", "POST", "/channels/{ops}/members", `{"user_ids":["{member}"]}`, 204, "", ""},
	{"owner", "PATCH", "/channels/{ops}/members/{member}", `{"role":"moderator"}`, 204, "", ""},

	{"owner", "POST", "/dms", `{"user_ids":["{member}"]}`, 201, "dm=/id", ""},
	{"member", "POST", "/dms", `{"user_ids":["{owner}"]}`, 200, "", ""},
	{"member", "GET", "/dms", "", 200, "", ""},
	{"member", "PUT", "/me/muted-users/{owner}", `{"level":"blocked"}`, 200, "", ""},
	{"member", "PUT", "/me/muted-users/{owner}", `{"level":"ignored"}`, 422, "", ""},
	{"member", "PUT", "/me/muted-users/{member}", `{"level":"muted"}`, 422, "", ""},
	{"member", "GET", "/me/muted-users", "", 200, "", ""},
	{"owner", "POST", "/conversations/{dm}/messages", `{"text":"hello?"}`, 403, "", ""},
	{"member", "POST", "/conversations/{dm}/messages", `{"text":"hello?"}`, 403, "", ""},
	{"owner", "GET", "/conversations/{dm}/messages", "", 200, "", ""},
	{"member", "DELETE", "/me/muted-users/{owner}", "", 204, "", ""},
	{"member", "DELETE", "/me/muted-users/{owner}", "", 204, "", ""},
	{"member", "GET", "/conversations", "", 200, "", ""},
	{"member", "GET", "/conversations/{ops}", "", 200, "", ""},
	{"member", "GET", "/conversations/{dm}", "", 200, "", ""},

	{"owner", "POST", "/conversations/{ops}/messages", `{"text":"hello @member","client_msg_id":"m1"}`, 201, "msg=/id", ""},
	{"owner", "POST", "/conversations/{ops}/messages", `{"text":"hello @member","client_msg_id":"m1"}`, 200, "", ""},
	{"owner", "POST", "/conversations/{ops}/messages", `{"text":"other","client_msg_id":"m1"}`, 409, "", ""},
	{"owner", "POST", "/conversations/{ops}/messages", `{"text":"  "}`, 422, "", ""},
	{"member", "GET", "/conversations/{ops}/messages?limit=2", "", 200, "", ""},
	{"member", "GET", "/conversations/{ops}/messages?around={msg}", "", 200, "", ""},
	{"member", "GET", "/me/unread", "", 200, "", ""},
	{"member", "PUT", "/conversations/{ops}/read", `{"position":1}`, 200, "", ""},
	{"member", "PUT", "/conversations/{ops}/unread-from", `{"position":1}`, 200, "", ""},
	{"member", "POST", "/read-all", "", 200, "", ""},
	{"member", "GET", "/messages/{msg}", "", 200, "", ""},
	{"member", "GET", "/messages/{msg}", "", 304, "", `If-None-Match: "1"`},
	{"member", "PATCH", "/messages/{msg}", `{"text":"not mine"}`, 403, "", ""},
	{"owner", "PATCH", "/messages/{msg}", `{"text":"hello, @member"}`, 200, "", `If-Match: "1"`},
	{"owner", "PATCH", "/messages/{msg}", `{"text":"too late"}`, 412, "", `If-Match: "1"`},
	{"member", "GET", "/messages/{msg}/history", "", 200, "", ""},
	{"member", "DELETE", "/messages/{msg}", "", 200, "", ""},
	{"owner", "DELETE", "/channels/{ops}/members/{member}", "", 204, "", ""},
	{"member", "GET", "/messages/{msg}", "", 404, "", ""},
	{"owner", "POST", "/channels/{ops}/archive", "", 200, "", ""},
	{"owner", "POST", "/conversations/{ops}/messages", `{"text":"too late"}`, 409, "", ""},
	{"owner", "POST", "/channels/{ops}/unarchive", "", 200, "", ""},

	{"member", "GET", "/sync", "", 200, "", ""},

	{"owner", "GET", "/admin/overview", "", 200, "", ""},
	{"owner", "GET", "/admin/settings", "", 200, "", ""},
	{"owner", "PATCH", "/admin/settings", `{"name":"Tests"}`, 428, "", ""},
	{"owner", "PATCH", "/admin/settings", `{"name":"Tests"}`, 412, "", `If-Match: "999"`},
	{"owner", "PATCH", "/admin/settings", `{"name":"Tests","retention_days":30}`, 200, "", `If-Match: *`},
	{"owner", "GET", "/admin/users?state=active&role=member", "", 200, "", ""},
	{"owner", "POST", "/admin/users", `{"username":"third","display_name":"Third","role":"guest"}`, 201, "third=/id", ""},
	{"owner", "PATCH", "/admin/users/{third}", `{"role":"member"}`, 200, "", ""},
	{"owner", "PATCH", "/admin/users/{third}", `{"state":"suspended"}`, 200, "", ""},
	{"owner", "PATCH", "/admin/users/{third}", `{"state":"active"}`, 200, "", ""},
	{"owner", "PATCH", "/admin/users/{owner}", `{"role":"member"}`, 409, "", ""},
	{"owner", "POST", "/admin/users/{third}/reset-2fa", "", 204, "", ""},
	{"owner", "POST", "/admin/users/{third}/reset-link", "", 201, "", ""},
	{"owner", "GET", "/admin/users/{third}/sessions", "", 200, "", ""},
	{"owner", "DELETE", "/admin/users/{third}/sessions", "", 204, "", ""},
	{"owner", "DELETE", "/admin/users/{third}", "", 204, "", ""},
	{"owner", "DELETE", "/admin/users/{third}", "", 404, "", ""},
	{"owner", "DELETE", "/admin/users/{owner}", "", 409, "", ""},
	{"member", "GET", "/admin/users", "", 403, "", ""},
	{"owner", "GET", "/admin/channels", "", 200, "", ""},
	{"owner", "PATCH", "/admin/channels/{lobby}", `{"archived":true}`, 200, "", ""},
	{"owner", "PATCH", "/admin/channels/{lobby}", `{"archived":false,"owner":"{member}"}`, 200, "", ""},
	{"owner", "GET", "/admin/audit?limit=3", "", 200, "", ""},
	{"owner", "POST", "/admin/audit/verify", "", 200, "", ""},
	{"owner", "POST", "/admin/retention/run", `{"dry_run":true}`, 200, "", ""},
	{"owner", "POST", "/admin/retention/run", `{}`, 422, "", ""},
	{"member", "POST", "/auth/logout", "", 204, "", ""},
	{"member", "GET", "/me", "", 401, "", ""},
}

func TestScenario(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		clients := map[string]*client{"": w.anonymous(), "owner": w.setUp()}
		kept := map[string]string{}
		fill := func(text string) string {
			return regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllStringFunc(text, func(name string) string {
				if name == "{totp}" {
					return totpCode(t, kept["secret"])
				}
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
			for _, keep := range strings.Fields(s.keep) {
				name, pointer, _ := strings.Cut(keep, "=")
				kept[name] = at(t, a.body, pointer)
			}
			if a.header.Get("X-Request-Id") == "" || a.header.Get("DankerChat-Version") != contracts.CurrentBuild().Version {
				t.Errorf("%s %s: no request id or version in %v", s.method, s.path, a.header)
			}
		}
		for _, rt := range routes {
			if !w.passed.has(rt.op) {
				t.Errorf("the scenario never got to %s", rt.op)
			}
		}
	})
}
