package dankerchat

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// NewAccount is an account that somebody makes for themselves without an invite.
type NewAccount struct {
	Username    string
	DisplayName string
	Email       string
	Password    string
}

// OpenSignup makes an account where the workspace's registration is open to it, and signs
// it in. pending says that the address has to be proved first: a mail with a link is on
// its way, whose code [Client.VerifySignup] takes. Elsewhere it is
// [contracts.ErrForbidden]; with an invite there is [Client.Signup].
func (c *Client) OpenSignup(ctx context.Context, n NewAccount) (user contracts.User, pending bool, err error) {
	in := map[string]any{"username": n.Username, "display_name": n.DisplayName, "email": n.Email, "password": n.Password, "client": c.name, "session": "token"}
	var out signedIn
	if _, err := c.once(ctx, http.MethodPost, "/auth/signup", nil, "", mustJSON(in), true, &out); err != nil {
		return contracts.User{}, false, err
	}
	if out.User.ID == "" {
		return contracts.User{}, true, nil
	}
	user, err = c.signedIn(ctx, out)
	return user, false, err
}

// VerifySignup proves the address of an account that was asked for, by the code of the
// mailed link, makes the account and signs it in: once, else [contracts.ErrGone].
func (c *Client) VerifySignup(ctx context.Context, code string) (contracts.User, error) {
	return c.signIn(ctx, "/auth/signup/verify", map[string]any{"code": code, "client": c.name, "session": "token"})
}

// InviteOffer is what an invite offers.
type InviteOffer struct {
	WorkspaceName string            `json:"workspace_name"`
	Role          contracts.Role    `json:"role"`
	Email         string            `json:"email"` // whom it is for, when it was mailed
	Inviter       contracts.UserRef `json:"inviter"`
	ExpiresAt     time.Time         `json:"expires_at"`
}

// InviteOffer tells what an invite offers to whoever holds its code; it needs no
// credentials.
func (c *Client) InviteOffer(ctx context.Context, code string) (InviteOffer, error) {
	return call[InviteOffer](ctx, c, http.MethodGet, "/invites/"+url.PathEscape(code), nil)
}

// ForgotPassword asks for a mail with a link to set a new password. The answer is the
// same whether there is such an account or not; a server without mail sends none.
func (c *Client) ForgotPassword(ctx context.Context, usernameOrEmail string) error {
	field := "username"
	if strings.Contains(usernameOrEmail, "@") {
		field = "email"
	}
	return c.Do(ctx, http.MethodPost, "/auth/password/forgot", map[string]string{field: usernameOrEmail}, nil)
}

// ResetPassword sets a new password by the code of a link, and ends all sessions of its
// user: once, else [contracts.ErrGone].
func (c *Client) ResetPassword(ctx context.Context, code, password string) error {
	return c.Do(ctx, http.MethodPost, "/auth/password/reset", map[string]string{"code": code, "password": password}, nil)
}
