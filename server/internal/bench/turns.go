package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// Whether the time of an answer tells if somebody is known: two requests of a kind in
// turns, one about nobody and one about somebody, as many pairs as time allows.

const (
	mailedNames = 300  // accounts with an address; three resets an hour are mailed to each
	maxPairs    = 2000 // of one kind
)

// A turn is one kind of request that must not tell.
type turn struct {
	name   string
	time   time.Duration // for all its pairs
	pairs  int
	status int
	ask    func(pair int, known bool) (path, token string, body map[string]any)
}

var kindsOfTurns = func(s *system) []turn {
	mailed := func(pair int, known bool) string {
		if known {
			return fmt.Sprintf("mailed%03d@example.org", pair%mailedNames)
		}
		return fmt.Sprintf("nobody%05d@example.org", pair)
	}
	return []turn{
		{"refusal", 20 * time.Second, maxPairs, http.StatusUnauthorized, func(pair int, known bool) (string, string, map[string]any) {
			name := fmt.Sprintf("nobody%05d", pair)
			if known {
				name = fmt.Sprintf("signer%02d", pair%signerNames)
			}
			return "/auth/login", "", map[string]any{"username": name, "password": "not the password"}
		}},
		{"forgot", 10 * time.Second, 3 * mailedNames, http.StatusAccepted, func(pair int, known bool) (string, string, map[string]any) {
			return "/auth/password/forgot", "", map[string]any{"email": mailed(pair, known)}
		}},
		{"signup", 20 * time.Second, 3 * mailedNames, http.StatusAccepted, func(pair int, known bool) (string, string, map[string]any) {
			return "/auth/signup", "", map[string]any{"username": fmt.Sprintf("new%05d%v", pair, known), "display_name": "New", "password": signPassword, "email": mailed(pair, known)}
		}},
		{"invite", 5 * time.Second, 10 * len(s.tokens), http.StatusCreated, func(pair int, known bool) (string, string, map[string]any) {
			return "/admin/invites", s.tokens[pair%len(s.tokens)], map[string]any{"email": mailed(pair, known)} // twenty may be open
		}},
	}
}

// acquaint makes the accounts with addresses and opens the registration.
func acquaint(ctx context.Context, w *workspace.Workspace, s *system) error {
	for i := range mailedNames {
		if _, err := w.Auth.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: fmt.Sprintf("mailed%03d", i), Email: fmt.Sprintf("mailed%03d@example.org", i)}); err != nil {
			return err
		}
	}
	open := admin.RegistrationOpen
	_, err := w.Admin.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Registration: &open}, 0)
	return err
}

// turns compares the times of all kinds.
func turns(ctx context.Context, s *system, r *result) error {
	address := 1 << 17 // of its own for each request, as behind a proxy: nobody meets a limit
	client := &http.Client{Timeout: 30 * time.Second}
	for _, t := range kindsOfTurns(s) {
		var nobody, somebody latencies
		end := time.Now().Add(t.time)
		for pair := 0; pair < t.pairs && time.Now().Before(end); pair++ {
			first := pair%2 == 1 // whoever comes second finds caches warm, and waits for what the first left behind
			for _, known := range []bool{first, !first} {
				address++
				path, token, body := t.ask(pair, known)
				at := time.Now()
				status, err := post(ctx, client, s, address, path, token, body)
				took := time.Since(at)
				if err != nil {
					return err
				}
				if status != t.status {
					return fmt.Errorf("%s, somebody %v: answered with %d, want %d", t.name, known, status, t.status)
				}
				if known {
					somebody.add(took)
				} else {
					nobody.add(took)
				}
			}
		}
		r.told(t.name, &nobody, &somebody)
	}
	return nil
}

// told notes how the times of one kind compare. "telling" is how often, of two answers,
// the one about somebody took longer: 0.5 tells nothing, 1 tells all.
func (r *result) told(name string, nobody, somebody *latencies) {
	slower := 0.0
	for i, unknown := range nobody.all {
		switch known := somebody.all[i]; {
		case known > unknown:
			slower++
		case known == unknown:
			slower += 0.5
		}
	}
	pairs := float64(len(nobody.all))
	telling := slower / pairs
	n, k := nobody.quantiles(0.5, 0.9), somebody.quantiles(0.5, 0.9)
	f := r.Figures
	f[name+"_pairs"], f[name+"_telling"] = pairs, telling
	f[name+"_nobody_p50_ms"], f[name+"_nobody_p90_ms"], f[name+"_somebody_p50_ms"], f[name+"_somebody_p90_ms"] = n[0], n[1], k[0], k[1]
	// Three standard deviations of a fair coin, and a twentieth for what is real but useless.
	r.budget(math.Abs(telling-0.5) <= 0.05+1.5/math.Sqrt(pairs), "the time of a %s tells whether there is such a user: %.2f of %.0f pairs (0.5 tells nothing)", name, telling, pairs)
	// Two standard errors of the difference of two medians, from how far apart 0.5 and 0.9 are.
	noise := 2.76 * max(n[1]-n[0], k[1]-k[0]) / math.Sqrt(pairs)
	r.budget(math.Abs(k[0]-n[0]) <= 0.05*n[0]+noise, "the medians of a %s differ by more than 5 %% and chance: %.2f ms about nobody, %.2f about somebody", name, n[0], k[0])
}

// attempt signs in from an address of its own, as behind a proxy, and returns the status.
func attempt(ctx context.Context, client *http.Client, s *system, address int, username, password string) (int, error) {
	return post(ctx, client, s, address, "/auth/login", "", map[string]any{"username": username, "password": password})
}

func post(ctx context.Context, client *http.Client, s *system, address int, path, token string, body map[string]any) (int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.child.address+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", address>>16&255, address>>8&255, address&255))
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("post %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// letterbox is a mail server on loopback that takes everything and keeps nothing.
func letterbox() (address string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen for mail: %w", err)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go takeMail(c)
		}
	}()
	return ln.Addr().String(), func() { _ = ln.Close() }, nil
}

func takeMail(c net.Conn) {
	defer func() { _ = c.Close() }()
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 bench")
	inData := false
	for lines := bufio.NewScanner(c); lines.Scan(); {
		switch line := strings.ToUpper(lines.Text()); {
		case inData:
			if inData = line != "."; !inData {
				say("250 taken")
			}
		case line == "DATA":
			inData = true
			say("354 go on")
		case line == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}
