package crash

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// subject is the server under test.
type subject struct {
	cfg     Config
	cmd     *exec.Cmd
	listen  atomic.Value // host:port as a string, another one after each restart
	link    chan string  // the code of the first-run link, when the server prints one
	token   string
	channel string
	ready   time.Duration
	client  *http.Client
}

// message is what the checker needs of a message.
type message struct {
	ID          string `json:"id"`
	Position    int64  `json:"position"`
	Text        string `json:"text"`
	ClientMsgID string `json:"client_msg_id"`
}

var errRefused = errors.New("refused")

func boot(ctx context.Context, cfg Config) (*subject, error) {
	s := &subject{cfg: cfg, client: &http.Client{
		Timeout:   time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 2 * cfg.Senders},
	}}
	return s, s.restart(ctx)
}

var (
	addressLine = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)
	linkLine    = regexp.MustCompile(`/setup#([A-Za-z0-9_-]+)`)
)

// at is where the server listens.
func (s *subject) at() string { return s.listen.Load().(string) }

// restart starts the server on the same database and waits until it is ready. It takes a
// free port each time: the last one may be somebody else's by now.
func (s *subject) restart(ctx context.Context) error {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--db", s.cfg.URL, "--data-dir", s.cfg.DataDir, "--log-level", "warn"}
	for _, l := range []string{"messages=1000000", "messages_token=1000000", "messages_burst=1000000", "conversation_rps=100000", "api_rps=1000000", "api_burst=1000000", "anonymous_rps=100000"} {
		args = append(args, "--limit", l)
	}
	s.cmd = exec.Command(s.cfg.Binary, args...)
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	begun := time.Now()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	address := make(chan string, 1)
	s.link = make(chan string, 1)
	link := s.link
	said := make(chan string, 1)
	go func() {
		var all strings.Builder
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			if m := linkLine.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case link <- m[1]:
				default:
				}
			}
			if m := addressLine.FindStringSubmatch(lines.Text()); m != nil {
				select {
				case address <- m[1]:
				default:
				}
			}
			if all.Len() < 4096 {
				all.WriteString(lines.Text() + "\n")
			}
		}
		_, _ = io.Copy(io.Discard, pipe)
		said <- all.String()
	}()
	select {
	case at := <-address:
		s.listen.Store(at)
	case out := <-said:
		return fmt.Errorf("the server ended: %v\n%s", s.cmd.Wait(), out)
	case <-time.After(2 * time.Minute):
		s.kill()
		return errors.New("the server did not say where it listens in two minutes")
	case <-ctx.Done():
		s.kill()
		return ctx.Err()
	}
	for {
		if res, err := s.client.Get("http://" + s.at() + "/health/ready"); err == nil { //nolint:noctx // the loop is bounded
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(begun) > 2*time.Minute {
			s.kill()
			return errors.New("the server was not ready after two minutes")
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.ready = time.Since(begun)
	return nil
}

// kill ends the server as a power switch would end the process: at once.
func (s *subject) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.client.CloseIdleConnections()
}

// setUp makes the owner, a token and the channel to write in.
func (s *subject) setUp(ctx context.Context) error {
	var code string
	select {
	case code = <-s.link:
	case <-time.After(2 * time.Minute):
		return errors.New("the server printed no first-run link")
	}
	const password = "crash rounds need a long password"
	if err := s.call(ctx, http.MethodPost, "/setup", map[string]any{"code": code, "workspace_name": "Crash", "username": "owner", "display_name": "Owner", "password": password}, nil); err != nil {
		return err
	}
	var in struct {
		AccessToken string `json:"access_token"`
	}
	if err := s.call(ctx, http.MethodPost, "/auth/login", map[string]any{"username": "owner", "password": password, "session": "token"}, &in); err != nil {
		return err
	}
	s.token = in.AccessToken
	var token struct {
		Secret string `json:"secret"`
	}
	if err := s.call(ctx, http.MethodPost, "/me/tokens", map[string]any{"name": "crash", "scopes": []string{"*"}}, &token); err != nil {
		return err
	}
	s.token = token.Secret
	var channel struct {
		ID string `json:"id"`
	}
	if err := s.call(ctx, http.MethodGet, "/channels/by-name/general", nil, &channel); err != nil {
		return err
	}
	s.channel = channel.ID
	return nil
}

// post sends one message. An answer of 4xx is errRefused; anything else that is not
// success leaves the outcome unknown.
func (s *subject) post(ctx context.Context, e *entry) (message, error) {
	var m message
	err := s.call(ctx, http.MethodPost, "/conversations/"+s.channel+"/messages", map[string]string{"text": e.text, "client_msg_id": e.id}, &m)
	return m, err
}

// retryUnknown repeats every send of unknown outcome with its client_msg_id.
func (s *subject) retryUnknown(ctx context.Context, l *ledger) (int, error) {
	n := 0
	for _, e := range l.entries {
		if e.verdict != outcomeUnknown {
			continue
		}
		m, err := s.post(ctx, e)
		if err != nil {
			return n, fmt.Errorf("repeat %s: %w", e.id, err)
		}
		l.ok(e, m)
		n++
	}
	return n, nil
}

// history reads the whole channel, oldest first.
func (s *subject) history(ctx context.Context) ([]message, error) {
	var all []message
	before := ""
	for {
		path := "/conversations/" + s.channel + "/messages?limit=200"
		if before != "" {
			path += "&before=" + before
		}
		var page struct {
			Data      []message `json:"data"`
			HasBefore bool      `json:"has_before"`
		}
		if err := s.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		all = append(append([]message{}, page.Data...), all...)
		if !page.HasBefore || len(page.Data) == 0 {
			return all, nil
		}
		before = page.Data[0].ID
	}
}

func (s *subject) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		body, _ = json.Marshal(in)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.at()+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= 400 && res.StatusCode < 500 {
		return fmt.Errorf("%w: %s %s: %s: %s", errRefused, method, path, res.Status, answer)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
