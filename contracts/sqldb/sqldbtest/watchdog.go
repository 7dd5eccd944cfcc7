//go:build unix

package sqldbtest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
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
		if !s.unused() {
			idle = time.Now()
		} else if time.Since(idle) > limit && s.stop(own) {
			return
		}
	}
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
	if strings.HasPrefix(s.dir, memory+"/") {
		_ = os.RemoveAll(s.path("data")) // the memory that it takes
	}
	_ = own.Close()
	return true
}
