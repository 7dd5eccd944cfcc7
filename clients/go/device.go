package dankerchat

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// DeviceLogin is a sign-in that waits until somebody who is signed in elsewhere approves
// it (RFC 8628).
type DeviceLogin struct {
	DeviceCode              string `json:"device_code"`               // a secret; FinishDeviceLogin asks with it
	UserCode                string `json:"user_code"`                 // to show: "BCDF-GHJK"
	VerificationURI         string `json:"verification_uri"`          // where to type it
	VerificationURIComplete string `json:"verification_uri_complete"` // the same with the code filled in
	ExpiresIn               int64  `json:"expires_in"`                // seconds
	Interval                int64  `json:"interval"`                  // seconds between two questions
}

// BeginDeviceLogin begins to sign in without a password: show the person where to type
// which code, then call [Client.FinishDeviceLogin].
func (c *Client) BeginDeviceLogin(ctx context.Context) (DeviceLogin, error) {
	var d DeviceLogin
	_, err := c.once(ctx, http.MethodPost, "/auth/device", nil, "", mustJSON(map[string]any{"client": c.name}), true, &d)
	return d, err
}

// FinishDeviceLogin waits until a device login is approved and uses the new session
// from then on, as [Client.Login] does. It asks at the interval that the server wants,
// and goes on when the server does not answer for a while.
//
// Errors: [contracts.ErrAccessDenied], [contracts.ErrExpiredToken], what ends ctx.
func (c *Client) FinishDeviceLogin(ctx context.Context, d DeviceLogin) (contracts.User, error) {
	pause, until := time.Duration(max(d.Interval, 1))*time.Second, time.Now().Add(time.Duration(d.ExpiresIn)*time.Second)
	for {
		select {
		case <-ctx.Done():
			return contracts.User{}, ctx.Err()
		case <-time.After(pause):
		}
		user, err := c.signIn(ctx, "/auth/device/token", map[string]any{"device_code": d.DeviceCode})
		switch {
		case errors.Is(err, contracts.ErrAuthorizationPending):
		case errors.Is(err, contracts.ErrSlowDown):
			pause += 5 * time.Second
		case errors.Is(err, contracts.ErrUnavailable), errors.Is(err, contracts.ErrBusy), errors.Is(err, contracts.ErrRateLimited):
			if time.Now().After(until) {
				return contracts.User{}, err
			}
		default:
			return user, err
		}
	}
}

// DeviceRequest is what asks to be let in.
type DeviceRequest struct {
	Client    string    `json:"client"` // what it calls itself: nobody has checked that
	IP        string    `json:"ip"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// DeviceRequest tells what shows a code, to look at before [Client.AnswerDevice].
func (c *Client) DeviceRequest(ctx context.Context, userCode string) (DeviceRequest, error) {
	return call[DeviceRequest](ctx, c, http.MethodGet, "/auth/device/"+url.PathEscape(userCode), nil)
}

// AnswerDevice lets a device in that shows a code, or refuses it.
func (c *Client) AnswerDevice(ctx context.Context, userCode string, approve bool) error {
	return c.Do(ctx, http.MethodPost, "/auth/device/approve", map[string]any{"user_code": userCode, "approve": approve}, nil)
}

// HandOver returns a link by which another device goes on with a session of its own:
// once, for expires.
func (c *Client) HandOver(ctx context.Context) (link string, expires time.Duration, err error) {
	var out struct {
		URL       string `json:"url"`
		ExpiresIn int64  `json:"expires_in"`
	}
	err = c.Do(ctx, http.MethodPost, "/me/sessions/hand-over", nil, &out)
	return out.URL, time.Duration(out.ExpiresIn) * time.Second, err
}

// TakeOver goes on in a session of one's own by a link of [Client.HandOver], or its code,
// as [Client.Login] does: once, for two minutes, else [contracts.ErrGone].
func (c *Client) TakeOver(ctx context.Context, link string) (contracts.User, error) {
	code := link[strings.LastIndex(link, "#")+1:]
	return c.signIn(ctx, "/auth/handover", map[string]any{"code": code, "client": c.name, "session": "token"})
}

// RevokeAllSessions ends all of one's sessions, the one in use as well.
func (c *Client) RevokeAllSessions(ctx context.Context) error {
	if err := c.Do(ctx, http.MethodDelete, "/me/sessions?all=true", nil, nil); err != nil {
		return err
	}
	return c.keep(ctx, Tokens{})
}

// RotateToken gives an API token a new secret, which is shown this once; the old one
// works on for grace, at most a day.
func (c *Client) RotateToken(ctx context.Context, id string, grace time.Duration) (contracts.Token, string, error) {
	var out struct {
		Token  contracts.Token `json:"token"`
		Secret string          `json:"secret"`
	}
	err := c.Do(ctx, http.MethodPost, "/me/tokens/"+url.PathEscape(id)+"/rotate", map[string]any{"grace_seconds": int64(grace / time.Second)}, &out)
	return out.Token, out.Secret, err
}
