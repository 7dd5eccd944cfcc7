package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/pgbus"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// world is a running server on a database of its own.
type world struct {
	t       testing.TB
	url     string // of the database
	ws      *workspace.Workspace
	srv     *Server
	address string
	stop    func() // drains, and closes the database
	log     *lockedBuffer
	passed  *passed
}

// passed notes which operations got past the table.
type passed struct {
	mu  sync.Mutex
	ops map[string]bool
}

func (p *passed) note(op string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops[op] = true
}

func (p *passed) has(op string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ops[op]
}

func (p *passed) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops = map[string]bool{}
}

// eachEngine runs fn on a fresh database of each engine.
func eachEngine(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			fn(t, freshDatabase(t, d))
		})
	}
}

func freshDatabase(t testing.TB, d sqldb.Dialect) string {
	t.Helper()
	return sqldbtest.MigratedURL(t, d, workspace.Sets()[1:]...) // the log's own come by themselves
}

// generous are limits that no test meets by accident.
func generous() Limits {
	l := DefaultLimits()
	for _, a := range []string{
		"messages=1e6", "messages_token=1e6", "messages_burst=1000000", "conversation_rps=1e6", "api_rps=1e6", "api_burst=1000000", "anonymous_rps=1e6",
		"anonymous_burst=1000000", "logins_per_ip=1e6", "ops_rps=1e6", "ops_burst=1000000", "handshakes_rps=1e6", "handshakes_per_ip=1e6", "handshakes_burst=1000000",
		"sockets_per_user=1000", "sockets_per_session=1000", "sockets_per_ip=1000",
	} {
		if err := l.Set(a); err != nil {
			panic(err)
		}
	}
	return l
}

// serve starts a server on url; change may alter its configuration.
func serve(t testing.TB, url string, change ...func(*Config)) *world {
	t.Helper()
	return serveWorkspace(t, url, func(*workspace.Config) {}, change...)
}

// serveWorkspace is serve with a workspace that is configured otherwise.
func serveWorkspace(t testing.TB, url string, differs func(*workspace.Config), change ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, url: url, log: &lockedBuffer{}, passed: &passed{ops: map[string]bool{}}}
	log := zerolog.New(w.log).Level(zerolog.DebugLevel)
	wcfg := workspace.Config{URL: url, Log: log, BusyTimeout: patience}
	wcfg.Auth.AccessTTL = time.Hour
	wcfg.Auth.SealKeys = testSeal
	wcfg.Auth.Logins = auth.LoginLimits{PerAccount: 1 << 20, PerIP: 1 << 20}
	differs(&wcfg)
	var bus *listeningBus
	if strings.HasPrefix(url, "postgres") {
		bus = &listeningBus{Bus: pgbus.New(url, log), stands: make(chan struct{})}
		wcfg.Bus = bus
	}
	var err error
	if w.ws, err = workspace.Open(t.Context(), wcfg); err != nil {
		t.Fatalf("open workspace: %v", err)
	}
	cfg := w.config(&log)
	for _, c := range change {
		c(&cfg)
	}
	if w.srv, err = New(cfg); err != nil {
		t.Fatalf("make server: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	w.address = "http://" + ln.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.srv.Serve(ctx, ln) }()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if bus != nil {
			_ = bus.Close()
		}
		if err := w.ws.Close(); err != nil {
			t.Errorf("close workspace: %v", err)
		}
	}
	if bus != nil {
		select {
		case <-bus.stands:
		case <-time.After(patience):
			t.Error("the server does not listen to the others")
		}
	}
	t.Cleanup(func() {
		w.stop()
		if t.Failed() && os.Getenv("SERVER_LOG") != "" {
			t.Log(w.log.String())
		}
	})
	return w
}

// config is that of a test's server: with time for a hello on a machine that has none.
func (w *world) config(log *zerolog.Logger) Config {
	return Config{Workspace: w.ws, Log: log, Limits: generous(), DrainSpread: 50 * time.Millisecond, seen: w.passed.note, helloWait: 2 * patience}
}

// unasked leaves the heartbeat out, by which a socket's end would be found out too.
func unasked(c *Config) { c.unasked = true }

// testSeal is of all servers: several share a database.
var testSeal = []auth.SealKey{auth.NewSealKey()}

// client is somebody who calls the API; every exchange is held against openapi.yaml.
type client struct {
	w      *world
	t      testing.TB
	token  string // Bearer
	cookie string
	origin string // sent with cookies; "" sends none
	user   contracts.User
	wrong  bool // the requests are wrong on purpose
	header http.Header
}

func (w *world) anonymous() *client { return &client{w: w, t: w.t} }

// setUp makes the owner "owner" and returns her client.
func (w *world) setUp() *client {
	w.t.Helper()
	code, err := w.ws.Auth.NewClaim(w.t.Context())
	if err != nil {
		w.t.Fatalf("make claim: %v", err)
	}
	a := w.anonymous()
	a.must(201, "POST", "/setup", map[string]any{"code": code.Reveal(), "workspace_name": "Test", "username": "owner", "display_name": "Owner", "password": "correct horse battery"}, nil)
	return w.signIn("owner")
}

// newUser makes an account without a password and signs it in.
func (w *world) newUser(name string, role contracts.Role) *client {
	w.t.Helper()
	if err := slowly(func() error {
		_, err := w.ws.Auth.CreateUser(w.t.Context(), contracts.Operator, auth.NewUser{Username: name, DisplayName: strings.ToUpper(name[:1]) + name[1:], Role: role})
		return err
	}); err != nil {
		w.t.Fatalf("create user %s: %v", name, err)
	}
	return w.signIn(name)
}

// signIn gives an account a new session with an access token.
func (w *world) signIn(name string) *client {
	w.t.Helper()
	u, err := w.ws.Auth.UserByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatalf("find %s: %v", name, err)
	}
	var in auth.SignedIn
	if err := slowly(func() (err error) {
		in, err = w.ws.Auth.StartSession(w.t.Context(), u.ID, auth.SignInProof{Assurance: auth.TwoFactors, Client: "test", IP: "127.0.0.1"})
		return err
	}); err != nil {
		w.t.Fatalf("sign %s in: %v", name, err)
	}
	return &client{w: w, t: w.t, token: in.Access.Reveal(), cookie: "", user: in.User}
}

// tokenOf makes an API token of a client's user.
func (c *client) tokenOf(scopes ...string) *client {
	c.t.Helper()
	var made createdToken
	c.must(201, "POST", "/me/tokens", map[string]any{"name": "test " + strings.Join(scopes, " "), "scopes": scopes}, &made)
	return &client{w: c.w, t: c.t, token: made.Secret, user: c.user}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

// do performs one request below /api/v1; body is marshalled unless it is a string.
func (c *client) do(method, path string, body any) answer {
	c.t.Helper()
	var a answer
	_ = slowly(func() (err error) { // what is busy in the end is the answer
		if a, err = c.try(method, path, body); err != nil {
			c.t.Fatalf("%s %s: %v", method, path, err)
		}
		if a.code() == string(contracts.CodeBusy) {
			return contracts.ErrBusy
		}
		return nil
	})
	return a
}

// try is do of what the network may not carry.
func (c *client) try(method, path string, body any) (answer, error) {
	c.t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case string:
		text = []byte(b)
	default:
		var err error
		if text, err = json.Marshal(b); err != nil {
			c.t.Fatalf("encode body: %v", err)
		}
	}
	url := c.w.address + path
	if !strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "/metrics") && !strings.HasPrefix(path, "/web:") {
		url = c.w.address + base + path
	}
	url = strings.Replace(url, "/web:", "", 1)
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, bytes.NewReader(text))
	if err != nil {
		c.t.Fatalf("make request: %v", err)
	}
	if len(text) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.w.srv.cookieName()+"="+c.cookie)
	}
	if c.origin != "" {
		req.Header.Set("Origin", c.origin)
	}
	for k, v := range c.header {
		if k == "Host" {
			req.Host = v[0]
			continue
		}
		req.Header[k] = v
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	got, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	mustDocuments(c.t).exchange(c.t, req, text, res, got, c.wrong || res.StatusCode >= 400)
	return answer{res.StatusCode, res.Header, got}, nil
}

// must is do with the status that it must have; out gets the answer.
func (c *client) must(status int, method, path string, body, out any) answer {
	c.t.Helper()
	a := c.do(method, path, body)
	if a.status != status {
		c.t.Fatalf("%s %s: got %d, want %d: %s", method, path, a.status, status, a.body)
	}
	if out != nil {
		if err := json.Unmarshal(a.body, out); err != nil {
			c.t.Fatalf("%s %s: decode %s: %v", method, path, a.body, err)
		}
	}
	return a
}

// channel finds a channel by name.
func (c *client) channel(name string) contracts.Channel {
	c.t.Helper()
	var ch contracts.Channel
	c.must(200, "GET", "/channels/by-name/"+name, nil, &ch)
	return ch
}

// post posts a text.
func (c *client) post(conversation, text string) contracts.Message {
	c.t.Helper()
	var m contracts.Message
	c.must(201, "POST", "/conversations/"+conversation+"/messages", map[string]any{"text": text}, &m)
	return m
}

// serveSame is another front on the workspace of w, with a configuration of its own.
func serveSame(t testing.TB, w *world, change ...func(*Config)) *world {
	t.Helper()
	front := *w
	front.t = t
	cfg := w.srv.cfg
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if front.srv, err = New(cfg); err != nil {
		t.Fatalf("make server: %v", err)
	}
	ts := httptest.NewServer(front.srv.Handler())
	t.Cleanup(func() { ts.CloseClientConnections(); ts.Close() })
	front.address = ts.URL
	return &front
}
