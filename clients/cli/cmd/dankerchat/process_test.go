package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/clients/go/servertest"
)

// command is the real program with directories of its own, signed in to nothing.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("dankerchat")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "DANKERCHAT_KEYRING=off", "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	return cmd
}

func signIn(t *testing.T, dir, address, username string) {
	t.Helper()
	cmd := command(t, dir, "login", address, "--username", username, "--password-stdin")
	cmd.Stdin = strings.NewReader(servertest.Password)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("login: %v\n%s", err, out)
	}
}

// The whole way of a device login: the program shows a code, somebody approves it, and
// the program is signed in.
func TestLoginByDevice(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	member := server.NewUser(t, "member", "Member")
	for _, approve := range []bool{true, false} {
		dir := t.TempDir()
		cmd := command(t, dir, "login", server.Address, "--device", "--format=json")
		shown, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		code, page := "", ""
		lines := bufio.NewScanner(shown)
		for code == "" && lines.Scan() {
			if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "Open ") {
				page = strings.TrimPrefix(line, "Open ")
			} else if len(line) == 9 && line[4] == '-' {
				code = line
			}
		}
		if code == "" || page != server.Address+"/device?code="+code {
			t.Fatalf("code %q on page %q", code, page)
		}
		if err := member.AnswerDevice(t.Context(), code, approve); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
		}
		err = cmd.Wait()
		if !approve {
			if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(out.String(), `"access_denied"`) {
				t.Errorf("refused: %v\n%s", err, out.String())
			}
			continue
		}
		if err != nil || !strings.Contains(out.String(), `"username":"member"`) {
			t.Errorf("login: %v\n%s", err, out.String())
		}
		if out, err := command(t, dir, "whoami").CombinedOutput(); err != nil {
			t.Errorf("whoami: %v\n%s", err, out)
		}
		provesByPassword(t, dir, server.Address+"/settings/tokens")
	}
}

// A session that began by a code has not proved who is there: a token wants that, and
// the program asks for the password, or says how to give it, and where to go without one.
func provesByPassword(t *testing.T, dir, page string) {
	t.Helper()
	out, err := command(t, dir, "token", "create", "bot", "--no-input").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--password-stdin") || !strings.Contains(string(out), page) {
		t.Errorf("without a proof: %v\n%s", err, out)
	}
	wrong := command(t, dir, "token", "create", "bot", "--password-stdin")
	wrong.Stdin = strings.NewReader("not the password\n")
	if out, err = wrong.CombinedOutput(); wrong.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), page) {
		t.Errorf("a wrong password: %v\n%s", err, out)
	}
	term := inTerminal(t, command(t, dir, "token", "create", "bot"))
	term.wants(page)
	term.wants("Password:")
	term.types(servertest.Password + "\r")
	term.wants("dkt_")
	term.ends(0)
	if out, err = command(t, dir, "token", "rotate", "bot", "--yes").CombinedOutput(); err != nil {
		t.Errorf("right after the proof: %v\n%s", err, out)
	}
}

// Programs that find the access token expired at the same time exchange the refresh
// token once: a second exchange would end the session.
func TestManyProgramsOneSession(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	server.NewUser(t, "member", "Member")
	dir := t.TempDir()
	signIn(t, dir, server.Address, "member")
	path := filepath.Join(dir, "state", "dankerchat", "credentials", "default.json")
	for round := range 3 {
		before := expire(t, path)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if out, err := command(t, dir, "whoami").CombinedOutput(); err != nil {
					t.Errorf("round %d: %v\n%s", round, err, out)
				}
			})
		}
		group.Wait()
		if after := refreshToken(t, path); after == before {
			t.Errorf("round %d: the refresh token was not replaced", round)
		}
	}
}

// expire makes the stored access token look expired, and returns the refresh token.
func expire(t *testing.T, path string) string {
	t.Helper()
	var r map[string]any
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	tokens := r["tokens"].(map[string]any)
	tokens["expires"] = time.Now().Add(-time.Minute)
	if b, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return tokens["refresh"].(string)
}

func refreshToken(t *testing.T, path string) string {
	t.Helper()
	var r struct{ Tokens struct{ Refresh string } }
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Tokens.Refresh
}
