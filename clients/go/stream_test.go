package dankerchat_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// A stream outlives a crash of the server: everything acknowledged comes, in order,
// each once.
func TestStreamOutlivesACrash(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, "--limit", "messages=1000", "--limit", "messages_burst=1000")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	owner := s.Client(t, servertest.Owner)
	token, err := dankerchat.New(s.Address, dankerchat.WithToken(s.Token(t, owner)))
	if err != nil {
		t.Fatal(err)
	}
	start := must(owner.Sync(ctx))(t)

	const total = 60
	var lives atomic.Int32
	var resumed atomic.Bool
	got := make(chan string, 4*total)
	ended := make(chan error, 1)
	go func() {
		stream := owner.Stream(dankerchat.StreamOptions{From: &start.Cursor, OnState: func(st dankerchat.State) {
			if st.Live && lives.Add(1) > 1 && st.Resumed {
				resumed.Store(true)
			}
		}})
		for ev, err := range stream.Events(ctx) {
			if err != nil {
				ended <- err
				return
			}
			if m, ok := ev.Message(); ok && ev.Type == contracts.EventMessageCreated {
				got <- m.Text
			}
			if ev.Type == dankerchat.Resync {
				ended <- errors.New("the stream did not resume")
				return
			}
		}
		ended <- nil
	}()
	for i := range total {
		if i == total/2 {
			for lives.Load() == 0 && ctx.Err() == nil { // on a busy machine it may not have begun
				time.Sleep(10 * time.Millisecond)
			}
			s.Kill()
			if err := s.Restart(); err != nil {
				t.Fatalf("restart: %v", err)
			}
		}
		must(token.Post(ctx, "#general", fmt.Sprintf("message %d", i)))(t)
	}
	for i := range total {
		select {
		case text := <-got:
			if want := fmt.Sprintf("message %d", i); text != want {
				t.Fatalf("got %q, want %q", text, want)
			}
		case err := <-ended:
			t.Fatalf("the stream ended: %v", err)
		case <-ctx.Done():
			t.Fatalf("message %d did not come", i)
		}
	}
	if !resumed.Load() {
		t.Errorf("after the crash the stream was live %d times, and never resumed", lives.Load())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the stream's end: %v", err)
	}
	select {
	case text := <-got:
		t.Errorf("%q came twice", text)
	default:
	}
}

func TestStreamTellsTypingAndPresence(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	typist, watcher := server.NewUser(t, "typist", "Typist"), server.NewUser(t, "watcher", "Watcher")
	dm := must(typist.OpenDirect(ctx, "@watcher"))(t)
	live := make(chan bool, 4)
	theirs := watcher.Stream(dankerchat.StreamOptions{OnState: func(s dankerchat.State) { live <- s.Live }})
	go func() {
		for range theirs.Events(ctx) {
		}
	}()
	mine := typist.Stream(dankerchat.StreamOptions{OnState: func(s dankerchat.State) {
		if s.Live {
			go func() {
				<-live
				for ctx.Err() == nil {
					theirs.Typing(dm.ID)
					theirs.SetPresence("away")
					time.Sleep(300 * time.Millisecond)
				}
			}()
		}
	}})
	seen := map[string]bool{}
	for ev, err := range mine.Events(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Position == 0 {
			seen[ev.Type] = true
		}
		if seen[contracts.EventTyping] && seen[contracts.EventPresence] {
			return
		}
	}
	t.Errorf("only these came: %v", seen)
}

// What a reconnect cannot mend ends the stream with an error.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := server.NewUser(t, "gone", "Gone")
	tok, secret, err := c.CreateToken(ctx, "stream", []string{"*"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	bot := must(dankerchat.New(server.Address, dankerchat.WithToken(secret)))(t)
	var once sync.Once
	revoked := make(chan error, 1)
	stream := bot.Stream(dankerchat.StreamOptions{OnState: func(s dankerchat.State) {
		if s.Live {
			once.Do(func() { go func() { revoked <- c.RevokeToken(ctx, tok.ID) }() })
		}
	}})
	for _, err := range stream.Events(ctx) {
		if err != nil {
			if !errors.Is(err, contracts.ErrUnauthenticated) {
				t.Errorf("a revoked token ended the stream with %v", err)
			}
			break
		}
	}
	if ctx.Err() != nil {
		t.Fatal("the stream did not end")
	}
	if err := <-revoked; err != nil { // its answer may come after the stream's end
		t.Errorf("revoke: %v", err)
	}
	for _, err := range bot.Events(ctx, nil) {
		if !errors.Is(err, contracts.ErrUnauthenticated) {
			t.Errorf("with a revoked token: %v", err)
		}
	}
}

// A cursor of another history gets a resync, and then what happens.
func TestStreamResyncs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := server.NewUser(t, "lost", "Lost")
	other := contracts.Cursor{Epoch: "other", Position: 3, Mark: "m"}
	for ev, err := range c.Events(ctx, &other) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type == dankerchat.Resync {
			if string(ev.Data) != `{"reason":"epoch"}` || ev.Cursor.Epoch == "other" || ev.Cursor.Position == 0 {
				t.Errorf("%s %+v", ev.Data, ev.Cursor)
			}
			go func() { _, _ = c.Post(ctx, "#general", "after the resync") }()
		}
		if m, ok := ev.Message(); ok && m.Text == "after the resync" {
			return
		}
	}
	t.Error("nothing came")
}
