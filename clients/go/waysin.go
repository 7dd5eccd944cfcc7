package dankerchat

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/dankerchat/dankerchat/contracts"
)

// Logins walks one's sign-ins of the last 90 days, and those that failed, the newest
// first.
func (c *Client) Logins(ctx context.Context) iter.Seq2[contracts.Login, error] {
	return pages[contracts.Login](ctx, c, "/me/logins", url.Values{})
}

// Passkeys lists one's passkeys, the oldest first. They are made in a browser, or by
// [Client.CreatePasskey].
func (c *Client) Passkeys(ctx context.Context) ([]contracts.Passkey, error) {
	page, err := call[contracts.Page[contracts.Passkey]](ctx, c, http.MethodGet, "/me/passkeys", nil)
	return page.Data, err
}

// RenamePasskey gives one of one's passkeys another name.
func (c *Client) RenamePasskey(ctx context.Context, id, name string) (contracts.Passkey, error) {
	return call[contracts.Passkey](ctx, c, http.MethodPatch, "/me/passkeys/"+url.PathEscape(id), map[string]string{"name": name})
}

// RemovePasskey takes one of one's passkeys away, and ends the sessions that it began but
// the one in use. It wants a proof of the last ten minutes, else
// [contracts.ErrReauthRequired].
func (c *Client) RemovePasskey(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/me/passkeys/"+url.PathEscape(id), nil, nil)
}

// Providers lists the identity providers that people may sign in through, in a browser.
// It needs no credentials.
func (c *Client) Providers(ctx context.Context) ([]contracts.Provider, error) {
	page, err := call[contracts.Page[contracts.Provider]](ctx, c, http.MethodGet, "/auth/providers", nil)
	return page.Data, err
}

// Identities lists the accounts at providers that sign one in, the oldest first.
func (c *Client) Identities(ctx context.Context) ([]contracts.Identity, error) {
	page, err := call[contracts.Page[contracts.Identity]](ctx, c, http.MethodGet, "/me/identities", nil)
	return page.Data, err
}

// RemoveIdentity unlinks an account at a provider, with the same consequences and wants
// as [Client.RemovePasskey].
func (c *Client) RemoveIdentity(ctx context.Context, id string) error {
	return c.Do(ctx, http.MethodDelete, "/me/identities/"+url.PathEscape(id), nil, nil)
}
