//go:build unix

package sqldbtest

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	watchdogEnv = "DANKERCHAT_TEST_PG_WATCHDOG"
	idleEnv     = "DANKERCHAT_TEST_PG_IDLE" // how long nobody may use the server, "2m"
	idleLimit   = 2 * time.Minute
)

// A test process that starts the shared server also starts its watchdog: the same
// program, detached, which comes here before any test and never leaves. It outlives
// the test process, and ends with the server.
func init() {
	if dir := os.Getenv(watchdogEnv); dir != "" {
		shared{dir}.watch(os.NewFile(3, "watchdog"))
		os.Exit(0)
	}
}

func (s shared) ensureWatchdog() error {
	f, err := s.flock("watchdog", syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil // it lives
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), watchdogEnv+"="+s.dir)
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{f} // the lock goes with the open file: the child has it at once
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// watch stops the server when nobody has used it for a while.
func (s shared) watch(own *os.File) {
	limit := idleLimit
	if d, err := time.ParseDuration(os.Getenv(idleEnv)); err == nil && d > 0 {
		limit = d
	}
	idle := time.Now()
	for {
		time.Sleep(min(limit/10, 2*time.Second))
		s.relax()
		if !s.unused() {
			idle = time.Now()
		} else if time.Since(idle) > limit && s.stop(own) {
			return
		}
	}
}

// claimDurable turns fsync on for as long as this process lives.
func claimDurable(pool *sql.DB) error {
	s, err := sharedDir()
	if err != nil {
		return err
	}
	return s.claimDurable(pool)
}

func (s shared) claimDurable(pool *sql.DB) error {
	lock, err := s.flock("lock", syscall.LOCK_EX) // against relax
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	claim, err := s.claim("durable")
	if err != nil {
		return err
	}
	if err := claim.Truncate(1); err != nil {
		return err
	}
	return makeDurable(pool)
}

// relax turns fsync off again when nobody needs it any more. What goes wrong here
// makes tests slower and nothing else.
func (s shared) relax() {
	if info, err := os.Stat(s.path("durable")); err != nil || info.Size() == 0 {
		return
	}
	lock, err := s.flock("lock", syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return
	}
	defer func() { _ = lock.Close() }()
	claim, err := s.flock("durable", syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return // somebody lives
	}
	defer func() { _ = claim.Close() }()
	if s.read().resetFsync() == nil {
		_ = claim.Truncate(0)
	}
}

func (s state) resetFsync() error {
	db, err := sql.Open("pgx", s.url())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, q := range []string{`ALTER SYSTEM RESET fsync`, `SELECT pg_reload_conf()`} {
		if _, err := db.Exec(q); err != nil {
			return err
		}
	}
	return nil
}

func (s shared) unused() bool {
	f, err := s.flock("users", syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// stop stops the server unless somebody has come back. It holds the lock for
// starting, so nobody starts one meanwhile, and lets go of its own lock first, so
// that whoever starts one next also starts a watchdog.
func (s shared) stop(own *os.File) bool {
	lock, err := s.flock("lock", syscall.LOCK_EX)
	if err != nil {
		return true // the folder is gone
	}
	defer func() { _ = lock.Close() }()
	if !s.unused() {
		return false
	}
	if st := s.read(); st.PID > 0 {
		s.kill(st.PID)
	}
	_ = own.Close()
	return true
}
