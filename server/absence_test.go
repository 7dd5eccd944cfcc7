package server

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// serveAt is serve by another clock, with access tokens of five minutes.
func serveAt(t *testing.T, url string, now func() time.Time) *world {
	t.Helper()
	w := &world{t: t, url: url, log: &lockedBuffer{}, passed: &passed{ops: map[string]bool{}}}
	log := zerolog.New(w.log).Level(zerolog.DebugLevel)
	wcfg := workspace.Config{URL: url, Log: log, Now: now, BusyTimeout: patience}
	wcfg.Auth.AccessTTL = 5 * time.Minute
	var err error
	if w.ws, err = workspace.Open(t.Context(), wcfg); err != nil {
		t.Fatalf("open workspace: %v", err)
	}
	if w.srv, err = New(w.config(&log)); err != nil {
		t.Fatalf("make server: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	w.address = "http://" + ln.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.srv.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := w.ws.Close(); err != nil {
			t.Errorf("close workspace: %v", err)
		}
	})
	return w
}

// A laptop that was closed for an hour shows exactly what it missed. The hour passes
// by the server's clock: the access token has expired and is renewed, the server has
// pruned meanwhile, and no history is asked for.
func TestResumeAfterAnHour(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		var passed atomic.Int64 // nanoseconds by which the server's clock is ahead
		w := serveAt(t, url, func() time.Time { return time.Now().Add(time.Duration(passed.Load())) })
		owner := w.setUp()
		bot := owner.tokenOf("*") // stays signed in
		w.newUser("member", contracts.RoleMember)
		member := w.anonymous()
		u, err := w.ws.Auth.UserByName(t.Context(), "member")
		if err != nil {
			t.Fatal(err)
		}
		in, err := w.ws.Auth.StartSession(t.Context(), u.ID, auth.SignInProof{Assurance: auth.TwoFactors, Client: "laptop", IP: "127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		member.token, member.user = in.Access.Reveal(), in.User
		general := bot.channel("general").ID
		s := member.connect(nil)
		bot.post(general, "before")
		s.expect(contracts.EventMessageCreated)
		cursor := s.cursor
		_ = s.ws.Close()

		var hidden contracts.Channel
		bot.must(201, "POST", "/channels", map[string]any{"name": "hidden", "kind": "private"}, &hidden)
		var missed []string
		for minute := range 60 {
			missed = append(missed, fmt.Sprintf("at minute %d", minute))
			bot.post(general, missed[minute])
			bot.post(hidden.ID, "not for the member")
			passed.Add(int64(time.Minute))
		}
		if err := w.ws.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}

		w.passed.forget()
		if a := member.do("GET", "/me", nil); a.status != 401 {
			t.Fatalf("an hour later the access token is still good: %d", a.status)
		}
		if _, err := member.tryConnect(&cursor); err == nil {
			t.Fatal("a socket opens with a token that has expired")
		}
		var renewed struct {
			AccessToken string `json:"access_token"`
		}
		w.anonymous().must(200, "POST", "/auth/refresh", map[string]any{"refresh_token": in.Refresh.Reveal()}, &renewed)
		member.token = renewed.AccessToken
		back := member.connect(&cursor)
		if !back.hello.Resumed || back.hello.Replayed != len(missed) || back.hello.Reason != nil {
			t.Fatalf("hello: %+v, want %d replayed", back.hello, len(missed))
		}
		var got []string
		var first, last contracts.Message
		for i := range missed {
			last = back.expect(contracts.EventMessageCreated).message(t)
			if got = append(got, last.Text); i == 0 {
				first = last
			}
		}
		if !slices.Equal(got, missed) {
			t.Errorf("got %q, want %q", got, missed)
		}
		if d := last.CreatedAt.Sub(first.CreatedAt); d < 58*time.Minute {
			t.Errorf("the first and the last are %v apart", d)
		}
		back.quiet(100*time.Millisecond, contracts.EventMessageCreated)
		w.passed.mu.Lock()
		for op := range w.passed.ops {
			if op != "auth.refresh" && op != "socket.open" && op != "socket hello" {
				t.Errorf("the client also asked for %s", op)
			}
		}
		w.passed.mu.Unlock()
		bot.post(general, "live")
		if m := back.expect(contracts.EventMessageCreated).message(t); m.Text != "live" {
			t.Errorf("then came %q", m.Text)
		}
	})
}
