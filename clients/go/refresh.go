package dankerchat

import (
	"context"
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// TokenStore keeps the tokens of one session where several programs share them, in
// a file for example. A refresh token works once, and using it a second time ends
// the session: so programs that share a session must take turns.
type TokenStore interface {
	// Update calls fn alone among all programs that use the store. fn gets the
	// tokens as they stand in it, which are zero when there are none, and returns
	// what shall stand there. When fn fails, the store stays as it is and the error
	// is returned.
	Update(ctx context.Context, fn func(Tokens) (Tokens, error)) error
}

// refreshTimeout bounds one exchange of a refresh token, and the wait for one's turn at it.
const refreshTimeout = 20 * time.Second

// refreshIfDue exchanges an access token that ends within 20 seconds.
func (c *Client) refreshIfDue(ctx context.Context) error {
	t := c.Tokens()
	if t.Refresh == "" || t.Expires.IsZero() || time.Until(t.Expires) > 20*time.Second {
		return nil
	}
	return c.refresh(ctx, t)
}

// refresh replaces the tokens stale, unless somebody has done so meanwhile: another
// goroutine of this client, or another program that shares the store. Refresh tokens
// tell it: two access tokens of one second are the same text.
func (c *Client) refresh(ctx context.Context, stale Tokens) error {
	// Once sent, an exchange is carried through: if the caller's context broke it
	// off, the server would have replaced a refresh token that we still hold.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
	defer cancel()
	c.refreshing.Lock()
	defer c.refreshing.Unlock()
	t := c.Tokens()
	if t.Refresh != stale.Refresh {
		return nil
	}
	if c.store == nil {
		fresh, err := c.exchange(ctx, t.Refresh)
		if err != nil {
			return err
		}
		c.setTokens(fresh)
		return nil
	}
	var fresh Tokens
	err := c.store.Update(ctx, func(stored Tokens) (Tokens, error) {
		switch {
		case stored.Refresh == "":
			return stored, contracts.ErrUnauthenticated.With("this session was ended by another program").WithHint("Sign in again.")
		case stored.Refresh != stale.Refresh && time.Until(stored.Expires) > 0:
			fresh = stored
			return stored, nil
		}
		var err error
		fresh, err = c.exchange(ctx, stored.Refresh)
		return fresh, err
	})
	if fresh.Refresh != "" {
		c.setTokens(fresh) // even if they could not be stored: the former ones are worth nothing
	}
	return err
}

func (c *Client) exchange(ctx context.Context, refresh string) (Tokens, error) {
	if ctx.Err() != nil { // waited in vain, perhaps for others to whom the server did not answer
		return Tokens{}, unreachable(ctx, c.base.String(), ctx.Err())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
	defer cancel()
	var out signedIn
	in := mustJSON(map[string]string{"refresh_token": refresh})
	if _, err := c.once(ctx, http.MethodPost, "/auth/refresh", nil, "", in, true, &out); err != nil {
		return Tokens{}, err
	}
	return out.tokens(), nil
}
