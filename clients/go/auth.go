package dankerchat

import (
	"context"
	"errors"
	"fmt"
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
	Owes         contracts.Proof   `json:"owes"`
}

func (s signedIn) tokens() Tokens {
	return Tokens{Access: s.AccessToken, Refresh: s.RefreshToken, Expires: time.Now().Add(time.Duration(s.ExpiresIn) * time.Second)}
}

// Login signs a person in. The client uses the new session from then on and
// refreshes it by itself; [OnTokens] and [WithTokenStore] keep what changes.
//
// When the session owes a second factor the user is returned with
// [contracts.ErrMFARequired]: [Client.VerifySecondFactor] goes on. Whose role demands one
// that they don't have yet gets the same error and sets it up in the web app.
func (c *Client) Login(ctx context.Context, username, password string) (contracts.User, error) {
	in := map[string]any{"username": username, "password": password, "client": c.name, "session": "token"}
	return c.signIn(ctx, "/auth/login", in)
}

// Signup makes an account with an invite's code and signs it in.
func (c *Client) Signup(ctx context.Context, code, username, displayName, password string) (contracts.User, error) {
	in := map[string]any{"code": code, "username": username, "display_name": displayName, "password": password, "client": c.name, "session": "token"}
	return c.signIn(ctx, "/auth/signup", in)
}

func (c *Client) signIn(ctx context.Context, path string, in map[string]any) (contracts.User, error) {
	var out signedIn
	if _, err := c.once(ctx, http.MethodPost, path, nil, "", mustJSON(in), true, &out); err != nil {
		return contracts.User{}, err
	}
	return c.signedIn(ctx, out)
}

// signedIn goes on in a session that has just begun.
func (c *Client) signedIn(ctx context.Context, out signedIn) (contracts.User, error) {
	if err := c.keep(ctx, out.tokens()); err != nil {
		return contracts.User{}, err
	}
	switch out.Owes {
	case contracts.ProofSecondFactor:
		return out.User, contracts.ErrMFARequired
	case contracts.ProofEnrolment:
		return out.User, contracts.ErrMFARequired.With("your role needs a second factor, and you have none yet").
			WithHint("Sign in at " + c.Address() + " in a browser to set one up.")
	}
	return out.User, nil
}

// VerifySecondFactor pays what the session owes, with a code of the authenticator app or
// a recovery code, and returns how many recovery codes are left. It is a fresh proof of
// identity too, which some changes want ([contracts.ErrReauthRequired]).
func (c *Client) VerifySecondFactor(ctx context.Context, code string) (recoveryCodesLeft int, err error) {
	var out struct {
		Left int `json:"recovery_codes_left"`
	}
	err = c.Do(ctx, http.MethodPost, "/auth/2fa/verify", map[string]any{"code": code}, &out)
	return out.Left, err
}

// Logout ends the session and forgets the tokens. A session that has ended already
// is no error.
func (c *Client) Logout(ctx context.Context) error {
	_, err := c.LogoutURL(ctx)
	return err
}

// LogoutURL is [Client.Logout] for a program with a browser: the address to send it to
// when an identity provider began the session and wants to end its own too, "" otherwise,
// as always for sessions by tokens. An answer that is no web address is
// [contracts.ErrInvalid]; the session has ended all the same.
func (c *Client) LogoutURL(ctx context.Context) (next string, err error) {
	var out *struct {
		URL string `json:"url"`
	}
	if err := c.Do(ctx, http.MethodPost, "/auth/logout", nil, &out); err != nil && !errors.Is(err, contracts.ErrUnauthenticated) {
		return "", err
	}
	if err := c.keep(ctx, Tokens{}); err != nil || out == nil {
		return "", err
	}
	if u, err := url.Parse(out.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", contracts.ErrInvalid.With("the server named no web address to go on to").WithHint("You are signed out here; sign out at the provider yourself.")
	}
	return out.URL, nil
}

// keep uses tokens from now on, here and in the store.
func (c *Client) keep(ctx context.Context, t Tokens) error {
	if c.store != nil {
		if err := c.store.Update(ctx, func(Tokens) (Tokens, error) { return t, nil }); err != nil {
			return fmt.Errorf("store tokens: %w", err)
		}
	}
	c.setTokens(t)
	return nil
}

// Me returns the signed-in user.
func (c *Client) Me(ctx context.Context) (contracts.User, error) {
	return call[contracts.User](ctx, c, http.MethodGet, "/me", nil)
}

// Sessions lists one's sessions.
func (c *Client) Sessions(ctx context.Context) ([]contracts.Session, error) {
	page, err := call[contracts.Page[contracts.Session]](ctx, c, http.MethodGet, "/me/sessions", nil)
	return page.Data, err
}

// RevokeSession ends one of one's sessions.
func (c *Client) RevokeSession(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/me/sessions/"+url.PathEscape(id), nil, nil)
}

// RevokeOtherSessions ends all of one's sessions but the one in use.
func (c *Client) RevokeOtherSessions(ctx context.Context) error {
	return c.Do(ctx, http.MethodDelete, "/me/sessions", nil, nil)
}

// ChangePassword changes one's password; one's other sessions end.
func (c *Client) ChangePassword(ctx context.Context, current, next string) error {
	return c.Do(ctx, http.MethodPut, "/auth/password", map[string]string{"current": current, "new": next}, nil)
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

// APITokens lists one's API tokens, without their secrets.
func (c *Client) APITokens(ctx context.Context) ([]contracts.Token, error) {
	page, err := call[contracts.Page[contracts.Token]](ctx, c, http.MethodGet, "/me/tokens", nil)
	return page.Data, err
}

// RevokeToken ends an API token.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/me/tokens/"+url.PathEscape(id), nil, nil)
}
