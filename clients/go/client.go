package dankerchat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Client speaks to one DankerChat server. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	http      *http.Client
	userAgent string
	name      string // what the client calls itself in the list of sessions
	onTokens  func(Tokens)
	store     TokenStore // nil: the tokens are this client's alone

	mu     sync.Mutex // guards tokens
	tokens Tokens

	refreshing sync.Mutex // held while the refresh token is exchanged: it may be used once

	cache targets
}

// Tokens are a client's credentials. Access alone may be an API token.
type Tokens struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"` // "" for an API token
	Expires time.Time `json:"expires,omitzero"`  // of Access; zero when it does not expire by time
}

// Option sets something up in [New].
type Option func(*Client)

// WithToken uses an API token (or an access token).
func WithToken(token string) Option { return func(c *Client) { c.tokens = Tokens{Access: token} } }

// WithTokens uses tokens that an earlier [Client.Login] gave.
func WithTokens(t Tokens) Option { return func(c *Client) { c.tokens = t } }

// OnTokens is called with new tokens after a login and after each refresh, so that
// they can be kept. It must not call the client. Where several programs may use one
// session at a time, [WithTokenStore] is needed instead.
func OnTokens(fn func(Tokens)) Option { return func(c *Client) { c.onTokens = fn } }

// WithTokenStore shares the tokens of a session with other programs: they are read
// from the store before they are refreshed, and written to it after a login, a
// refresh and a logout.
func WithTokenStore(s TokenStore) Option { return func(c *Client) { c.store = s } }

// WithHTTPClient replaces the HTTP client (default: 30 s timeout).
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithName sets what the client calls itself, "mybot/1.2".
func WithName(name string) Option { return func(c *Client) { c.name = name } }

// New makes a client for the server at address, "http://localhost:8080" or
// "chat.example.com" (https is assumed but for localhost and loopback addresses).
// It does not connect.
func New(address string, opts ...Option) (*Client, error) {
	if !strings.Contains(address, "://") {
		scheme := "https://"
		if host := strings.Split(address, ":")[0]; host == "localhost" || strings.HasPrefix(host, "127.") || strings.HasPrefix(address, "[::1]") {
			scheme = "http://"
		}
		address = scheme + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, contracts.Invalid("/server", fmt.Sprintf("%q is not the address of a server", address)).WithHint("Use a form like https://chat.example.com.")
	}
	u.Path, u.RawQuery, u.Fragment = strings.TrimSuffix(u.Path, "/"), "", ""
	c := &Client{base: u, http: &http.Client{Timeout: 30 * time.Second}, name: "dankerchat-go/" + contracts.CurrentBuild().Version}
	for _, o := range opts {
		o(c)
	}
	c.userAgent = c.name
	return c, nil
}

// Address returns the server's address.
func (c *Client) Address() string { return c.base.String() }

// Tokens returns the tokens in use.
func (c *Client) Tokens() Tokens {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens
}

func (c *Client) setTokens(t Tokens) {
	c.mu.Lock()
	c.tokens = t
	c.mu.Unlock()
	if c.onTokens != nil {
		c.onTokens(t)
	}
}

// Do performs one API call: path is below /api/v1 and starts with a slash. in is
// sent as JSON when it is not nil; the answer is decoded into out when that is not
// nil. It is for operations that this package has no method for; errors are
// *contracts.Error when the server answered, [contracts.ErrUnavailable] otherwise.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	_, err := c.do(ctx, method, path, nil, in, out)
	return err
}

// call is Do with a typed answer.
func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var out T
	err := c.Do(ctx, method, path, in, &out)
	return out, err
}

func (c *Client) do(ctx context.Context, method, path string, header http.Header, in, out any) (http.Header, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
	}
	return c.send(ctx, method, path, header, body, in != nil, out)
}

// send is do with a body that is encoded already.
func (c *Client) send(ctx context.Context, method, path string, header http.Header, body []byte, hasBody bool, out any) (http.Header, error) {
	if err := c.refreshIfDue(ctx); err != nil {
		return nil, err
	}
	used := c.Tokens()
	h, err := c.once(ctx, method, path, header, used.Access, body, hasBody, out)
	if errors.Is(err, contracts.ErrUnauthenticated) && used.Refresh != "" {
		if rerr := c.refresh(ctx, used); rerr != nil {
			return h, rerr
		}
		return c.once(ctx, method, path, header, c.Tokens().Access, body, hasBody, out)
	}
	return h, err
}

func (c *Client) once(ctx context.Context, method, path string, header http.Header, token string, body []byte, hasBody bool, out any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if hasBody && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(ctx, c.base.String(), err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return res.Header, unreachable(ctx, c.base.String(), err)
	}
	if res.StatusCode >= 400 {
		return res.Header, problem(res, answer)
	}
	if out == nil || len(answer) == 0 {
		return res.Header, nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return res.Header, fmt.Errorf("decode the answer to %s %s: %w", method, path, err)
	}
	return res.Header, nil
}

// unreachable makes an error that wraps both the cause and contracts.ErrUnavailable.
func unreachable(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("request to %s: %w", address, ctx.Err())
	}
	return fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot reach "+address).WithHint("Is the server running, and is the address right?"), err)
}

// problem turns an RFC 9457 answer into the error it describes.
func problem(res *http.Response, body []byte) error {
	var p struct {
		Code   contracts.Code         `json:"code"`
		Title  string                 `json:"title"`
		Detail string                 `json:"detail"`
		Hint   string                 `json:"hint"`
		Errors []contracts.FieldError `json:"errors"`
	}
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		p.Code, p.Detail = contracts.CodeInternal, fmt.Sprintf("the server answered %s", res.Status)
		p.Hint = "Is this the address of a DankerChat server?"
		if res.StatusCode >= 502 && res.StatusCode <= 504 {
			p.Code = contracts.CodeUnavailable // a proxy without a server behind it
		}
	}
	e := &contracts.Error{Code: p.Code, Message: p.Detail, Hint: p.Hint, Fields: p.Errors}
	if e.Message == "" {
		e.Message = p.Title
	}
	if len(p.Errors) > 0 {
		e.Field = p.Errors[0].Pointer
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = s
	}
	return e
}
