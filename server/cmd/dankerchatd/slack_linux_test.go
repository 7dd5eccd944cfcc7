package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asSlack makes the test binary a program that relaxes its timers and tells what came of it.
const asSlack = "DANKERCHATD_TEST_SLACK"

func init() { programs[asSlack] = tellSlack }

func tellSlack() {
	relaxTimers()
	runtime.LockOSThread()
	slack, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0)
	_, marked := os.LookupEnv(relaxed)
	fmt.Println(os.Getpid(), time.Duration(slack), strings.Join(os.Args[1:], " "), marked)
	os.Exit(0)
}

// A server starts once anew, as the same process with the same arguments, and its threads
// wake up less precisely from then on; what the service manager has set stays.
func TestServeRelaxesItsTimers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		given, want time.Duration
		env         string
	}{
		{"as the system gives it", 50 * time.Microsecond, timerSlack, ""},
		{"less precise already", 5 * time.Millisecond, 5 * time.Millisecond, ""},
		{"where it does not outlive the start", 20 * time.Microsecond, 20 * time.Microsecond, relaxed + "=1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "serve", "--listen", "127.0.0.1:0")
			cmd.Env = append(os.Environ(), asSlack+"=1")
			if test.env != "" {
				cmd.Env = append(cmd.Env, test.env)
			}
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			begun := make(chan error)
			go func() {
				runtime.LockOSThread() // never unlocked: the thread ends with its slack
				if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, uintptr(test.given), 0); errno != 0 {
					begun <- errno
					return
				}
				begun <- cmd.Start()
			}()
			if err := <-begun; err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			want := fmt.Sprintln(cmd.Process.Pid, test.want, "serve --listen 127.0.0.1:0", false)
			if got := out.String(); got != want {
				t.Errorf("pid, slack, arguments and mark are %q, want %q", got, want)
			}
		})
	}
}
