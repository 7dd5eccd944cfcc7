package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// What is hidden answers byte for byte like what does not exist, but for its name.
func TestHiddenAndMissingReadTheSame(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		var ch contracts.Channel
		owner.must(201, "POST", "/channels", map[string]any{"name": "hidden", "kind": "private"}, &ch)
		msg := owner.post(ch.ID, "secret")
		none, noMessage := "cnv"+nobody, "msg"+nobody
		plain := func(a answer) string {
			body := regexp.MustCompile(`"request_id":"[^"]*"`).ReplaceAllString(string(a.body), "")
			h := a.header.Clone()
			for _, name := range []string{"Date", "X-Request-Id", "Ratelimit", "Content-Length"} {
				h.Del(name)
			}
			return fmt.Sprint(a.status, len(a.body), h, body)
		}
		for _, q := range []struct{ method, hidden, missing string }{
			{"GET", "/channels/" + ch.ID, "/channels/" + none},
			{"GET", "/channels/by-name/hidden", "/channels/by-name/nosuch"},
			{"PATCH", "/channels/" + ch.ID, "/channels/" + none},
			{"POST", "/channels/" + ch.ID + "/join", "/channels/" + none + "/join"},
			{"POST", "/channels/" + ch.ID + "/leave", "/channels/" + none + "/leave"},
			{"POST", "/channels/" + ch.ID + "/archive", "/channels/" + none + "/archive"},
			{"GET", "/channels/" + ch.ID + "/members", "/channels/" + none + "/members"},
			{"POST", "/channels/" + ch.ID + "/members", "/channels/" + none + "/members"},
			{"DELETE", "/channels/" + ch.ID + "/members/" + owner.user.ID, "/channels/" + none + "/members/" + owner.user.ID},
			{"GET", "/conversations/" + ch.ID, "/conversations/" + none},
			{"GET", "/conversations/" + ch.ID + "/messages", "/conversations/" + none + "/messages"},
			{"GET", "/conversations/" + ch.ID + "/messages?around=" + msg.ID, "/conversations/" + none + "/messages?around=" + noMessage},
			{"POST", "/conversations/" + ch.ID + "/messages", "/conversations/" + none + "/messages"},
			{"PUT", "/conversations/" + ch.ID + "/read", "/conversations/" + none + "/read"},
			{"GET", "/messages/" + msg.ID, "/messages/" + noMessage},
			{"PATCH", "/messages/" + msg.ID, "/messages/" + noMessage},
			{"DELETE", "/messages/" + msg.ID, "/messages/" + noMessage},
			{"GET", "/messages/" + msg.ID + "/history", "/messages/" + noMessage + "/history"},
			{"GET", "/messages/" + msg.ID + "/history", "/messages/nonsense/history"},
		} {
			bodies := map[string]any{"PATCH /ch": map[string]any{"topic": "x"}, "PATCH /me": map[string]any{"text": "x"}, "PUT /co": map[string]any{"position": 1},
				"POST /co": map[string]any{"text": "x"}}
			body := bodies[q.method+" "+q.hidden[:3]]
			if q.method == "POST" && strings.HasSuffix(q.hidden, "/members") {
				body = map[string]any{"user_ids": []string{member.user.ID}}
			}
			hidden, missing := plain(member.do(q.method, q.hidden, body)), plain(member.do(q.method, q.missing, body))
			if hidden != missing || !strings.HasPrefix(hidden, "404") {
				t.Errorf("%s %s:\nhidden  %s\nmissing %s", q.method, q.hidden, hidden, missing)
			}
		}
	})
}

// Every answer of every kind carries the headers that protect.
func TestSecureHeadersEverywhere(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	for _, q := range []struct{ method, path string }{
		{"GET", "/me"}, {"GET", "/nonsense"}, {"PUT", "/me"}, {"GET", "/messages/x"}, {"GET", "/ws"}, {"GET", "/me?token=x"}, {"GET", "/" + strings.Repeat("x", 3000)},
		{"GET", "/web:/"}, {"GET", "/web:/nonsense.js"}, {"GET", "/metrics"}, {"GET", "/web:/api/v2/x"}, {"GET", "/web:/api//v1/me"},
	} {
		a := owner.do(q.method, q.path, nil)
		csp := a.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self';") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "require-trusted-types-for 'script'") ||
			strings.Contains(csp, "unsafe") || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" ||
			a.header.Get("Cross-Origin-Opener-Policy") != "same-origin" || a.header.Get("Cross-Origin-Resource-Policy") != "same-origin" || a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s: %v", q.method, q.path, a.header)
		}
		if !strings.HasPrefix(q.path, "/web:/") && a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: Cache-Control %q", q.method, q.path, a.header.Get("Cache-Control"))
		}
		if a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: open to other origins", q.method, q.path)
		}
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	general := owner.channel("general").ID
	big := `{"text":"` + strings.Repeat("x", maxBody) + `"}`
	for _, tt := range []struct {
		name, method, path string
		body               any
		status             int
		code               string
	}{
		{"no such path", "GET", "/nonsense", nil, 404, "not_found"},
		{"a path with a file name", "GET", "/me/x.css", nil, 404, "not_found"},
		{"another method", "DELETE", "/meta", nil, 405, "method_not_allowed"},
		{"another method on a name", "DELETE", "/channels/by-name/x", nil, 405, "method_not_allowed"},
		{"a long path", "GET", "/users/" + strings.Repeat("x", 2100), nil, 413, "too_large"},
		{"a long query", "GET", "/users?query=" + strings.Repeat("x", 4100), nil, 413, "too_large"},
		{"a limit of 0", "GET", "/users?limit=0", nil, 422, "invalid"},
		{"a limit of 201", "GET", "/users?limit=201", nil, 422, "invalid"},
		{"a limit that is none", "GET", "/users?limit=ten", nil, 422, "invalid"},
		{"a cursor of another list", "GET", "/users?cursor=abc", nil, 422, "invalid"},
		{"a misspelt parameter", "GET", "/admin/users?sate=suspended", nil, 422, "unknown_field"},
		{"a parameter of another operation", "GET", "/dms?query=x", nil, 422, "unknown_field"},
		{"a parameter where there is none", "GET", "/me?limit=1", nil, 422, "unknown_field"},
		{"a parameter of a write", "POST", "/channels/" + general + "/join?as=owner", nil, 422, "unknown_field"},
		{"a query that is none", "GET", "/users?query=%zz", nil, 400, "malformed"},
		{"a flag that is none", "GET", "/channels?joined=maybe", nil, 422, "invalid"},
		{"two places", "GET", "/conversations/" + general + "/messages?before=a&after=b", nil, 422, "invalid"},
		{"a body over 256 KiB", "POST", "/conversations/" + general + "/messages", big, 413, "too_large"},
		{"no body", "POST", "/conversations/" + general + "/messages", nil, 400, "malformed"},
		{"half a body", "POST", "/conversations/" + general + "/messages", `{"text"`, 400, "malformed"},
		{"a field of the server's", "POST", "/conversations/" + general + "/messages", `{"text":"x","author":{"id":"y"}}`, 422, "unknown_field"},
		{"a body where there is none", "POST", "/channels/" + general + "/join", `{"as":"owner"}`, 422, "unknown_field"},
		{"nothing to change", "PATCH", "/me", `{}`, 422, "invalid"},
		{"4,001 characters", "POST", "/conversations/" + general + "/messages", map[string]any{"text": strings.Repeat("ä", 4001)}, 422, "invalid"},
		{"a NUL", "POST", "/conversations/" + general + "/messages", map[string]any{"text": "a\x00b"}, 422, "invalid"},
		{"a session of a third kind", "POST", "/auth/login", `{"username":"a","password":"b","session":"jar"}`, 422, "invalid"},
		{"201 ids", "POST", "/dms", map[string]any{"user_ids": make([]string, 201)}, 422, "invalid"},
		{"an ETag that is none", "PATCH", "/admin/settings", `{"name":"x"}`, 428, "precondition_required"},
	} {
		a := owner.do(tt.method, tt.path, tt.body)
		if a.status != tt.status || a.code() != tt.code {
			t.Errorf("%s: got %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.code)
		}
		if a.status == 405 && a.header.Get("Allow") == "" {
			t.Errorf("%s: 405 without Allow", tt.name)
		}
	}
	// At the limit all is well.
	owner.must(201, "POST", "/conversations/"+general+"/messages", map[string]any{"text": strings.Repeat("ä", 4000)}, nil)
}

func TestARepeatedPostDoesNothingAgain(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		keyed := func(c *client, key string) *client {
			k := *c
			k.header = http.Header{"Idempotency-Key": {key}}
			return &k
		}
		body := map[string]any{"name": "once", "kind": "public"}
		first := keyed(owner, "k1").must(201, "POST", "/channels", body, nil)
		again := keyed(owner, "k1").must(201, "POST", "/channels", body, nil)
		if string(first.body) != string(again.body) || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("first %s, again %s %v", first.body, again.body, again.header)
		}
		if a := keyed(owner, "k1").must(409, "POST", "/channels", map[string]any{"name": "other", "kind": "public"}, nil); a.code() != "duplicate_id" {
			t.Errorf("another request: %s", a.body)
		}
		if a := keyed(member, "k1").must(409, "POST", "/channels", body, nil); a.code() != "name_taken" {
			t.Errorf("another's key: %s", a.body)
		}
		if a := keyed(member, "k1").must(409, "POST", "/channels", body, nil); a.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("a refusal is kept too: %v", a.header)
		}
		keyed(owner, strings.Repeat("k", 129)).must(422, "POST", "/channels", body, nil)

		// Many at once: one does it, the others are told.
		var statuses sync.Map
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				a := keyed(owner, "k2").do("POST", "/dms", map[string]any{"user_ids": []string{member.user.ID}})
				statuses.Store(i, a.status)
			})
		}
		all.Wait()
		count := map[int]int{}
		statuses.Range(func(_, v any) bool { count[v.(int)]++; return true })
		if count[201]+count[409] != 20 || count[201] == 0 || count[200] > 0 {
			t.Errorf("answers: %v", count)
		}

		// An answer with a secret is not kept.
		keyed(owner, "k3").must(201, "POST", "/me/tokens", map[string]any{"name": "t", "scopes": []string{"*"}}, nil)
		if a := keyed(owner, "k3").must(409, "POST", "/me/tokens", map[string]any{"name": "t", "scopes": []string{"*"}}, nil); a.code() != "duplicate_id" {
			t.Errorf("a secret repeated: %s", a.body)
		}
		var kept string
		if err := w.ws.DB.Read.QueryRowContext(t.Context(), `SELECT count(*) || '' FROM idempotency_keys WHERE body LIKE '%dkt_%'`).Scan(&kept); err != nil || kept != "0" {
			t.Errorf("%s stored answers hold a token, error %v", kept, err)
		}
	})
}

// Neither a body nor a credential nor a query ends in the log, and a line is a line.
func TestTheLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	general := owner.channel("general").ID
	s := owner.connect(nil)
	s.op("message.send", map[string]any{"conversation_id": general, "text": "canary-text"})
	owner.do("POST", "/auth/login", map[string]any{"username": "owner", "password": "canary-password"})
	owner.do("GET", "/users?query=canary-query", nil)
	owner.do("GET", "/me?token=canary-token", nil)
	(&client{w: w, t: t, token: "canary-bearer"}).do("GET", "/me", nil)
	owner.must(204, "POST", "/client-logs", map[string]any{"entries": []any{map[string]any{"level": "error", "message": "line one\n{\"level\":\"fatal\"}\x1b[31m", "at": "2026-11-25T16:19:00.123Z",
		"fields": map[string]any{"level": "fatal", "message": "pretended", "long": strings.Repeat("x", 10000)}}}}, nil)
	found := false
	for in := bufio.NewScanner(strings.NewReader(w.log.String())); in.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			t.Errorf("not one JSON object: %s", in.Text())
			continue
		}
		if line["level"] == "fatal" || len(in.Text()) > 8<<10 {
			t.Errorf("a client wrote %s", in.Text()[:200])
		}
		if line["message"] == "client log" {
			found = line["user_id"] == owner.user.ID && line["request_id"] != nil && line["level"] == "error"
		}
	}
	if !found {
		t.Error("the client's line is not there with its user and request")
	}
	for _, secret := range []string{"canary", owner.token, owner.token[len(owner.token)-20:]} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestMetricsAreForTheMachineAndForAdministrators(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
	owner.post(owner.channel("general").ID, "x")
	if a := w.anonymous().must(200, "GET", "/metrics", nil, nil); !strings.Contains(string(a.body), "dankerchat_messages_posted_total 1") || !strings.Contains(string(a.body), `dankerchat_requests_total{op="message.post",status="201"} 1`) {
		t.Errorf("got %s", a.body)
	}
	proxied := http.Header{"X-Forwarded-For": {"198.51.100.9"}}
	for name, tt := range map[string]struct {
		who    *client
		status int
	}{"nobody": {w.anonymous(), 404}, "a member": {member, 404}, "the owner": {owner, 200}, "a wrong token": {&client{w: w, t: t, token: "x"}, 404}} {
		c := *tt.who
		c.header = proxied
		if a := c.do("GET", "/metrics", nil); a.status != tt.status {
			t.Errorf("%s through a proxy: got %d, want %d", name, a.status, tt.status)
		}
	}
}

// SIGTERM's way down: unready at once, sockets told to come back, work finished.
func TestDraining(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		unready, over := make(chan time.Duration), make(chan struct{})
		goOn := sync.OnceFunc(func() { close(over) })
		defer goOn()
		w := serve(t, url, func(c *Config) {
			c.DrainDelay = 3 * time.Second
			c.pause = func(d time.Duration) { unready <- d; <-over }
		})
		owner := w.setUp()
		general := owner.channel("general").ID
		sockets := make([]*socket, 5)
		for i := range sockets {
			sockets[i] = owner.connect(nil)
		}
		done := make(chan struct{})
		go func() { w.stop(); close(done) }()
		if d := <-unready; d != 3*time.Second {
			t.Errorf("it goes on for %s", d)
		}
		if a := owner.do("GET", "/health/ready", nil); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("ready: %d %s", a.status, a.body)
		}
		owner.must(200, "GET", "/health/live", nil, nil)
		acked := owner.post(general, "in flight")
		goOn()
		told := map[int]bool{}
		for _, s := range sockets {
			c := s.ended()
			if c.code != 1012 || c.reason.Code != "draining" || c.reason.RetryAfterMS < 100 {
				t.Errorf("closed with %+v", c)
			}
			told[c.reason.RetryAfterMS] = true
		}
		if len(told) < 2 {
			t.Errorf("all were told the same delay: %v", told)
		}
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatal("the server does not end")
		}
		again := serve(t, url)
		owner.w = again
		var kept contracts.Message
		if owner.must(200, "GET", "/messages/"+acked.ID, nil, &kept); kept.Text != "in flight" {
			t.Errorf("after the restart: %+v", kept)
		}
	})
}

// A client that does not finish its headers is cut off.
func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	began := time.Now()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET /api/v1/meta HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, err = io.ReadAll(c) // to the end, of which the deadline would make an error
	if took := time.Since(began); err != nil || took < 5*time.Second {
		t.Errorf("cut off after %s, error %v", took, err)
	}
}
