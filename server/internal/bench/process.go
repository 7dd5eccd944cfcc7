package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// child is a server in a process of its own.
type child struct {
	cmd     *exec.Cmd
	address string        // http://127.0.0.1:PORT
	ready   time.Duration // from the start of the process until /health/ready answered
	log     *tail
	stopped bool
}

var listening = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)`)

// start runs a program until it says where it listens and is ready.
func start(ctx context.Context, env []string, name string, args ...string) (*child, error) {
	c := &child{cmd: exec.Command(name, args...), log: &tail{}}
	c.cmd.Env = append(os.Environ(), env...)
	out, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	begun := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			c.log.add(lines.Text())
			if m := listening.FindString(lines.Text()); m != "" {
				select {
				case found <- m:
				default:
				}
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case c.address = <-found:
	case <-time.After(20 * time.Second):
		c.stop()
		return nil, fmt.Errorf("%s did not say where it listens:\n%s", name, c.log)
	case <-ctx.Done():
		c.stop()
		return nil, ctx.Err()
	}
	for {
		res, err := http.Get(c.address + "/health/ready") //nolint:noctx // loopback, bounded by the deadline below
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				c.ready = time.Since(begun)
				return c, nil
			}
		}
		if time.Since(begun) > 20*time.Second {
			c.stop()
			return nil, fmt.Errorf("%s did not become ready:\n%s", name, c.log)
		}
		time.Sleep(time.Millisecond)
	}
}

// stop ends the process, at first politely.
func (c *child) stop() {
	if c.stopped {
		return
	}
	c.stopped = true
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		_ = c.cmd.Wait() // how it ended is not what is measured
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		_ = c.cmd.Process.Kill()
		<-done
	}
}

// usage returns the resident set in MiB and the CPU seconds used so far.
func (c *child) usage() (rss, cpu float64, err error) {
	p, err := process.NewProcess(int32(c.cmd.Process.Pid)) //nolint:gosec // a pid fits
	if err != nil {
		return 0, 0, fmt.Errorf("read process: %w", err)
	}
	m, err1 := p.MemoryInfo()
	t, err2 := p.Times()
	if err := errors.Join(err1, err2); err != nil {
		return 0, 0, fmt.Errorf("read process: %w", err)
	}
	return float64(m.RSS) / (1 << 20), t.User + t.System, nil
}

// tail keeps the last lines of a log.
type tail struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > 40 {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

func machine() string {
	return fmt.Sprintf("%s/%s, %d cores, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}
