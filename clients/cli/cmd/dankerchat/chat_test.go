package main

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// The real program in a real pseudo-terminal with a real server: what others write
// appears, what one types is posted, and a crash of the server in between is got over.
func TestLiveChat(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	guest := server.NewUser(t, "guest", "Guest")
	owner := server.Client(t, servertest.Owner)
	token, err := dankerchat.New(server.Address, dankerchat.WithToken(server.Token(t, owner)))
	if err != nil {
		t.Fatal(err)
	}
	c := openTerminal(t, server.Address, server.Token(t, guest))

	c.wants("#general", "? help")
	post(t, token, "#general", "written by the SDK")
	c.wants("The Owner", "written by the SDK")

	typing := make(chan bool, 1)
	go func() {
		for ev := range owner.Events(t.Context(), nil) {
			if ev.Type == contracts.EventTyping {
				typing <- true
				return
			}
		}
	}()
	eventually(t, "the others see who types", func() bool {
		c.types("x\x7f") // and takes it back
		select {
		case <-typing:
			return true
		case <-time.After(200 * time.Millisecond):
			return false
		}
	})
	c.types("typed in the terminal\r")
	c.wants("typed in the terminal")
	eventually(t, "the typed message is stored", func() bool {
		h, err := token.Messages(t.Context(), "#general", dankerchat.HistoryOptions{Limit: 1})
		return err == nil && len(h.Messages) == 1 && h.Messages[0].Text == "typed in the terminal" && h.Messages[0].Author.Username == "guest"
	})

	c.types("two\x1b\rlines\r") // Alt+Enter between them
	eventually(t, "two lines are one message", func() bool {
		h, err := token.Messages(t.Context(), "#general", dankerchat.HistoryOptions{Limit: 1})
		return err == nil && h.Messages[0].Text == "two\nlines"
	})

	server.Kill()
	c.types("while it is down\r")
	c.wants("connection lost")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	post(t, token, "#general", "after the crash")
	c.wants("after the crash", "while it is down")
	c.lacks("connection lost")
	eventually(t, "what was typed meanwhile is stored once", func() bool {
		h, err := token.Messages(t.Context(), "#general", dankerchat.HistoryOptions{})
		n := 0
		for _, m := range h.Messages {
			if m.Text == "while it is down" {
				n++
			}
		}
		return err == nil && n == 1
	})

	post(t, token, "@guest", "psst")
	c.wants("1 unread (1)")
	c.types("\x1ba")             // Alt+A
	c.wants("psst", "○ offline") // the one who wrote it has no connection open
	eventually(t, "it is read where it is seen", func() bool {
		m, err := guest.Conversation(t.Context(), "@"+servertest.Owner)
		return err == nil && m.Unread == 0
	})
	c.types("\x03")
	c.ends(0)
}

func post(t *testing.T, c *dankerchat.Client, target, text string) {
	t.Helper()
	if _, err := c.Post(t.Context(), target, text); err != nil {
		t.Fatalf("post %q: %v", text, err)
	}
}

// patience is how long something may take. Who lost a server for long asks for it again
// after half a minute only.
const patience = 2 * time.Minute

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("never: %s", what)
}

// console is the program in a terminal of 80×24.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	file *os.File
	mu   sync.Mutex // guards screen
	vt   *vt.Emulator
}

func openTerminal(t *testing.T, address, token string) *console {
	t.Helper()
	cmd := command(t, t.TempDir())
	cmd.Env = append(cmd.Env, "DANKERCHAT_SERVER="+address, "DANKERCHAT_TOKEN="+token)
	return inTerminal(t, cmd)
}

func inTerminal(t *testing.T, cmd *exec.Cmd) *console {
	t.Helper()
	c := &console{t: t, vt: vt.NewEmulator(80, 24), cmd: cmd}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	var err error
	if c.file, err = pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.file.Close()
	})
	go func() { // what the terminal answers to questions
		b := make([]byte, 1024)
		for {
			n, err := c.vt.Read(b)
			if err != nil {
				return
			}
			_, _ = c.file.Write(b[:n])
		}
	}()
	go func() {
		b := make([]byte, 32<<10)
		for {
			n, err := c.file.Read(b)
			c.mu.Lock()
			_, _ = c.vt.Write(b[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *console) screen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.vt.String()
}

func (c *console) wants(parts ...string) {
	c.t.Helper()
	for _, p := range parts {
		c.until(p, func() bool { return strings.Contains(c.screen(), p) })
	}
}

func (c *console) lacks(part string) {
	c.t.Helper()
	c.until("no "+part, func() bool { return !strings.Contains(c.screen(), part) })
}

func (c *console) until(what string, ok func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	c.t.Fatalf("the screen never had %q:\n%s", what, c.screen())
}

func (c *console) types(keys string) {
	c.t.Helper()
	if _, err := c.file.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) ends(code int) {
	c.t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.cmd.Wait() }()
	select {
	case <-done:
		if got := c.cmd.ProcessState.ExitCode(); got != code {
			c.t.Errorf("exit code %d, want %d:\n%s", got, code, c.screen())
		}
	case <-time.After(patience):
		c.t.Errorf("it did not end:\n%s", c.screen())
	}
}
