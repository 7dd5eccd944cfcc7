package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// MaxGrace is the longest time for which the secret of before a rotation may work on.
const MaxGrace = 24 * time.Hour

// RotateToken gives an API token a new secret, which is returned this once; everything
// else about it stays. For grace, 0 to MaxGrace, the old secret works beside the new
// one, so that a program can be given the new one without a gap; a secret that was
// still working from a rotation before ends at once. With no grace the old one ends at
// once and its connections close; otherwise it ends within Config.CacheTTL.
//
// Rights, and the fresh proof of identity, are as for [Service.CreateToken].
//
// Errors: [contracts.ErrInvalid] at /grace_seconds, [contracts.ErrNotFound],
// [contracts.ErrForbidden], [contracts.ErrReauthRequired], [contracts.ErrGone] for a
// token that has expired.
func (s *Service) RotateToken(ctx context.Context, actor contracts.Actor, id string, grace time.Duration) (contracts.Token, Secret, error) {
	var secret Secret
	token, err := inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Token, error) {
		t, text, err := s.RotateTokenTx(ctx, tx, actor, id, grace)
		secret = text
		return t, err
	})
	if err != nil {
		return contracts.Token{}, "", err
	}
	return token, secret, nil
}

// RotateTokenTx is [Service.RotateToken] in the caller's transaction. The new secret is
// worth nothing before the commit.
func (s *Service) RotateTokenTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, grace time.Duration) (contracts.Token, Secret, error) {
	none := contracts.Token{}
	if grace < 0 || grace > MaxGrace {
		return none, "", contracts.Invalid("/grace_seconds", "the old secret can work on for 0 to 24 hours")
	}
	if actor.TokenID != "" || !actor.Operator && !actor.Can(contracts.PermManageTokens) {
		return none, "", contracts.ErrForbidden
	}
	var old string
	t, err := scanToken(func(dest ...any) error {
		return tx.QueryRowContext(ctx, `SELECT `+tokenColumns+`, secret_hash FROM api_tokens WHERE id = $1`, id).Scan(append(dest, &old)...)
	})
	missing := contracts.ErrNotFound.With("no such API token")
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return none, "", missing
	case err != nil:
		return none, "", fmt.Errorf("read API token: %w", err)
	case t.UserID != actor.UserID && !actor.Operator && !actor.Can(contracts.PermManageUsers):
		return none, "", missing
	}
	if err := s.mayHoldToken(ctx, tx, actor, t.UserID); err != nil {
		return none, "", err
	}
	if err := s.requireFresh(ctx, tx, actor); err != nil {
		return none, "", err
	}
	now := s.now()
	if t.ExpiresAt != nil && !t.ExpiresAt.After(now) {
		return none, "", contracts.ErrGone.With("this API token has expired").WithHint("Make a new one.")
	}
	secret := newTokenSecret()
	t.Prefix = tokenStart(secret)
	var former *string
	var until *int64
	if grace > 0 {
		ms := now.Add(grace).UnixMilli()
		former, until = &old, &ms
	}
	t.FormerUntil = fromMillisPtr(until)
	_, err = tx.ExecContext(ctx, `UPDATE api_tokens SET secret_hash = $1, prefix = $2, former_hash = $3, former_until = $4 WHERE id = $5`,
		digest(secret), t.Prefix, former, until, t.ID)
	if err != nil {
		return none, "", fmt.Errorf("rotate API token: %w", err)
	}
	if grace == 0 {
		err = appendEvents(ctx, tx, revokedEvent(contracts.EventTokenRevoked, actor.UserID, t.UserID, t.ID))
	}
	return t, Secret(secret), err
}

func newTokenSecret() string {
	body := tokenPrefix + randomText(secretLetters)
	return body + checksum(body)
}

// tokenStart is what a token's list shows of its secret.
func tokenStart(secret string) string { return secret[:len(tokenPrefix)+6] }
