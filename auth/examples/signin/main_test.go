package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
)

// browser is somebody who uses the server over HTTP.
type browser struct {
	*testing.T
	url    string
	access string
}

// call sends a request and decodes the answer, which must have this status.
func (b *browser) call(status int, method, path string, body any) map[string]json.RawMessage {
	b.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, bytes.NewReader(sent))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.access)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var got map[string]json.RawMessage
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != status {
		b.Fatalf("%s %s: %s, want %d: %s (%v)", method, path, res.Status, status, got, err)
	}
	return got
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

func TestSignInOverHTTP(t *testing.T) {
	users, err := open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer users.Close()
	const password = "four words make this"
	if _, err := users.CreateUser(t.Context(), contracts.Operator, auth.NewUser{Username: "member1", Password: password}); err != nil {
		t.Fatal(err)
	}
	const page = "http://localhost:8080"
	server := httptest.NewServer(routes(users, page))
	defer server.Close()
	b := &browser{T: t, url: server.URL}

	if got := b.call(401, "GET", "/me", nil); text(got["error"]) != "unauthenticated" {
		t.Errorf("a stranger is told %s", got)
	}
	b.call(401, "POST", "/login", map[string]string{"username": "member1", "password": "not this one"})
	in := b.call(200, "POST", "/login", map[string]string{"username": "member1", "password": password})
	b.access = text(in["access"])
	if me := b.call(200, "GET", "/me", nil); text(me["username"]) != "member1" {
		t.Errorf("me is %s", me)
	}
	in = b.call(200, "POST", "/refresh", map[string]string{"refresh": text(in["refresh"])})
	b.access = text(in["access"])

	device := passkeytest.New(page)
	options, err := json.Marshal(b.call(200, "POST", "/passkey/new", nil))
	if err != nil {
		t.Fatal(err)
	}
	made, err := device.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	b.call(200, "POST", "/passkey/add", map[string]any{"name": "phone", "response": json.RawMessage(made)})

	b.call(200, "POST", "/logout", nil)
	b.call(401, "GET", "/me", nil)

	// The password alone is half of it now; the passkey is both factors.
	in = b.call(200, "POST", "/login", map[string]string{"username": "member1", "password": password})
	b.access = text(in["access"])
	if got := b.call(401, "GET", "/me", nil); text(in["owes"]) != "second_factor" || text(got["error"]) != "mfa_required" {
		t.Errorf("after the password: %s, then %s", in, got)
	}
	asked := b.call(200, "POST", "/passkey/ask", nil)
	response, err := device.Get(asked["options"])
	if err != nil {
		t.Fatal(err)
	}
	in = b.call(200, "POST", "/passkey/login", map[string]any{"browser": text(asked["browser"]), "response": json.RawMessage(response)})
	b.access = text(in["access"])
	if me := b.call(200, "GET", "/me", nil); text(me["username"]) != "member1" {
		t.Errorf("me is %s", me)
	}
}
