package cliutil

import (
	"bytes"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
)

// TestMain makes the terminal of the tests the same everywhere.
func TestMain(m *testing.M) {
	for key, value := range map[string]string{"TERM": "xterm", "NO_COLOR": ""} {
		if err := os.Setenv(key, value); err != nil {
			panic(err)
		}
	}
	m.Run()
}

// person is somebody at a terminal: what is shown, and what to type.
type person struct {
	screen *os.File // the program's side
	hand   *os.File // the person's side

	mu   sync.Mutex // guards seen
	seen bytes.Buffer
}

func sitDown(t *testing.T) *person {
	t.Helper()
	hand, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hand.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if cerr := raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
		if err == nil {
			err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 40})
		}
	}); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	screen, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{screen: screen, hand: hand}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(p, hand) // ends with EIO when the program's side is closed
	}()
	t.Cleanup(func() { _ = screen.Close(); _ = hand.Close(); <-done })
	return p
}

func (p *person) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(b)
}

func (p *person) sees() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// patience is how long a test waits for what must come, on a busy machine.
const patience = 30 * time.Second

func eventually(t *testing.T, what string, ok func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("not within %s: %s", patience, what)
			return false
		}
	}
	return true
}

// answers types each line once the program has asked so often; secrets not before it has
// turned the echo off.
func (p *person) answers(t *testing.T, secret bool, prompts []string, lines ...string) {
	go func() {
		for i, line := range lines {
			if !eventually(t, "it asks "+prompts[i], func() bool { return strings.Contains(p.sees(), prompts[i]) && !(secret && p.echoes()) }) {
				return
			}
			_, _ = p.hand.WriteString(line + "\n")
		}
	}()
}

// echoes reports whether the terminal shows what is typed.
func (p *person) echoes() bool {
	shown := true
	raw, err := p.hand.SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) {
			if mode, err := unix.IoctlGetTermios(int(fd), unix.TCGETS); err == nil {
				shown = mode.Lflag&unix.ECHO != 0
			}
		})
	}
	return shown
}

// catchesUp waits until all that was written is on the screen.
func (p *person) catchesUp(t *testing.T) {
	t.Helper()
	if _, err := p.screen.WriteString("[end]"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the screen shows all", func() bool { return strings.Contains(p.sees(), "[end]") })
}

func interactive(p *person) *cli.App {
	return &cli.App{Name: "tool", Commands: []*cli.Command{
		{Name: "drop", Flags: WriteFlags(), Action: func(c *cli.Context) error { return Confirm(c, "Drop it?") }},
		{Name: "purge", Flags: WriteFlags(), Action: func(c *cli.Context) error { return ConfirmTyped(c, "Purging", "acme") }},
		{Name: "secret", Flags: []cli.Flag{&cli.BoolFlag{Name: "password-stdin"}}, Action: func(c *cli.Context) error {
			s, err := Password(c, "password-stdin", "Password", true)
			if err == nil {
				err = Output(c).One("secret", map[string]string{"secret": s})
			}
			return err
		}},
		{Name: "work", Action: func(c *cli.Context) error {
			bar := Output(c).Start("copying", 100)
			bar.Add(40)
			enough := time.Now().Add(patience)
			if Output(c).quiet {
				enough = time.Now().Add(showAfter + 500*time.Millisecond)
			}
			for !strings.Contains(p.sees(), "copying") && time.Now().Before(enough) {
				time.Sleep(10 * time.Millisecond)
			}
			bar.Stop()
			return nil
		}},
	}}
}

func TestQuestionsOnATerminal(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args    string
		prompts []string
		lines   []string
		exit    int
		stdout  string
		shows   string
		hides   string
	}{
		"yes":                     {"drop", []string{"Drop it? [y/N] "}, []string{"y"}, ExitOK, "", "", "error"},
		"no is a code of its own": {"drop", []string{"Drop it?"}, []string{""}, ExitDeclined, "", "\x1b[31merror:\x1b[0m declined; nothing was changed", ""},
		"--yes answers":           {"drop --yes", nil, nil, ExitOK, "", "", "Drop"},
		"a dry run needs none":    {"drop --dry-run", nil, nil, ExitOK, "", "nothing was changed", "Drop it"},
		"--no-input asks nothing": {"drop --no-input --no-color", nil, nil, ExitUsage, "", "error: Drop it needs a yes", "\x1b["},
		"the name is typed":       {"purge", []string{`Type "acme" to go on: `}, []string{"acme"}, ExitOK, "", "", "error"},
		"another name is a no":    {"purge", []string{`Type "acme"`}, []string{"y"}, ExitDeclined, "", "declined", ""},
		"a password is not shown": {"secret", []string{"Password: ", "Again: "}, []string{"sesame", "sesame"}, ExitOK, "secret  sesame\n", "", "sesame"},
		"two that differ":         {"secret", []string{"Password: ", "Again: "}, []string{"sesame", "mustard"}, ExitUsage, "", "not the same", "sesame"},
		"long work shows a bar":   {"work", nil, nil, ExitOK, "", "copying", ""},
		"quiet work shows none":   {"work -q", nil, nil, ExitOK, "", "", "copying"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sitDown(t)
			p.answers(t, row.hides == "sesame", row.prompts, row.lines...)
			var stdout bytes.Buffer
			code := Run(context.Background(), interactive(p), append([]string{"tool"}, strings.Fields(row.args)...), p.screen, &stdout, p.screen)
			p.catchesUp(t)
			if code != row.exit || stdout.String() != row.stdout {
				t.Errorf("exit %d, want %d; stdout %q, want %q", code, row.exit, stdout.String(), row.stdout)
			}
			if seen := p.sees(); !strings.Contains(seen, row.shows) || row.hides != "" && strings.Contains(seen, row.hides) {
				t.Errorf("the screen shows %q: want %q, not %q", seen, row.shows, row.hides)
			}
		})
	}
}

// A table on a terminal is cut to its 40 columns, and its header stands out.
func TestATableOnATerminal(t *testing.T) {
	t.Parallel()
	p := sitDown(t)
	if code := Run(context.Background(), app(), []string{"tool", "list"}, p.screen, p.screen, io.Discard); code != 0 {
		t.Fatal(code)
	}
	p.catchesUp(t)
	lines := strings.Split(strings.ReplaceAll(p.sees(), "\r", ""), "\n")
	if !strings.HasPrefix(lines[0], "\x1b[1mID") || !strings.Contains(lines[1], "…") {
		t.Errorf("%q", lines)
	}
}
