package cliutil

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress tells on stderr how far long work is. On a terminal it shows, after
// one second, a bar when the total is known and a spinner when not; elsewhere one
// plain line each ten seconds, for a log.
type Progress struct {
	out   *Out
	label string

	mu    sync.Mutex // guards the rest
	done  int64
	total int64
	bar   *progressbar.ProgressBar
	stop  chan struct{}
	ended chan struct{}
}

// Times after which progress shows.
const (
	showAfter = time.Second
	plainEach = 10 * time.Second
)

// Start begins to show progress; total 0 is unknown. The command's end stops it,
// or [Progress.Stop].
func (o *Out) Start(label string, total int64) *Progress {
	p := &Progress{out: o, label: label, total: total, stop: make(chan struct{}), ended: make(chan struct{})}
	o.stop()
	o.bar = p
	go p.run(showAfter, plainEach)
	return p
}

// Add counts n more as done.
func (p *Progress) Add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
}

// Stop takes the bar away; it may be called twice.
func (p *Progress) Stop() {
	p.mu.Lock()
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.mu.Unlock()
	<-p.ended
}

func (o *Out) stop() {
	if p := o.bar; p != nil {
		o.bar = nil
		p.Stop()
	}
}

func (p *Progress) run(after, each time.Duration) {
	defer close(p.ended)
	if p.out.quiet {
		<-p.stop
		return
	}
	wait, step := each, each
	if p.out.stderr.tty {
		wait, step = after, 100*time.Millisecond
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-p.stop:
			if p.bar != nil {
				_ = p.bar.Clear()
			}
			return
		case <-timer.C:
			p.show()
			timer.Reset(step)
		}
	}
}

func (p *Progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.out.stderr.tty {
		if p.total > 0 {
			fmt.Fprintf(p.out.stderr, "%s: %d of %d (%d %%)\n", p.label, p.done, p.total, 100*p.done/p.total)
		} else {
			fmt.Fprintf(p.out.stderr, "%s: %d\n", p.label, p.done)
		}
		return
	}
	if p.bar == nil {
		total := p.total
		if total == 0 {
			total = -1 // a spinner
		}
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.out.stderr), progressbar.OptionSetDescription(p.label),
			progressbar.OptionShowCount(), progressbar.OptionEnableColorCodes(false), progressbar.OptionSetWidth(24), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set64(p.done)
	_ = p.bar.RenderBlank()
}
