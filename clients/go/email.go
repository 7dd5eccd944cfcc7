package dankerchat

import (
	"context"
	"net/http"

	"github.com/dankerchat/dankerchat/contracts"
)

// Email returns one's address, whether it is proved, and which one it is to become.
func (c *Client) Email(ctx context.Context) (contracts.EmailState, error) {
	return call[contracts.EmailState](ctx, c, http.MethodGet, "/me/email", nil)
}

// ResendEmail mails the link anew that confirms the next address, or the one that was
// never proved: [contracts.ErrConflict] when there is none, [contracts.ErrUnavailable] by
// a server that sends no mail.
func (c *Client) ResendEmail(ctx context.Context) (contracts.EmailState, error) {
	return call[contracts.EmailState](ctx, c, http.MethodPost, "/me/email/resend", nil)
}

// CancelEmail keeps one's address as it is; the link that was mailed works no more.
func (c *Client) CancelEmail(ctx context.Context) error {
	return c.Do(ctx, http.MethodDelete, "/me/email/pending", nil, nil)
}

// ConfirmEmail proves an address by the code of the mail to it, signed in or not:
// [contracts.ErrGone] for a code that was used, replaced or has expired.
func (c *Client) ConfirmEmail(ctx context.Context, code string) error {
	return c.Do(ctx, http.MethodPost, "/auth/email/verify", map[string]string{"code": code}, nil)
}

// InviteByMail makes an invite for one address, which the account gets. The server mails
// a link there if it can; Mailed of the answer says so, and its URL works in any case.
func (c *Client) InviteByMail(ctx context.Context, role contracts.Role, email string) (contracts.Invite, error) {
	return call[contracts.Invite](ctx, c, http.MethodPost, "/admin/invites", map[string]any{"role": role, "email": email})
}
