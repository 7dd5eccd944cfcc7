package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/server/workspace"
)

const endedSessions = 200

// endings measures how long after the answer to a logout the session's sockets are closed:
// on the server that was asked, and on PostgreSQL on another one too.
func endings(ctx context.Context, s *system, r *result) (err error) {
	w, err := workspace.Open(ctx, workspace.Config{URL: s.url, Auth: workspace.AuthConfig{Issuer: publicURL}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	servers := map[string]*child{"here": s.child}
	if strings.HasPrefix(s.url, "postgres") {
		other, err := s.restart(ctx)
		if err != nil {
			return err
		}
		defer other.stop()
		servers["elsewhere"] = other
	}
	user, err := w.Auth.UserByName(ctx, "signer00")
	if err != nil {
		return err
	}
	took := map[string]*latencies{}
	client := &http.Client{Timeout: 20 * time.Second}
	for range endedSessions {
		in, err := w.Auth.StartSession(ctx, user.ID, auth.SignInProof{Assurance: auth.TwoFactors, Client: "bench"})
		if err != nil {
			return err
		}
		sockets := map[string]*socket{}
		for where, server := range servers {
			if sockets[where], err = connect(ctx, server.address, in.Access.Reveal(), 0); err != nil {
				return err
			}
		}
		if err := call(ctx, client, http.MethodPost, s.child.address+"/api/v1/auth/logout", in.Access.Reveal(), nil); err != nil {
			return err
		}
		answered := time.Now()
		for where, socket := range sockets {
			for !socket.closed.Load() {
				if time.Since(answered) > 5*time.Second {
					return fmt.Errorf("a socket %s stays open after the logout", where)
				}
				time.Sleep(100 * time.Microsecond)
			}
			if took[where] == nil {
				took[where] = &latencies{}
			}
			took[where].add(time.Since(answered))
			socket.close()
		}
	}
	for where, l := range took {
		q := l.quantiles(0.5, 0.99, 1)
		r.Figures["ended_"+where+"_p50_ms"], r.Figures["ended_"+where+"_p99_ms"], r.Figures["ended_"+where+"_max_ms"] = q[0], q[1], q[2]
	}
	r.budget(r.Figures["ended_here_max_ms"] <= 100, "a socket lived %.0f ms longer than its session on the same server (budget 100)", r.Figures["ended_here_max_ms"])
	r.budget(r.Figures["ended_elsewhere_p99_ms"] <= 500 && r.Figures["ended_elsewhere_max_ms"] <= 1000, "a socket lived %.0f ms longer than its session on another server (budget p99 500, at most 1000)", r.Figures["ended_elsewhere_max_ms"])
	return nil
}
