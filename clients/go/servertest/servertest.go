// Package servertest runs a real DankerChat server for the tests of what talks to
// one: this SDK, the command line, your bot.
//
// [Start] gives a test a server of its own on a free loopback port, with a database
// in a directory of its own and an owner; it ends with the test. [Server.Kill] and
// [Server.Restart] are for tests of what a client does meanwhile.
//
// The program is dankerchatd in the directory $DANKERCHAT_BIN, or is built from the
// source tree that the test stands in, or is found in the PATH.
package servertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// The owner that every server has.
const (
	Owner    = "owner"
	Password = "correct horse battery"
)

// patience is how long a server may take for a step; on a busy machine it takes long.
const patience = time.Minute

// A Server is a running dankerchatd.
type Server struct {
	Address string // http://127.0.0.1:PORT

	dir    string
	args   []string
	listen string
	code   string // of the first-run link

	mu   sync.Mutex // guards cmd and log
	cmd  *exec.Cmd
	log  []string
	done chan struct{} // closed when cmd has ended
}

// Start runs a server with an owner for the test. Args go to `dankerchatd serve`.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s, err := Run(tb.TempDir(), args...)
	if err != nil {
		tb.Fatalf("start a server: %v", err)
	}
	tb.Cleanup(func() {
		s.Stop()
		if tb.Failed() {
			tb.Logf("the server's log:\n%s", s.Log())
		}
	})
	return s
}

// Run runs a server with an owner, with its data in dir, until [Server.Stop].
func Run(dir string, args ...string) (*Server, error) {
	s := &Server{dir: dir, args: args, listen: "127.0.0.1:0"}
	if err := s.start(); err != nil {
		return nil, err
	}
	if err := s.setUp(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("set up the workspace: %w; log:\n%s", err, s.Log())
	}
	return s, nil
}

var (
	listening = regexp.MustCompile(`listening on (http://\S+)`)
	firstRun  = regexp.MustCompile(`first-run link: \S+#(\S+)`)
)

func (s *Server) start() error {
	program, err := binary()
	if err != nil {
		return err
	}
	args := append([]string{"serve", "--listen", s.listen, "--db", "sqlite://" + filepath.Join(s.dir, "dankerchat.db")}, s.args...)
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "DANKERCHAT_DATA_DIR="+s.dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("read the server's log: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	done, ready := make(chan struct{}), make(chan string, 1)
	s.mu.Lock()
	s.cmd, s.done = cmd, done
	s.mu.Unlock()
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			s.note(lines.Text(), ready)
		}
		_ = cmd.Wait()
	}()
	select {
	case address := <-ready:
		s.Address = address
		s.listen = strings.TrimPrefix(address, "http://")
		return s.answers()
	case <-done:
		return fmt.Errorf("the server ended at once: %s", s.Log())
	case <-time.After(patience):
		s.Kill()
		return fmt.Errorf("the server did not say where it listens: %s", s.Log())
	}
}

func (s *Server) note(line string, ready chan<- string) {
	s.mu.Lock()
	s.log = append(s.log, line)
	if m := firstRun.FindStringSubmatch(line); m != nil && s.code == "" {
		s.code = m[1]
	}
	s.mu.Unlock()
	if m := listening.FindStringSubmatch(line); m != nil {
		select {
		case ready <- m[1]:
		default:
		}
	}
}

// answers waits until the server accepts connections.
func (s *Server) answers() error {
	var err error
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		var conn net.Conn
		if conn, err = net.DialTimeout("tcp", s.listen, patience); err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("connect to the server: %w", err)
}

func (s *Server) setUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	c, err := dankerchat.New(s.Address)
	if err != nil {
		return err
	}
	code := ""
	for began := time.Now(); code == "" && time.Since(began) < patience; time.Sleep(20 * time.Millisecond) { // the link may follow the address
		s.mu.Lock()
		code = s.code
		s.mu.Unlock()
	}
	if code == "" {
		return errors.New("the server printed no first-run link")
	}
	return c.Do(ctx, "POST", "/setup", map[string]string{
		"code": code, "workspace_name": "Test", "username": Owner, "display_name": "The Owner", "password": Password,
	}, nil)
}

// Log is what the server has written so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// Stop ends the server as an operator would; what it serves is finished first.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server at once, as a crash would.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(sig syscall.Signal) {
	s.mu.Lock()
	cmd, done := s.cmd, s.done
	s.mu.Unlock()
	_ = cmd.Process.Signal(sig) // it may have ended already
	select {
	case <-done:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-done
	}
}

// Restart runs the server again, after [Server.Stop] or [Server.Kill], at the same
// address with the same data. While it was down the system may have given its port to
// another program: for that it waits up to a minute.
func (s *Server) Restart() error {
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		err := s.start()
		if err == nil || !strings.Contains(err.Error(), "address already in use") || time.Since(began) > patience {
			return err
		}
	}
}

// Client returns a client that is signed in as the user.
func (s *Server) Client(tb testing.TB, username string, opts ...dankerchat.Option) *dankerchat.Client {
	tb.Helper()
	c, err := dankerchat.New(s.Address, opts...)
	if err != nil {
		tb.Fatalf("client: %v", err)
	}
	if _, err := c.Login(tb.Context(), username, Password); err != nil {
		tb.Fatalf("sign in as %s: %v", username, err)
	}
	return c
}

// NewUser makes an account with [Password] and returns a client that is signed in.
func (s *Server) NewUser(tb testing.TB, username, displayName string) *dankerchat.Client {
	tb.Helper()
	owner := s.Client(tb, Owner)
	_, err := owner.CreateUser(tb.Context(), dankerchat.NewUser{Username: username, DisplayName: displayName, Password: Password, Role: contracts.RoleMember})
	if err != nil {
		tb.Fatalf("create %s: %v", username, err)
	}
	return s.Client(tb, username)
}

// Token makes an API token for the user of c that may do all the user may.
func (s *Server) Token(tb testing.TB, c *dankerchat.Client) string {
	tb.Helper()
	_, secret, err := c.CreateToken(tb.Context(), "test", []string{"*"}, time.Time{})
	if err != nil {
		tb.Fatalf("create a token: %v", err)
	}
	return secret
}
