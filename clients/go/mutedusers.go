package dankerchat

import (
	"context"
	"net/http"
	"net/url"

	"github.com/dankerchat/dankerchat/contracts"
)

// MutedUsers lists whom one has muted or blocked, the latest first. Nobody else sees it.
func (c *Client) MutedUsers(ctx context.Context) ([]contracts.MutedUser, error) {
	page, err := call[contracts.Page[contracts.MutedUser]](ctx, c, http.MethodGet, "/me/muted-users", nil)
	return page.Data, err
}

// MuteUser mutes or blocks the user with this id, or changes from one to the other:
// messages of a muted user are neither unread nor mentions; between one who blocks and a
// blocked user no direct messages go besides. It repeats safely.
func (c *Client) MuteUser(ctx context.Context, user string, level contracts.MuteLevel) (contracts.MutedUser, error) {
	return call[contracts.MutedUser](ctx, c, http.MethodPut, "/me/muted-users/"+url.PathEscape(user), map[string]contracts.MuteLevel{"level": level})
}

// UnmuteUser takes back what [Client.MuteUser] did. It repeats safely.
func (c *Client) UnmuteUser(ctx context.Context, user string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, "/me/muted-users/"+url.PathEscape(user), nil)
	return err
}
