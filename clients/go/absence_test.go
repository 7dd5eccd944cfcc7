package dankerchat_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// clocked is a server by a clock that the test puts forward.
type clocked struct {
	t       *testing.T
	address string
	clock   io.Writer
	said    chan string
}

var firstWords = regexp.MustCompile(`listening on (\S+), first-run link: \S+#(\S+)`)

func startClocked(t *testing.T) *clocked {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "clocked")
	if err := servertest.Build(program, filepath.Join("..", "..", "server"), "./internal/clocked"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "127.0.0.1:0", "http://localhost:8080", "sqlite://"+filepath.Join(dir, "chat.db"))
	in, out := must(cmd.StdinPipe())(t), must(cmd.StderrPipe())(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &clocked{t: t, clock: in, said: make(chan string, 1000)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.said <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
		_ = cmd.Wait()
	})
	words := s.hears(firstWords)
	s.address = "http://" + words[1]
	c := must(dankerchat.New(s.address))(t)
	owner := map[string]string{"code": words[2], "workspace_name": "Test", "username": servertest.Owner, "display_name": "The Owner", "password": servertest.Password}
	if err := c.Do(t.Context(), http.MethodPost, "/setup", owner, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *clocked) hears(what *regexp.Regexp) []string {
	s.t.Helper()
	for {
		select {
		case line := <-s.said:
			if m := what.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-time.After(time.Minute):
			s.t.Fatalf("the server does not say %s", what)
		}
	}
}

// pass puts the clock forward; what the server does from time to time is done then.
func (s *clocked) pass(d time.Duration) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.clock, d); err != nil {
		s.t.Fatal(err)
	}
	s.hears(regexp.MustCompile(`^ahead `))
}

// asked notes what a client requests.
type asked struct {
	mu    sync.Mutex
	paths []string
}

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.paths = append(a.paths, r.Method+" "+r.URL.Path)
	a.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// A program that was away for an hour goes on where it was: it refreshes its tokens, which
// ended by the server's clock though not by its own, gets exactly the events that it missed,
// then live ones, and asks for nothing else.
func TestAStreamGoesOnAfterAnHour(t *testing.T) {
	t.Parallel()
	s := startClocked(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	requests := &asked{}
	owner := must(dankerchat.New(s.address))(t)
	must(owner.Login(ctx, servertest.Owner, servertest.Password))(t)
	_, secret, err := owner.CreateToken(ctx, "poster", []string{"*"}, time.Time{}) // which does not end
	if err != nil {
		t.Fatal(err)
	}
	poster := must(dankerchat.New(s.address, dankerchat.WithToken(secret)))(t)
	away := must(dankerchat.New(s.address, dankerchat.WithHTTPClient(&http.Client{Transport: requests, Timeout: time.Minute})))(t)
	must(away.Login(ctx, servertest.Owner, servertest.Password))(t)

	// texts yields what is posted from a cursor on, until enough says so, and where that was.
	texts := func(o dankerchat.StreamOptions, enough func(text string) bool) (got []string, last dankerchat.Event) {
		for ev, err := range away.Stream(o).Events(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			if ev.Type == dankerchat.Resync {
				t.Fatalf("the stream does not go on: %s", ev.Data)
			}
			if m, ok := ev.Message(); ok && ev.Type == contracts.EventMessageCreated {
				if got = append(got, m.Text); enough(m.Text) {
					return got, ev
				}
			}
		}
		t.Fatalf("the stream ended after %q", got)
		return nil, last
	}
	_, before := texts(dankerchat.StreamOptions{OnState: func(st dankerchat.State) {
		if st.Live {
			go func() { _, _ = poster.Post(ctx, "#general", "before") }()
		}
	}}, func(string) bool { return true })

	var missed []string
	for n := range 12 {
		missed = append(missed, fmt.Sprintf("after %d minutes", 5*n))
		must(poster.Post(ctx, "#general", missed[n]))(t)
		s.pass(5 * time.Minute)
	}
	requests.paths = nil
	var states []dankerchat.State
	got, _ := texts(dankerchat.StreamOptions{From: &before.Cursor, OnState: func(st dankerchat.State) {
		if states = append(states, st); st.Live {
			go func() { _, _ = poster.Post(ctx, "#general", "live") }()
		}
	}}, func(text string) bool { return text == "live" })
	if want := append(missed, "live"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if last := states[len(states)-1]; !last.Live || !last.Resumed || last.Replayed < len(missed) {
		t.Errorf("states %+v", states)
	}
	if asked := strings.Join(requests.paths, ", "); asked != "POST /api/v1/auth/refresh" {
		t.Errorf("it asked for %s", asked)
	}
}
