package server

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// state is everything that the database holds, but for when somebody was last seen
// and how often a password was guessed.
func (w *world) state() string {
	w.t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if w.ws.DB.Dialect() == sqldb.Postgres {
		tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`
	}
	var b strings.Builder
	for _, table := range w.strings(tables) {
		if table[0] == "login_attempts" || table[0] == "logins" {
			continue // a refused sign-in is counted, and the user sees it
		}
		rows := w.strings(`SELECT * FROM "` + table[0] + `"`)
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = strings.Join(row, "|")
		}
		slices.Sort(lines)
		fmt.Fprintf(&b, "%s\n  %s\n", table[0], strings.Join(lines, "\n  "))
	}
	return b.String()
}

func (w *world) strings(query string) [][]string {
	w.t.Helper()
	rows, err := w.ws.DB.Read.QueryContext(w.t.Context(), query)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	var all [][]string
	for rows.Next() {
		values, row := make([]sql.NullString, len(columns)), make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.t.Fatalf("%s: %v", query, err)
		}
		for i, c := range columns {
			if c != "last_seen_at" && c != "last_used_at" {
				row[i] = values[i].String
			}
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return all
}

// wantAdvice checks that a refusal says what is wrong and what to do: by a hint, or by
// naming the field and the rule that it breaks.
func wantAdvice(t *testing.T, name string, p problem) {
	t.Helper()
	ruled := p.Code == contracts.CodeInvalid && len(p.Errors) > 0 && p.Errors[0].Pointer != "" && p.Errors[0].Detail != ""
	if p.Detail == "" || p.Hint == "" && !ruled || p.RequestID == "" {
		t.Errorf("%s: no advice in %+v", name, p)
	}
}

func TestWhatIsRefusedIsExplainedAndChangesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		general := owner.channel("general").ID
		member.post(general, "what is there")
		posts := "/conversations/" + general + "/messages"

		var bot, short createdToken
		owner.must(201, "POST", "/me/tokens", map[string]any{"name": "revoked", "scopes": []string{"*"}}, &bot)
		owner.must(204, "DELETE", "/me/tokens/"+bot.Token.ID, nil, nil)
		owner.must(201, "POST", "/me/tokens", map[string]any{"name": "expired", "scopes": []string{"*"}, "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano)}, &short)
		w.expire(short.Token.ID)
		reader := member.tokenOf("messages:read")
		gone := w.signIn("member")
		gone.must(204, "POST", "/auth/logout", nil, nil)
		var invite, over contracts.Invite
		owner.must(201, "POST", "/admin/invites", map[string]any{}, &invite)
		owner.must(204, "DELETE", "/admin/invites/"+invite.ID, nil, nil)
		owner.must(201, "POST", "/admin/invites", map[string]any{"max_uses": 1}, &over)
		w.anonymous().must(201, "POST", "/auth/signup", map[string]any{"code": over.Code, "username": "third", "display_name": "Third", "password": "correct horse battery"}, nil)
		suspended := w.signIn("third")
		owner.must(200, "PATCH", "/admin/users/"+suspended.user.ID, map[string]any{"state": "suspended"}, nil)
		archived := owner.channel("random").ID
		owner.must(200, "POST", "/channels/"+archived+"/archive", nil, nil)

		bearer := func(secret string) *client { return &client{w: w, t: t, token: secret} }
		signup := func(code string) map[string]any {
			return map[string]any{"code": code, "username": "new", "display_name": "New", "password": "correct horse battery"}
		}
		nobodyID, noChannel, noMessage := "usr"+nobody, "cnv"+nobody, "msg"+nobody
		before := w.state()
		for _, tt := range []struct {
			name         string
			who          *client
			method, path string
			body         any
			status       int
			code, says   string
		}{
			{"an unknown field", owner, "POST", posts, `{"text":"x","txt":"y"}`, 422, "unknown_field", "It knows text, client_msg_id."},
			{"an unknown field where there is none", owner, "POST", "/read-all", `{"all":true}`, 422, "unknown_field", "It takes no fields."},
			{"a number for a text", owner, "POST", posts, `{"text":1}`, 422, "invalid", "text must be a string, not number"},
			{"a text for a list", owner, "POST", "/dms", `{"user_ids":"` + member.user.ID + `"}`, 422, "invalid", "user_ids must be an array, not string"},
			{"a text for a flag", owner, "POST", "/admin/retention/run", `{"dry_run":"yes"}`, 422, "invalid", "dry_run must be true or false"},
			{"null for a text", owner, "POST", posts, `{"text":null}`, 422, "invalid", "text must not be null"},
			{"a field that is missing", owner, "POST", posts, `{}`, 422, "invalid", "text is required"},
			{"a field twice", owner, "POST", posts, `{"text":"x","text":"y"}`, 422, "invalid", "text stands twice"},
			{"a body over 256 KiB", owner, "POST", posts, `{"text":"` + strings.Repeat("x", maxBody) + `"}`, 413, "too_large", "256 KiB"},
			{"a text over 4,000 characters", owner, "POST", posts, map[string]any{"text": strings.Repeat("x", 4001)}, 422, "invalid", "4,000"},
			{"bad UTF-8", owner, "POST", posts, "{\"text\":\"\xff\"}", 400, "malformed", "UTF-8"},
			{"half a body", owner, "POST", posts, `{"text":"x`, 400, "malformed", "broken at byte"},
			{"no body", owner, "POST", posts, nil, 400, "malformed", "no body"},

			{"a post into an unknown conversation", owner, "POST", "/conversations/" + noChannel + "/messages", map[string]any{"text": "x"}, 404, "not_found", ""},
			{"an unknown conversation read", owner, "PUT", "/conversations/" + noChannel + "/read", map[string]any{"position": 1}, 404, "not_found", ""},
			{"an unknown message changed", owner, "PATCH", "/messages/" + noMessage, map[string]any{"text": "x"}, 404, "not_found", ""},
			{"an unknown message deleted", owner, "DELETE", "/messages/" + noMessage, nil, 404, "not_found", ""},
			{"an id that is none", owner, "DELETE", "/messages/x'--", nil, 404, "not_found", ""},
			{"an unknown channel joined", owner, "POST", "/channels/" + noChannel + "/join", nil, 404, "not_found", ""},
			{"an unknown channel archived", owner, "PATCH", "/admin/channels/" + noChannel, map[string]any{"archived": true}, 404, "not_found", ""},
			{"an unknown user suspended", owner, "PATCH", "/admin/users/" + nobodyID, map[string]any{"state": "suspended"}, 404, "not_found", ""},
			{"an unknown user written to", owner, "POST", "/dms", map[string]any{"user_ids": []string{nobodyID}}, 422, "invalid", "there is no user"},
			{"an unknown session ended", owner, "DELETE", "/me/sessions/ses" + nobody, nil, 404, "not_found", ""},
			{"an unknown operation", owner, "POST", "/nonsense", `{}`, 404, "not_found", ""},
			{"an unknown invite", w.anonymous(), "POST", "/auth/signup", signup("nosuchcode"), 404, "not_found", ""},
			{"a revoked invite", w.anonymous(), "POST", "/auth/signup", signup(invite.Code), 410, "gone", ""},
			{"an invite used up", w.anonymous(), "POST", "/auth/signup", signup(over.Code), 410, "gone", ""},

			{"no credentials", w.anonymous(), "POST", posts, map[string]any{"text": "x"}, 401, "unauthenticated", ""},
			{"a token that is none", bearer("nonsense"), "POST", posts, map[string]any{"text": "x"}, 401, "unauthenticated", ""},
			{"an expired token", bearer(short.Secret), "POST", posts, map[string]any{"text": "x"}, 401, "unauthenticated", ""},
			{"a revoked token", bearer(bot.Secret), "POST", posts, map[string]any{"text": "x"}, 401, "unauthenticated", ""},
			{"a session that ended", gone, "POST", posts, map[string]any{"text": "x"}, 401, "unauthenticated", ""},
			{"a suspended account", suspended, "POST", posts, map[string]any{"text": "x"}, 403, "suspended", ""},
			{"a token without the scope", reader, "POST", posts, map[string]any{"text": "x"}, 403, "forbidden", "messages:write"},
			{"a role that may not", member, "PATCH", "/admin/users/" + owner.user.ID, map[string]any{"role": "member"}, 403, "forbidden", ""},
			{"a refresh token that is none", w.anonymous(), "POST", "/auth/refresh", map[string]any{"refresh_token": "dkr_nonsense"}, 401, "unauthenticated", ""},
			{"a wrong password", w.anonymous(), "POST", "/auth/login", map[string]any{"username": "owner", "password": "wrong wrong wrong"}, 401, "bad_credentials", ""},

			{"a second owner's claim", w.anonymous(), "POST", "/setup", map[string]any{"code": "x", "workspace_name": "Mine", "username": "mine", "display_name": "Mine", "password": "correct horse battery"}, 409, "already_set_up", ""},
			{"a name that is taken", owner, "POST", "/channels", map[string]any{"name": "general", "kind": "public"}, 409, "name_taken", ""},
			{"a post into an archived channel", owner, "POST", "/conversations/" + archived + "/messages", map[string]any{"text": "x"}, 409, "archived", ""},
			{"the last owner's role", owner, "PATCH", "/admin/users/" + owner.user.ID, map[string]any{"role": "member"}, 409, "last_owner", ""},
			{"settings changed unseen", owner, "PATCH", "/admin/settings", map[string]any{"name": "x"}, 428, "precondition_required", "If-Match"},
		} {
			a := tt.who.do(tt.method, tt.path, tt.body)
			var p problem
			if err := json.Unmarshal(a.body, &p); err != nil || a.status != tt.status || string(p.Code) != tt.code || p.Status != tt.status || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: got %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.code)
				continue
			}
			wantAdvice(t, tt.name, p)
			if !strings.Contains(string(a.body), tt.says) {
				t.Errorf("%s: does not say %q: %s", tt.name, tt.says, a.body)
			}
		}
		if after := w.state(); after != before {
			t.Errorf("the requests changed the database:\n%s\n\nbefore:\n%s", after, before)
		}

		s := owner.connect(nil)
		for name, frame := range map[string]string{
			"an unknown field":        `{"op":"message.send","id":"1","d":{"conversation_id":"` + general + `","text":"x","author_id":"me"}}`,
			"a missing field":         `{"op":"message.send","id":"1","d":{"text":"x"}}`,
			"a wrong type":            `{"op":"message.send","id":"1","d":{"conversation_id":"` + general + `","text":["x"]}}`,
			"an unknown conversation": `{"op":"message.send","id":"1","d":{"conversation_id":"` + noChannel + `","text":"x"}}`,
			"an archived channel":     `{"op":"message.send","id":"1","d":{"conversation_id":"` + archived + `","text":"x"}}`,
			"a position before all":   `{"op":"read","id":"1","d":{"conversation_id":"` + general + `","position":-1}}`,
			"an unknown state":        `{"op":"presence.set","id":"1","d":{"state":"gone"}}`,
		} {
			s.write(frame)
			wantAdvice(t, "socket: "+name, s.expect("nack").Error)
		}
		for _, tt := range badFrames {
			bad := owner.connect(nil)
			for _, f := range tt.frames {
				kind := websocket.TextMessage
				if tt.binary {
					kind = websocket.BinaryMessage
				}
				_ = bad.ws.WriteMessage(kind, []byte(f)) // a socket that is closed shows below
			}
			if c := bad.ended(); c.code != tt.code {
				t.Errorf("%s: closed with %d, want %d", tt.name, c.code, tt.code)
			}
		}
		if after := w.state(); after != before {
			t.Errorf("the frames changed the database:\n%s\n\nbefore:\n%s", after, before)
		}
		member.post(general, "and all still works")
		if after := w.state(); after == before {
			t.Error("a post does not show in the state: the comparison sees nothing")
		}
	})
}

// A database whose write lock somebody holds: told as busy, nothing written, and over
// as soon as the lock is free.
func TestABusyDatabaseIsToldAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		general := owner.channel("general").ID
		impatient, err := workspace.Open(t.Context(), workspace.Config{URL: url, Log: *w.srv.log, BusyTimeout: 500 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = impatient.Close() })
		here := *owner
		here.w = serveSame(t, w, func(c *Config) { c.Workspace = impatient })
		held, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		before := w.state()
		go func() {
			ended <- w.ws.DB.Write(t.Context(), func(context.Context, *sql.Tx) error {
				close(held)
				<-release
				return nil
			})
		}()
		<-held
		for name, post := range map[string]func() answer{
			"a post": func() answer {
				return here.do("POST", "/conversations/"+general+"/messages", map[string]any{"text": "x", "client_msg_id": "once"})
			},
			"a channel": func() answer { return here.do("POST", "/channels", map[string]any{"name": "new", "kind": "public"}) },
		} {
			a := post()
			var p problem
			if err := json.Unmarshal(a.body, &p); err != nil || a.status != 503 || p.Code != contracts.CodeBusy || a.header.Get("Retry-After") == "" {
				t.Errorf("%s: got %d %s %v", name, a.status, a.body, a.header)
			}
			wantAdvice(t, name, p)
		}
		here.must(200, "GET", "/channels/"+general, nil, nil) // reading goes on
		close(release)
		if err := <-ended; err != nil {
			t.Fatalf("hold the lock: %v", err)
		}
		if after := w.state(); after != before {
			t.Errorf("changed:\n%s\n\nbefore:\n%s", after, before)
		}
		end := time.Now().Add(patience)
		again := func() answer {
			return here.do("POST", "/conversations/"+general+"/messages", map[string]any{"text": "x", "client_msg_id": "once"})
		}
		a := again()
		for a.code() == string(contracts.CodeBusy) && time.Now().Before(end) { // somebody else may hold it for a moment
			a = again()
		}
		if a.status != 201 {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
	})
}
