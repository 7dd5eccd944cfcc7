//go:build unix

package sqldbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The shared server's folder holds:
//
//	lock        exclusive while somebody starts or stops the server
//	users       shared by every process that uses it, for as long as it lives
//	watchdog    exclusive while the watchdog lives
//	state.json  where the server is; mode 0600, it has the password
//	data, log   PostgreSQL's own
type shared struct{ dir string }

// The two servers' folders; who is not root has others.
const (
	quickName   = "dankerchat-test-pg-"
	durableName = "dankerchat-test-pg-durable-"
)

// layout counts the changes in how the data folder is made; an older one is made anew.
const layout = 3

type state struct {
	Layout   int    `json:"layout"`
	Port     int    `json:"port"`
	Password string `json:"password"`
	PID      int    `json:"pid"`
}

func (s state) url() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", s.Password), Host: "127.0.0.1:" + strconv.Itoa(s.Port),
		Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

// alive tells whether the server answers, if only that it has no place left.
func (s state) alive() bool {
	if s.Port == 0 {
		return false
	}
	db, err := sql.Open("pgx", s.url())
	if err != nil {
		return false
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = db.PingContext(ctx)
	var answer interface{ SQLState() string }
	return err == nil || errors.As(err, &answer) && answer.SQLState() == "53300"
}

// startShared returns the shared server's URL, starting it and its watchdog where
// needed, and makes this process one of its users.
func startShared(durable bool) (string, error) {
	s, err := sharedDir(durable)
	if err != nil {
		return "", err
	}
	// The order users, then lock, is the same in the watchdog, which only tries.
	if _, err := s.claim("users"); err != nil {
		return "", err
	}
	lock, err := s.flock("lock", syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	st := s.read()
	switch {
	case s.runs(st.PID):
		// Others may be using it, so a slow one is waited for, never replaced.
		if err := s.await(st, func() bool { return s.runs(st.PID) }); err != nil {
			return "", err
		}
	default:
		if st, err = s.start(st); err != nil {
			return "", err
		}
	}
	if err := s.ensureWatchdog(); err != nil {
		return "", err
	}
	return st.url(), nil
}

// sharedDir makes the folder, and refuses one that somebody else made.
func sharedDir(durable bool) (shared, error) {
	base, name := os.TempDir(), durableName
	if os.Getuid() == 0 {
		base = "/tmp" // the server's user must get there
	}
	if !durable {
		name = quickName
		if inMemory() {
			base = memory
		}
	}
	dir := filepath.Join(base, name+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return shared{}, fmt.Errorf("make folder of the test PostgreSQL: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return shared{}, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(st.Uid) != os.Getuid() {
		return shared{}, fmt.Errorf("%s belongs to somebody else: remove it", dir)
	}
	return shared{dir}, nil
}

func (s shared) path(name string) string { return filepath.Join(s.dir, name) }

// durable tells whether this one syncs its writes.
func (s shared) durable() bool { return strings.HasPrefix(filepath.Base(s.dir), durableName) }

func (s shared) flock(name string, how int) (*os.File, error) {
	f, err := os.OpenFile(s.path(name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			_ = f.Close()
			return nil, err
		}
	}
}

var claims struct {
	sync.Mutex
	files []*os.File // kept reachable: a file that is collected is closed, and its lock gone
}

// claim takes a shared lock until the process ends. The kernel gives it back, however
// the process ends.
func (s shared) claim(name string) (*os.File, error) {
	f, err := s.flock(name, syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	claims.Lock()
	defer claims.Unlock()
	claims.files = append(claims.files, f)
	return f, nil
}

func (s shared) read() (st state) {
	b, err := os.ReadFile(s.path("state.json"))
	if err != nil || json.Unmarshal(b, &st) != nil {
		return state{}
	}
	return st
}

// start starts the server, from the data folder of last time where that is usable.
func (s shared) start(old state) (state, error) {
	bin, err := binaries()
	if err != nil {
		return state{}, err
	}
	cred, err := credential()
	if err != nil {
		return state{}, err
	}
	st := state{Layout: layout, Password: old.Password}
	if st.Password != "" && old.Layout == layout {
		if st, err = s.run(bin, cred, st); err == nil {
			return st, s.sweep(st)
		}
		s.kill(st.PID) // it may be there and hang
	}
	if err := os.RemoveAll(s.path("data")); err != nil {
		return state{}, err
	}
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // never fails
	st = state{Layout: layout, Password: hex.EncodeToString(secret[:])}
	if err := s.initdb(bin, cred, st.Password); err != nil {
		return state{}, err
	}
	return s.run(bin, cred, st)
}

func (s shared) initdb(bin string, cred *syscall.Credential, password string) error {
	data := s.path("data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	if cred != nil {
		if err := os.Chown(data, int(cred.Uid), int(cred.Gid)); err != nil {
			return err
		}
	}
	// initdb takes the password from a file, so that no process list shows it.
	secret := s.path("password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	defer func() { _ = os.Remove(secret) }()
	if cred != nil {
		if err := os.Chown(secret, int(cred.Uid), int(cred.Gid)); err != nil {
			return err
		}
	}
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile="+secret,
		"-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// run starts the server on a free port and waits until it answers. A port that is free now
// may be somebody else's a moment later, when the server asks for it: then it gets another.
func (s shared) run(bin string, cred *syscall.Credential, st state) (state, error) {
	for tries := 1; ; tries++ {
		started, err := s.try(bin, cred, st)
		if err == nil || tries == 5 || !strings.Contains(err.Error(), "could not create any TCP/IP sockets") {
			return started, err
		}
	}
}

func (s shared) try(bin string, cred *syscall.Credential, st state) (state, error) {
	logFile, err := os.OpenFile(s.path("log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return state{}, err
	}
	defer func() { _ = logFile.Close() }()
	if st.Port, err = pickPort(); err != nil {
		return state{}, err
	}
	args := []string{"-D", s.path("data"), "-p", strconv.Itoa(st.Port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections=300", "-c", "shared_buffers=64MB", "-c", "max_wal_size=512MB", "-c", "autovacuum_naptime=20s"}
	if !s.durable() {
		// A test that passes or fails does so without fsync too, but every DROP DATABASE
		// waits for a checkpoint.
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: cred}
	if err := cmd.Start(); err != nil {
		return state{}, fmt.Errorf("start postgres: %w", err)
	}
	st.PID = cmd.Process.Pid
	b, err := json.Marshal(st)
	if err != nil {
		return state{}, err
	}
	if err := os.WriteFile(s.path("state.json"), b, 0o600); err != nil {
		return state{}, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its log says why it ended
	}()
	return st, s.await(st, func() bool {
		select {
		case <-ended:
			return false
		default:
			return true
		}
	})
}

// await waits until the server answers, as long as it is there.
func (s shared) await(st state, there func() bool) error {
	for end := time.Now().Add(time.Minute); !st.alive(); time.Sleep(50 * time.Millisecond) {
		if !there() {
			out, _ := os.ReadFile(s.path("log"))
			return fmt.Errorf("the test PostgreSQL ended at its start:\n%s", out)
		}
		if time.Now().After(end) {
			return fmt.Errorf("the test PostgreSQL (process %d) has not answered for a minute: see %s, and stop it if it hangs", st.PID, s.path("log"))
		}
	}
	return nil
}

// runs tells whether the server's process is there: a pid may belong to another
// program by now, so the data folder must name it too.
func (s shared) runs(pid int) bool {
	if pid <= 0 || syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(s.path("data/postmaster.pid"))
	var recorded int
	if err == nil {
		_, err = fmt.Sscan(string(b), &recorded)
	}
	return err == nil && recorded == pid
}

// sweep drops the databases that killed test processes left behind, and templates
// when they have become many. Nobody uses the server yet.
func (s shared) sweep(st state) error {
	db, err := sql.Open("pgx", st.url())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT datname FROM pg_database WHERE datname LIKE 'dk\_%' OR datname LIKE 'dkt\_%'`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var drop, templates []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if name[:3] == "dk_" {
			drop = append(drop, name)
		} else {
			templates = append(templates, name)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(templates) > 20 {
		drop = append(drop, templates...)
	}
	for _, name := range drop {
		if _, err := db.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			return err
		}
	}
	return nil
}

// kill ends a server that this package started.
func (s shared) kill(pid int) {
	if !s.runs(pid) {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGINT) // fast shutdown
	for end := time.Now().Add(30 * time.Second); s.runs(pid); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			_ = syscall.Kill(pid, syscall.SIGQUIT)
			time.Sleep(time.Second)
			return
		}
	}
}
