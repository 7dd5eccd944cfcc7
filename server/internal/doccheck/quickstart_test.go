package doccheck_test

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/server/internal/binaries"
)

// TestQuickstart runs every fenced sh block of docs/quickstart.md, in order and in one
// shell, against a fresh data directory and a running server. Before them it does what
// the page asks of a reader in a browser: it opens the first-run link.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/quickstart.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)\n```sh\n(.*?)\n```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 6 {
		t.Fatalf("found %d sh blocks", len(blocks))
	}
	bin, home := binaries.Dir(t, "dankerchatd", "chat-auth", "chat-messaging", "chat-channels", "chat-admin", "dankerchat"), t.TempDir()
	env := []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + home, "DANKERCHAT_DATA_DIR=" + filepath.Join(home, "data"),
		"XDG_CONFIG_HOME=" + filepath.Join(home, "config"), "XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent",
	}
	address := serve(t, filepath.Join(bin, "dankerchatd"), env)

	script := "set -eu\n"
	for i, b := range blocks {
		script += "echo \"== block " + string(rune('1'+i)) + "\" >&2\n" + b[1] + "\n"
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", script)
	shell.Env = append(env, "SERVER="+address)
	var stdout, stderr bytes.Buffer
	shell.Stdout, shell.Stderr = &stdout, &stderr
	if err := shell.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, stderr.String(), stdout.String())
	}
	for _, want := range []string{"hello from the shell", "the backup is done", "posted by curl", "disk is at 80 %", "deploys"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the page's commands never printed %q:\n%s", want, stdout.String())
		}
	}
}

// serve starts the server and makes the owner, as a reader does in the browser.
func serve(t *testing.T, binary string, env []string) (address string) {
	t.Helper()
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--log-level", "warn")
	cmd.Env = env
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	lines := make(chan string, 64)
	go func() {
		for s := bufio.NewScanner(pipe); s.Scan(); {
			select {
			case lines <- s.Text():
			default: // enough was read; the pipe must not fill up
			}
		}
	}()
	code := ""
	for deadline := time.After(60 * time.Second); address == "" || code == ""; {
		select {
		case line := <-lines:
			if rest, ok := strings.CutPrefix(line, "listening on "); ok {
				address = strings.TrimSpace(rest)
			}
			if _, rest, ok := strings.Cut(line, "/setup#"); ok {
				code = strings.TrimSpace(rest)
			}
		case <-deadline:
			t.Fatal("the server did not start in 60 s")
		}
	}
	body := `{"code":"` + code + `","workspace_name":"Quickstart","username":"owner","display_name":"The Owner","password":"a long password for the owner"}`
	res, err := http.Post(address+"/api/v1/setup", "application/json", strings.NewReader(body)) //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("set up: %s", res.Status)
	}
	return address
}
