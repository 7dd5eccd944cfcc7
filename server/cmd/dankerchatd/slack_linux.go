package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// timerSlack is how much later than asked the kernel may wake a thread of the server.
const timerSlack = time.Millisecond

// Of prctl(2), PR_SET_TIMERSLACK and PR_GET_TIMERSLACK.
const (
	prSetTimerSlack = 29
	prGetTimerSlack = 30
)

// relaxed marks, in the environment, that the program has been started anew.
const relaxed = "DANKERCHATD_TIMERS_RELAXED"

// relaxTimers lets the kernel wake the program's threads up to timerSlack late, unless it
// may already. It has the program start anew, as the same process: while anything is to be
// done a thread of Go's runtime looks every 20 µs whether another is stuck, which is a
// fifth of the processor time of a team's server, and that thread, older than any code of
// ours, takes its slack from before the start (ADR 108). Where that cannot be, the
// program goes on as it is. Nothing may be open yet, and no signal be waited for.
func relaxTimers() {
	if os.Getenv(relaxed) != "" { // where an exec forgets it this would have no end
		_ = os.Unsetenv(relaxed) // the name is valid
		return
	}
	runtime.LockOSThread() // the slack is a thread's own, and goes on with the thread that execs
	defer runtime.UnlockOSThread()
	slack, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0)
	if errno != 0 || slack >= uintptr(timerSlack) {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, uintptr(timerSlack), 0); errno != 0 {
		return
	}
	_ = syscall.Exec(self, os.Args, append(os.Environ(), relaxed+"=1")) //nolint:gosec // itself, with its own arguments; that it goes on is the answer to a failure
}
