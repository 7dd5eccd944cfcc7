package dankerchat

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

type signedIn struct {
	User         contracts.User    `json:"user"`
	Session      contracts.Session `json:"session"`
	AccessToken  string            `json:"access_token"`
	ExpiresIn    int64             `json:"expires_in"`
	RefreshToken string            `json:"refresh_token"`
}

func (s signedIn) tokens() Tokens {
	return Tokens{Access: s.AccessToken, Refresh: s.RefreshToken, Expires: time.Now().Add(time.Duration(s.ExpiresIn) * time.Second)}
}

// Login signs a person in. The client uses the new session from then on and
// refreshes it by itself; [OnTokens] tells when tokens change.
func (c *Client) Login(ctx context.Context, username, password string) (contracts.User, error) {
	in := map[string]any{"username": username, "password": password, "client": c.name, "session": "token"}
	var out signedIn
	if _, err := c.once(ctx, http.MethodPost, "/auth/login", nil, "", mustJSON(in), true, &out); err != nil {
		return contracts.User{}, err
	}
	c.setTokens(out.tokens())
	return out.User, nil
}

// Signup makes an account with an invite's code and signs it in.
func (c *Client) Signup(ctx context.Context, code, username, displayName, password string) (contracts.User, error) {
	in := map[string]any{"code": code, "username": username, "display_name": displayName, "password": password, "session": "token"}
	var out signedIn
	if _, err := c.once(ctx, http.MethodPost, "/auth/signup", nil, "", mustJSON(in), true, &out); err != nil {
		return contracts.User{}, err
	}
	c.setTokens(out.tokens())
	return out.User, nil
}

// Logout ends the session and forgets the tokens.
func (c *Client) Logout(ctx context.Context) error {
	err := c.Do(ctx, http.MethodPost, "/auth/logout", nil, nil)
	if err == nil {
		c.setTokens(Tokens{})
	}
	return err
}

// refreshIfDue exchanges an access token that ends within 20 seconds.
func (c *Client) refreshIfDue(ctx context.Context, path string) error {
	t := c.Tokens()
	if t.Refresh == "" || t.Expires.IsZero() || time.Until(t.Expires) > 20*time.Second || path == "/auth/refresh" {
		return nil
	}
	return c.refresh(ctx, t.Access)
}

// refresh exchanges the refresh token unless somebody else has replaced the access
// token stale meanwhile. A refresh token may be used once: a second use would end
// the session.
func (c *Client) refresh(ctx context.Context, stale string) error {
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	t := c.Tokens()
	if t.Access != stale {
		return nil
	}
	var out signedIn
	if _, err := c.once(ctx, http.MethodPost, "/auth/refresh", nil, "", mustJSON(map[string]string{"refresh_token": t.Refresh}), true, &out); err != nil {
		return err
	}
	c.setTokens(out.tokens())
	return nil
}

// Me returns the signed-in user.
func (c *Client) Me(ctx context.Context) (contracts.User, error) {
	var u contracts.User
	return u, c.Do(ctx, http.MethodGet, "/me", nil, &u)
}

// Sessions lists one's sessions.
func (c *Client) Sessions(ctx context.Context) ([]contracts.Session, error) {
	var page contracts.Page[contracts.Session]
	return page.Data, c.Do(ctx, http.MethodGet, "/me/sessions", nil, &page)
}

// CreateToken makes an API token; its secret is shown this once. A zero expires
// means never.
func (c *Client) CreateToken(ctx context.Context, name string, scopes []string, expires time.Time) (contracts.Token, string, error) {
	in := map[string]any{"name": name, "scopes": scopes}
	if !expires.IsZero() {
		in["expires_at"] = expires.UTC()
	}
	var out struct {
		Token  contracts.Token `json:"token"`
		Secret string          `json:"secret"`
	}
	err := c.Do(ctx, http.MethodPost, "/me/tokens", in, &out)
	return out.Token, out.Secret, err
}

// RevokeToken ends an API token.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/me/tokens/"+url.PathEscape(id), nil, nil)
}
