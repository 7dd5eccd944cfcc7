package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/dankerchat/dankerchat/contracts"
)

// EndSessionURL is where to send the browser of a session that is about to end, so that
// the provider that began it ends its own session too; "" when there is nothing to do:
// another way of signing in, a provider that cannot, or that is not set up for it. back
// is where the provider sends the browser afterwards, an absolute URL that it knows.
// Signing out here never depends on it. Call it before [Service.Logout].
func (s *Service) EndSessionURL(ctx context.Context, actor contracts.Actor, back string) (string, error) {
	var name, sealed string
	err := s.db.Read.QueryRowContext(ctx, `SELECT i.provider, o.id_token FROM oidc_sessions o JOIN identities i ON i.id = o.identity_id WHERE o.session_id = $1`, actor.SessionID).Scan(&name, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the provider's session: %w", err)
	}
	p, err := s.providers.named(name)
	if err != nil || !p.EndSession {
		return "", nil // it was taken out of the configuration
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil || found.endSession == "" {
		return "", nil //nolint:nilerr // one signs out here all the same
	}
	u, err := url.Parse(found.endSession)
	if err != nil {
		return "", fmt.Errorf("read end_session_endpoint: %w", err)
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	if back != "" {
		q.Set("post_logout_redirect_uri", back)
	}
	if sealed != "" {
		if token, _, err := s.sealer.open(sealIDToken, actor.SessionID, sealed); err == nil {
			q.Set("id_token_hint", string(token)) // without it the provider asks the person
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// backchannelEvent is what makes a token one that ends sessions.
const backchannelEvent = "http://schemas.openid.net/event/backchannel-logout"

// BackchannelLogout ends the sessions that a provider says have ended there, by its own
// call (OpenID Connect Back-Channel Logout 1.0): the one that the token names, or all of
// the account when it names none. A token counts once. It returns how many sessions
// ended; their credentials are refused from then on.
//
// Errors: [contracts.ErrInvalid] for a token that does not hold, [contracts.ErrNotFound]
// for a provider that is not configured, [contracts.ErrUnavailable] when the provider's
// keys cannot be had.
func (s *Service) BackchannelLogout(ctx context.Context, providerName string, token Secret) (int, error) {
	p, err := s.providers.named(providerName)
	if err != nil {
		return 0, err
	}
	bad := func(why string) error {
		return fmt.Errorf("%w: %s", contracts.ErrInvalid.With("the logout token does not hold").At("/logout_token"), why)
	}
	if token == "" || len(token) > maxIDToken {
		return 0, bad("none, or too long")
	}
	found, err := p.discover(ctx)
	if err != nil {
		return 0, err
	}
	verified, err := found.verifier.Verify(oidc.ClientContext(ctx, p.client), token.Reveal())
	if err != nil {
		if err = p.keysOr(err); errors.Is(err, contracts.ErrUnavailable) {
			return 0, err
		}
		return 0, bad(err.Error())
	}
	var c oidcClaims
	if err := c.read(verified.Claims); err != nil {
		return 0, bad(err.Error())
	}
	now := s.now()
	issued, dated := c.time("iat")
	expires, ends := c.time("exp")
	events, _ := c.all["events"].(map[string]any)
	_, isLogout := events[backchannelEvent].(map[string]any)
	jti, _ := c.all["jti"].(string)
	_, hasNonce := c.all["nonce"]
	switch {
	case !isLogout || hasNonce: // an ID token must not end sessions
		return 0, bad("it is no logout token")
	case !dated || issued.After(now.Add(clockSkew)) || issued.Before(now.Add(-oidcStateLife)) || ends && !expires.Add(clockSkew).After(now):
		return 0, bad("its time is over, or yet to come")
	case jti == "" || len(jti) > maxSubject:
		return 0, bad("it has no id")
	case verified.Subject == "" && c.SID == "":
		return 0, bad("it names neither an account nor a session")
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (int, error) {
		var seen string
		err := tx.QueryRowContext(ctx, `INSERT INTO oidc_states (state_hash, purpose, provider, browser_hash, redirect, next, session_id, created_at, expires_at)
			VALUES ($1, $2, $3, '', '', '', '', $4, $5) ON CONFLICT (state_hash) DO NOTHING RETURNING state_hash`,
			digest("oidc logout\x00"+p.Name+"\x00"+jti), string(oidcLogout), p.Name, now.UnixMilli(), now.Add(oidcStateLife+2*clockSkew).UnixMilli()).Scan(&seen)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return 0, bad("it was used already")
		case err != nil:
			return 0, fmt.Errorf("note a logout token: %w", err)
		}
		return endSelectedTx(ctx, tx, "", `DELETE FROM sessions WHERE id IN (SELECT o.session_id FROM oidc_sessions o JOIN identities i ON i.id = o.identity_id
			WHERE i.provider = $1 AND ($2 = '' OR i.subject = $2) AND ($3 = '' OR o.sid = $3)) RETURNING user_id, id`,
			p.Name, verified.Subject, cleanLabel(c.SID, maxSubject))
	})
}
