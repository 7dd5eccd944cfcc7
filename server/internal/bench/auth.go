package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

const (
	signers      = 500 // who sign in at once
	signerNames  = 20  // accounts that they have
	signPassword = "a long bench password"
)

// signIn measures what it costs to know who asks, how soon the end of a session reaches its
// sockets, what a crowd that signs in does to the server and to others, and whether the
// time of an answer tells which names and addresses there are.
func signIn(ctx context.Context, s *system, seconds int) (result, error) {
	r := result{Scenario: "auth", System: s.name, Figures: map[string]float64{}}
	if err := credentials(ctx, s, &r); err != nil {
		return r, err
	}
	if err := turns(ctx, s, &r); err != nil {
		return r, err
	}
	if err := endings(ctx, s, &r); err != nil {
		return r, err
	}
	return r, rush(ctx, s, &r, seconds)
}

// credentials measures Authenticate in this process, in microseconds of its processor
// time, beside the running server. It makes the accounts of the rest.
func credentials(ctx context.Context, s *system, r *result) (err error) {
	w, err := workspace.Open(ctx, workspace.Config{URL: s.url})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	var users []contracts.User
	for i := range signerNames {
		u, err := w.Auth.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: fmt.Sprintf("signer%02d", i), Password: signPassword})
		if err != nil {
			return err
		}
		users = append(users, u)
	}
	if err := acquaint(ctx, w, s); err != nil {
		return err
	}
	in, err := w.Auth.StartSession(ctx, users[0].ID, auth.SignInProof{Client: "bench"})
	if err != nil {
		return err
	}
	_, token, err := w.Auth.CreateToken(ctx, contracts.Operator, auth.NewToken{UserID: users[0].ID, Name: "bench", Scopes: []string{"*"}})
	if err != nil {
		return err
	}
	changed := contracts.Event{Type: contracts.EventUserUpdated, Subject: users[0].ID}
	for kind, credential := range map[string]string{"jwt": in.Access.Reveal(), "cookie": in.Secret.Reveal(), "token": token.Reveal()} {
		for name, n := range map[string]int{"cached": 200_000, "uncached": 2000} {
			begun := ownCPU()
			for range n {
				if name == "uncached" {
					w.Auth.Apply(changed)
				}
				if _, err := w.Auth.Authenticate(ctx, credential); err != nil {
					return fmt.Errorf("authenticate: %w", err)
				}
			}
			r.Figures[kind+"_"+name+"_us"] = (ownCPU() - begun).Seconds() * 1e6 / float64(n)
		}
		r.budget(r.Figures[kind+"_cached_us"] <= 1, "%s from memory takes %.2f µs (budget 1)", kind, r.Figures[kind+"_cached_us"])
	}
	return nil
}

// ownCPU is the processor time that this process has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a wrong argument only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rush lets 500 sign in at once, each again as soon as the server is ready for it, while
// somebody else goes on reading.
func rush(ctx context.Context, s *system, r *result, seconds int) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: signers, MaxConnsPerHost: signers}, Timeout: 60 * time.Second}
	reader := &http.Client{Timeout: 20 * time.Second}
	read := func(until time.Time, done <-chan struct{}) ([]float64, error) {
		times := &latencies{}
		for time.Now().Before(until) {
			select {
			case <-done:
				return times.quantiles(0.5, 0.99), nil
			default:
			}
			at := time.Now()
			if err := call(ctx, reader, http.MethodGet, s.child.address+"/api/v1/me", s.tokens[0], nil); err != nil {
				return nil, err
			}
			times.add(time.Since(at))
			time.Sleep(10 * time.Millisecond)
		}
		return times.quantiles(0.5, 0.99), nil
	}
	before, err := read(time.Now().Add(3*time.Second), nil)
	if err != nil {
		return err
	}
	_, cpuBefore, err := s.child.usage()
	if err != nil {
		return err
	}
	var done, busy, other atomic.Int64
	begun := time.Now()
	end := begun.Add(time.Duration(seconds) * time.Second)
	over := make(chan struct{})
	var group sync.WaitGroup
	for i := range signers {
		group.Go(func() {
			for n := 0; time.Now().Before(end) && ctx.Err() == nil; n++ {
				switch status, err := attempt(ctx, client, s, i, fmt.Sprintf("signer%02d", i%signerNames), signPassword); {
				case err == nil && status == http.StatusOK:
					done.Add(1)
				case err == nil && status == http.StatusServiceUnavailable:
					busy.Add(1)
					time.Sleep(time.Second + time.Duration(i)*time.Millisecond) // as its Retry-After says
				default:
					other.Add(1)
				}
			}
		})
	}
	go func() { group.Wait(); close(over) }()
	during, err := read(time.Now().Add(time.Hour), over)
	<-over
	if err != nil {
		return err
	}
	took := time.Since(begun).Seconds()
	_, cpu, err := s.child.usage()
	if err != nil {
		return err
	}
	peak, err := s.child.peak()
	if err != nil {
		return err
	}
	logins := float64(done.Load())
	f := r.Figures
	f["logins_per_s"], f["logins"], f["busy"], f["peak_mib"] = logins/took, logins, float64(busy.Load()), peak
	f["server_cpu_ms_per_login"] = 1000 * (cpu - cpuBefore) / max(1, logins)
	f["others_p50_before_ms"], f["others_p99_before_ms"], f["others_p50_ms"], f["others_p99_ms"] = before[0], before[1], during[0], during[1]
	if n := other.Load(); n > 0 {
		r.Broken = append(r.Broken, fmt.Sprintf("%d of the sign-ins were neither done nor told to come back", n))
	}
	if logins == 0 {
		r.Broken = append(r.Broken, "nobody could sign in")
	}
	if peak >= 100 {
		r.Broken = append(r.Broken, fmt.Sprintf("%.0f MiB at the peak of %d sign-ins at once (promised: under 100)", peak, signers))
	}
	return nil
}

// peak returns the most resident memory that the process ever had, in MiB.
func (c *child) peak() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("the system does not tell peak memory")
}
