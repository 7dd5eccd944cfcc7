package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/contracts/cliutil/conformance"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestCommandsKeepTheRules(t *testing.T) {
	t.Parallel()
	conformance.Commands(t, newApp)
}

// output is what a running command writes, read while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs one command to its end.
func run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs output
	code = cliutil.Run(ctx, newApp(), append([]string{"dankerchatd"}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// patience is how long a test waits for what must come, on a machine that has much else to
// do. It is longer than any deadline of the server's.
const patience = 2 * time.Minute

// running is a server that a test started.
type running struct {
	address, link string
	stderr        *output
	stop          func() int
}

var (
	listening = regexp.MustCompile(`(?m)^listening on (http://\S+)$`)
	firstRun  = regexp.MustCompile(`(?m)^first-run link: (http\S+/setup#\S+)$`)
)

func start(t *testing.T, args ...string) running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := running{stderr: &output{}}
	ended := make(chan int, 1)
	go func() {
		ended <- cliutil.Run(ctx, newApp(), append([]string{"dankerchatd", "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s"}, args...), strings.NewReader(""), io.Discard, r.stderr)
	}()
	r.stop = sync.OnceValue(func() int { cancel(); return <-ended })
	t.Cleanup(func() { r.stop() })
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		text := r.stderr.String()
		if strings.Contains(text, "serving") {
			r.address = listening.FindStringSubmatch(text)[1]
			if m := firstRun.FindStringSubmatch(text); m != nil {
				r.link = m[1]
			}
			return r
		}
		if time.Now().After(end) {
			t.Fatalf("the server does not start:\n%s", text)
		}
	}
}

func TestServeOnBothEngines(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.URL(t, d)
			r := start(t, "--db", url, "--log-format", "json")
			if !strings.HasPrefix(r.link, r.address+"/setup#") {
				t.Errorf("link %q, address %q", r.link, r.address)
			}
			for end := time.Now().Add(patience); ; { // it waits five seconds for an answer: a busy machine may need more, once
				code, out, errs := run(t.Context(), "healthcheck", "--address", r.address, "--format", "json")
				if code == 0 && strings.Contains(out, `"status":"ok"`) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("healthcheck: %d %s %s", code, out, errs)
				}
			}
			body := `{"code":"` + r.link[strings.LastIndex(r.link, "#")+1:] + `","workspace_name":"Test","username":"owner","display_name":"Owner","password":"correct horse battery"}`
			res, err := http.Post(r.address+"/api/v1/setup", "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != 201 {
				t.Fatalf("setup: %s", res.Status)
			}
			if code := r.stop(); code != 0 {
				t.Errorf("exit code %d:\n%s", code, r.stderr)
			}
			for tries := 1; ; tries++ { // its port may be a neighbour's by now, which answers
				code, _, _ := run(t.Context(), "healthcheck", "--address", r.address)
				if code == 8 {
					break
				}
				if tries == 3 {
					t.Fatalf("healthcheck of a stopped server: %d", code)
				}
				r = start(t, "--db", url)
				r.stop()
			}
			again := start(t, "--db", url)
			if again.link != "" {
				t.Errorf("a second first-run link: %s", again.link)
			}
			if code, out, _ := run(t.Context(), "migrate", "--db", url, "--format", "json"); code != 0 || !strings.Contains(out, `"changed":false`) {
				t.Errorf("migrate: %d %s", code, out)
			}
		})
	}
}

func TestWhatServeRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	busy := sqldbtest.URL(t, sqldb.SQLite)
	start(t, "--db", busy)
	newer := sqldbtest.URL(t, sqldb.SQLite)
	start(t, "--db", newer).stop()
	db := sqldbtest.Connect(t, newer, sqldb.Options{})
	if err := db.Write(t.Context(), makeNewer); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	if err := os.WriteFile(damaged, []byte(strings.Repeat("this is no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := func() string { return sqldbtest.URL(t, sqldb.SQLite) }
	for _, tt := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"a port in use", []string{"--db", fresh(), "--listen", taken.Addr().String()}, 8, []string{"cannot listen on " + taken.Addr().String(), "hint: ", "--listen"}},
		{"an unknown kind of database", []string{"--db", "mysql://localhost/chat"}, 6, []string{"mysql", "hint: ", "postgres://"}},
		{"a database URL without a scheme", []string{"--db", "chat"}, 6, []string{"hint: "}},
		{"a second server on one file", []string{"--db", busy}, 6, []string{"another server uses", "hint: "}},
		{"a newer schema", []string{"--db", newer}, 1, []string{"schema", "hint: "}},
		{"a data directory that is a file", []string{"--data-dir", filepath.Join(file, "data")}, 8, []string{"cannot make the data directory", "hint: "}},
		{"a file that is no database", []string{"--db", "sqlite://" + damaged}, 8, []string{"damaged.db"}},
		{"a PostgreSQL that is not there", []string{"--db", "postgres://127.0.0.1:1/chat"}, 8, []string{"cannot open postgres://127.0.0.1:1/chat: ", "connection refused\nhint: Is PostgreSQL running there"}},
		{"a drain delay before now", []string{"--db", fresh(), "--drain-delay", "-5s"}, 2, []string{"--drain-delay", "hint: "}},
		{"a public URL with a path", []string{"--db", fresh(), "--public-url", "https://chat.example.com/x"}, 2, []string{"--public-url"}},
		{"a proxy that is no address", []string{"--db", fresh(), "--trusted-proxy", "proxy"}, 2, []string{"--trusted-proxy"}},
		{"an unknown limit", []string{"--db", fresh(), "--limit", "nonsense=1"}, 2, []string{"sockets_per_user"}},
		{"an unknown log level", []string{"--db", fresh(), "--log-level", "loud"}, 2, []string{"--log-level"}},
		{"an unknown log format", []string{"--db", fresh(), "--log-format", "xml"}, 2, []string{"--log-format"}},
	} {
		args := append([]string{"serve"}, tt.args...)
		if !strings.Contains(strings.Join(args, " "), "--listen") {
			args = append(args, "--listen", "127.0.0.1:0")
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		code, _, errs := run(ctx, args...)
		cancel()
		if code != tt.code {
			t.Errorf("%s: exit code %d, want %d:\n%s", tt.name, code, tt.code, errs)
		}
		for _, text := range tt.says {
			if !strings.Contains(errs, text) {
				t.Errorf("%s: does not say %q:\n%s", tt.name, text, errs)
			}
		}
	}
}
