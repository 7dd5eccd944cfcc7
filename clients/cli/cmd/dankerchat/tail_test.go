package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/clients/go/servertest"
)

// follow starts a program that does not end by itself; its lines come over the channel.
func follow(t *testing.T, cmd *exec.Cmd) <-chan string {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := make(chan string, 100)
	go func() {
		for s := bufio.NewScanner(stdout); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
	}()
	return lines
}

func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case l := <-lines:
		return l
	case <-time.After(60 * time.Second):
		t.Fatal("no line comes")
		return ""
	}
}

// What is posted after tail has asked where the stream stands, and before it has read the
// newest messages, is in both: it is shown once.
func TestTailShowsOnceWhatComesWhileItBegins(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	owner := server.Client(t, servertest.Owner)
	post := func(text string) {
		if _, err := owner.Post(t.Context(), "#general", text); err != nil {
			t.Error(err)
		}
	}
	post("before")
	address, err := url.Parse(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	var between sync.Once
	pass := httputil.NewSingleHostReverseProxy(address)
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/messages") {
			between.Do(func() { post("between") })
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(way.Close)

	cmd := command(t, t.TempDir(), "tail", "-f", "#general", "-n", "2", "--count", "3", "--timeout", "60s", "--format", "jsonl", "--fields", "d.text")
	cmd.Env = append(cmd.Env, "DANKERCHAT_SERVER="+way.URL, "DANKERCHAT_TOKEN="+server.Token(t, owner))
	lines := follow(t, cmd)
	for _, want := range []string{"before", "between"} {
		if got := next(t, lines); !strings.Contains(got, fmt.Sprintf("%q", want)) {
			t.Fatalf("line %s, want the message %q", got, want)
		}
	}
	post("after")
	if got := next(t, lines); !strings.Contains(got, `"after"`) {
		t.Errorf("line %s, want the message %q", got, "after")
	}
}

// tail -f outlives a crash of the server, loses nothing, shows nothing twice, and
// says on stderr what goes on. Ctrl+C ends it with 130 and a last line.
func TestTailOutlivesACrash(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	owner := server.Client(t, servertest.Owner)
	dir := t.TempDir()
	signIn(t, dir, server.Address, servertest.Owner)
	cmd := command(t, dir, "tail", "-f", "#general", "--format=jsonl")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	lines := follow(t, cmd)
	first := make(chan bool)
	go func() { // until it listens, which nothing tells
		for {
			_, _ = owner.Post(t.Context(), "#general", "warming up")
			select {
			case <-first:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	next(t, lines)
	first <- true // no post is on its way then
	for i := range 20 {
		if i == 10 {
			server.Kill()
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
		}
		post(t, owner, "#general", fmt.Sprintf("line %d", i))
	}
	for i := 0; i < 20; {
		var r struct {
			Type, Cursor string
			D            struct{ Text string }
		}
		if err := json.Unmarshal([]byte(next(t, lines)), &r); err != nil || r.Type != "message.created" || r.Cursor == "" {
			t.Fatalf("%+v %v", r, err)
		}
		if r.D.Text == "warming up" && i == 0 {
			continue
		}
		if want := fmt.Sprintf("line %d", i); r.D.Text != want {
			t.Fatalf("%q came, want %q", r.D.Text, want)
		}
		i++
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	last := ""
	for l := range lines {
		last = l
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.HasPrefix(last, `{"type":"error","ok":false`) || !strings.Contains(last, `"code":"interrupted"`) {
		t.Errorf("Ctrl+C: exit %d, last line %s", code, last)
	}
	for _, want := range []string{"connection lost, trying again by itself", "connected again"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr has no %q:\n%s", want, &stderr)
		}
	}
}
