package dankerchat

import (
	"context"
	"net/http"

	"github.com/dankerchat/dankerchat/contracts"
)

// ProfileUpdate changes what is not nil. An empty text removes what may be empty.
type ProfileUpdate struct {
	DisplayName *string           `json:"display_name,omitempty"`
	Username    *string           `json:"username,omitempty"`
	Email       *string           `json:"email,omitempty"`
	Title       *string           `json:"title,omitempty"`
	Pronouns    *string           `json:"pronouns,omitempty"`
	TimeZone    *string           `json:"time_zone,omitempty"` // IANA name
	Locale      *string           `json:"locale,omitempty"`    // BCP 47
	Fields      map[string]string `json:"fields,omitempty"`    // by the keys of Workspace.ProfileFields
}

// UpdateMe changes one's names, email and profile. Another email wants a fresh proof of
// identity ([contracts.ErrReauthRequired]); where the server sends mail it holds once the
// link in a mail to it is opened, and until then [Client.Email] tells what waits.
func (c *Client) UpdateMe(ctx context.Context, change ProfileUpdate) (contracts.User, error) {
	return call[contracts.User](ctx, c, http.MethodPatch, "/me", change)
}

// SetStatus says what one is doing, until ExpiresAt or until it is cleared.
func (c *Client) SetStatus(ctx context.Context, status contracts.UserStatus) (contracts.User, error) {
	return call[contracts.User](ctx, c, http.MethodPut, "/me/status", status)
}

// ClearStatus takes one's status away.
func (c *Client) ClearStatus(ctx context.Context) (contracts.User, error) {
	return call[contracts.User](ctx, c, http.MethodDelete, "/me/status", nil)
}

// SetAvatar gives oneself a picture: a PNG, JPEG, GIF or WebP of at most 5 MiB, whose
// middle square is kept.
func (c *Client) SetAvatar(ctx context.Context, picture []byte) (contracts.User, error) {
	var out contracts.User
	_, err := c.send(ctx, http.MethodPut, "/me/avatar", http.Header{"Content-Type": {"application/octet-stream"}}, picture, true, &out)
	return out, err
}

// RemoveAvatar takes one's picture away.
func (c *Client) RemoveAvatar(ctx context.Context) (contracts.User, error) {
	return call[contracts.User](ctx, c, http.MethodDelete, "/me/avatar", nil)
}
