package dankerchat

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/dankerchat/dankerchat/contracts"
)

// Meta says what the server is and may do; it needs no credentials.
type Meta struct {
	Version      string           `json:"version"`
	Name         string           `json:"name"` // of the workspace
	SetupDone    bool             `json:"setup_done"`
	Registration string           `json:"registration"` // invite or closed
	Features     []string         `json:"features"`
	Limits       map[string]int64 `json:"limits"`
	MinClient    string           `json:"min_client"` // the oldest version that is served
}

// Meta asks the server what it is.
func (c *Client) Meta(ctx context.Context) (Meta, error) {
	return call[Meta](ctx, c, http.MethodGet, "/meta", nil)
}

// Stats returns figures about the workspace; for administrators.
func (c *Client) Stats(ctx context.Context) (contracts.Stats, error) {
	return call[contracts.Stats](ctx, c, http.MethodGet, "/admin/overview", nil)
}

// NewUser is an account that an administrator makes.
type NewUser struct {
	Username    string         `json:"username"`
	DisplayName string         `json:"display_name"`
	Email       string         `json:"email,omitempty"`
	Password    string         `json:"password,omitempty"`
	Role        contracts.Role `json:"role,omitempty"`
	Bot         bool           `json:"bot,omitempty"`
}

// CreateUser makes an account; for administrators.
func (c *Client) CreateUser(ctx context.Context, n NewUser) (contracts.User, error) {
	if n.Role == "" {
		n.Role = contracts.RoleMember
	}
	return call[contracts.User](ctx, c, http.MethodPost, "/admin/users", n)
}

// SetRole changes a user's role in the workspace; for administrators.
func (c *Client) SetRole(ctx context.Context, user string, role contracts.Role) (contracts.User, error) {
	return c.patchUser(ctx, user, map[string]any{"role": role})
}

// Suspend ends a user's sessions and keeps them out; for administrators.
func (c *Client) Suspend(ctx context.Context, user string) (contracts.User, error) {
	return c.patchUser(ctx, user, map[string]any{"state": contracts.UserSuspended})
}

// Restore lets a suspended user in again; for administrators.
func (c *Client) Restore(ctx context.Context, user string) (contracts.User, error) {
	return c.patchUser(ctx, user, map[string]any{"state": contracts.UserActive})
}

func (c *Client) patchUser(ctx context.Context, user string, in map[string]any) (contracts.User, error) {
	return call[contracts.User](ctx, c, http.MethodPatch, "/admin/users/"+url.PathEscape(user), in)
}

// UserSessions lists where a user is signed in; for administrators.
func (c *Client) UserSessions(ctx context.Context, user string) ([]contracts.Session, error) {
	page, err := call[contracts.Page[contracts.Session]](ctx, c, http.MethodGet, "/admin/users/"+url.PathEscape(user)+"/sessions", nil)
	return page.Data, err
}

// EndSessions signs a user out everywhere; for administrators.
func (c *Client) EndSessions(ctx context.Context, user string) error {
	return c.Do(ctx, http.MethodDelete, "/admin/users/"+url.PathEscape(user)+"/sessions", nil, nil)
}

// DeleteUser erases an account for good; what its user wrote stays. For administrators,
// in a session that was proved lately: an API token may not.
func (c *Client) DeleteUser(ctx context.Context, user string) error {
	return c.Do(ctx, http.MethodDelete, "/admin/users/"+url.PathEscape(user), nil, nil)
}

// CreateInvite makes an invite that maxUses people may use; its URL needs no mail
// server.
func (c *Client) CreateInvite(ctx context.Context, role contracts.Role, maxUses int) (contracts.Invite, error) {
	return call[contracts.Invite](ctx, c, http.MethodPost, "/admin/invites", map[string]any{"role": role, "max_uses": maxUses})
}

// Settings returns the workspace's settings; for administrators.
func (c *Client) Settings(ctx context.Context) (contracts.Settings, error) {
	return call[contracts.Settings](ctx, c, http.MethodGet, "/admin/settings", nil)
}

// UpdateSettings changes the given fields if the settings are still at version.
func (c *Client) UpdateSettings(ctx context.Context, version int64, changes map[string]any) (contracts.Settings, error) {
	var out contracts.Settings
	h := http.Header{"If-Match": {`"` + strconv.FormatInt(version, 10) + `"`}}
	_, err := c.do(ctx, http.MethodPatch, "/admin/settings", h, changes, &out)
	return out, err
}

// Audit walks the audit log, newest first; for administrators.
func (c *Client) Audit(ctx context.Context) iter.Seq2[contracts.Audit, error] {
	return pages[contracts.Audit](ctx, c, "/admin/audit", url.Values{})
}
