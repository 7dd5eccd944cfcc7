package main

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/pgbus"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/command/commandtest"
)

// screen is a browser of a user, as far as the hub knows.
type screen struct {
	user    string
	started chan struct{}
	posts   chan arrival
}

type arrival struct {
	text string
	at   time.Time
	sent time.Time
}

func (s *screen) UserID() string           { return s.user }
func (s *screen) Guest() bool              { return false }
func (s *screen) Start(messaging.Resume)   { close(s.started) }
func (s *screen) Revoke(_ contracts.Event) {}

func (s *screen) Deliver(f *messaging.Frame) {
	if f.Type != contracts.EventMessageCreated {
		return
	}
	now := time.Now()
	var frame struct{ D contracts.Message }
	if json.Unmarshal(f.Bytes, &frame) == nil {
		s.posts <- arrival{frame.D.Text, now, frame.D.CreatedAt}
	}
}

// A post by the command, which never talks to a server, reaches the browsers of a
// running one. The time from the message's own to the delivery is printed.
func TestAPostIsSeenByARunningServer(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			url := commandtest.Seed(t, d)
			cfg := workspace.Config{URL: url}
			if d == sqldb.Postgres { // as dankerchatd does
				bus := pgbus.New(url, zerolog.Nop())
				t.Cleanup(func() { _ = bus.Close() })
				cfg.Bus = bus
			}
			w, err := workspace.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- w.Hub.Run(ctx) }()
			t.Cleanup(func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			})
			member, err := w.Auth.UserByName(ctx, "member")
			if err != nil {
				t.Fatal(err)
			}
			s := &screen{user: member.ID, started: make(chan struct{}), posts: make(chan arrival, 16)}
			if err := w.Hub.Attach(ctx, s, nil); err != nil {
				t.Fatal(err)
			}
			<-s.started
			time.Sleep(300 * time.Millisecond) // the hub has begun to listen: what is measured is not its start

			const posts = 20
			delays := make([]time.Duration, 0, posts)
			for i := range posts {
				text := "post " + strconv.Itoa(i)
				out, err := exec.CommandContext(ctx, "chat-channels", "post", "--db", url, "--as", "@owner", "ops", text).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				select {
				case a := <-s.posts:
					if a.text != text {
						t.Fatalf("%q arrived, want %q", a.text, text)
					}
					delays = append(delays, a.at.Sub(a.sent))
				case <-time.After(30 * time.Second):
					t.Fatalf("%q never arrived", text)
				}
			}
			slices.Sort(delays)
			t.Logf("%s: from post to delivery in another process: median %v, 95th %v, longest %v of %d",
				strings.ToLower(string(d)), delays[posts/2].Round(time.Millisecond), delays[posts*95/100].Round(time.Millisecond), delays[posts-1].Round(time.Millisecond), posts)
		})
	}
}
