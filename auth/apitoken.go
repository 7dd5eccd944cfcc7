package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// NewToken is an API token to be made.
type NewToken struct {
	UserID string // whom it acts for; "" is the actor
	Name   string // 1–64 characters, to recognise it
	// Scopes limit what it may do: names of permissions, or "*" for all that the user
	// may do. What the role does not allow, no scope gives.
	Scopes    []string
	ExpiresAt *time.Time // nil does not expire
}

const tokenColumns = `id, user_id, name, scopes, prefix, created_at, expires_at, last_used_at, former_until`

func scanToken(scan sqldb.Scan) (t contracts.Token, err error) {
	var scopes string
	var created int64
	var expires, used, former *int64
	if err := scan(&t.ID, &t.UserID, &t.Name, &scopes, &t.Prefix, &created, &expires, &used, &former); err != nil {
		return t, err
	}
	t.CreatedAt, t.ExpiresAt, t.LastUsedAt = fromMillis(created), fromMillisPtr(expires), fromMillisPtr(used)
	t.FormerUntil = fromMillisPtr(former)
	return t, json.Unmarshal([]byte(scopes), &t.Scopes)
}

// CreateToken makes an API token and returns its secret, "dkt_" with 43 random
// letters and 6 that check them, which is shown this once and stored as a hash.
//
// It needs [contracts.PermManageTokens] and a sign-in: a token cannot make tokens.
// For a bot it needs [contracts.PermManageUsers] and a role above the bot's; nobody
// but the operator makes a token for another person.
//
// Errors: [contracts.ErrInvalid] with the field, [contracts.ErrForbidden],
// [contracts.ErrNotFound], [contracts.ErrConflict] at Config.MaxTokens,
// [contracts.ErrReauthRequired] when the proof of identity is older than Config.FreshFor.
func (s *Service) CreateToken(ctx context.Context, actor contracts.Actor, in NewToken) (contracts.Token, Secret, error) {
	if err := s.CheckToken(actor, in); err != nil {
		return contracts.Token{}, "", err
	}
	var token contracts.Token
	var secret Secret
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		t, text, err := s.CreateTokenTx(ctx, tx, actor, in)
		token, secret = t, text
		return err
	})
	if err != nil {
		return contracts.Token{}, "", err
	}
	return token, secret, nil
}

// CheckToken does of [Service.CreateToken] what needs no database, so that nobody waits for
// a transaction to be told what is wrong; [Service.CreateTokenTx] looks again.
func (s *Service) CheckToken(actor contracts.Actor, in NewToken) error {
	if actor.TokenID != "" || !actor.Operator && !actor.Can(contracts.PermManageTokens) {
		return contracts.ErrForbidden
	}
	if setDefault(&in.UserID, actor.UserID); in.UserID == "" {
		return contracts.Invalid("/user_id", "whose token it is must be said")
	}
	_, err := checkToken(in, s.now())
	return err
}

// CreateTokenTx is [Service.CreateToken] in the caller's transaction. The secret is
// worth nothing before the commit.
func (s *Service) CreateTokenTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, in NewToken) (contracts.Token, Secret, error) {
	none := contracts.Token{}
	if err := s.CheckToken(actor, in); err != nil {
		return none, "", err
	}
	setDefault(&in.UserID, actor.UserID)
	now := s.now()
	scopes, err := checkToken(in, now)
	if err != nil {
		return none, "", err
	}
	secret := newTokenSecret()
	t := contracts.Token{
		ID: contracts.NewID(contracts.PrefixToken), UserID: in.UserID, Name: cleanLabel(in.Name, 64), Scopes: scopes,
		Prefix: tokenStart(secret), CreatedAt: now,
	}
	var expires *int64
	if in.ExpiresAt != nil {
		ms := in.ExpiresAt.UnixMilli()
		expires, t.ExpiresAt = &ms, fromMillisPtr(&ms)
	}
	if err := s.mayHoldToken(ctx, tx, actor, in.UserID); err != nil {
		return none, "", err
	}
	if err := s.requireFresh(ctx, tx, actor); err != nil {
		return none, "", err
	}
	if err := s.roomForToken(ctx, tx, in.UserID, now); err != nil {
		return none, "", err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO api_tokens (id, user_id, name, scopes, prefix, secret_hash, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, t.UserID, t.Name, string(encode(t.Scopes)), t.Prefix, digest(secret), now.UnixMilli(), expires)
	if err != nil {
		return none, "", fmt.Errorf("insert API token: %w", err)
	}
	return t, Secret(secret), nil
}

// roomForToken deletes a user's expired tokens and counts the others.
func (s *Service) roomForToken(ctx context.Context, tx *sql.Tx, userID string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM api_tokens WHERE user_id = $1 AND expires_at <= $2`, userID, now.UnixMilli()); err != nil {
		return fmt.Errorf("delete expired API tokens: %w", err)
	}
	var count int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM api_tokens WHERE user_id = $1`, userID).Scan(&count); err != nil {
		return fmt.Errorf("count API tokens: %w", err)
	}
	if count >= s.cfg.MaxTokens {
		return contracts.ErrConflict.With(fmt.Sprintf("a user has at most %d API tokens", s.cfg.MaxTokens)).WithHint("Revoke one that is not used any more.")
	}
	return nil
}

// mayHoldToken: oneself, or a bot below the actor; the operator for anybody.
func (s *Service) mayHoldToken(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID string) error {
	u, err := s.fullUser(ctx, tx, userID)
	switch {
	case err != nil || actor.Operator:
		return err
	case u.ID == actor.UserID:
		_, err := s.acting(ctx, tx, actor, contracts.PermManageTokens)
		return err
	}
	acting, err := s.acting(ctx, tx, actor, contracts.PermManageUsers)
	if err != nil {
		return err
	}
	if !u.Bot {
		return contracts.ErrForbidden.With("nobody can make an API token that acts for another person")
	}
	return mayActOn(acting, u)
}

func checkToken(in NewToken, now time.Time) ([]string, error) {
	var f faults
	if name := cleanLabel(in.Name, 65); name == "" || len([]rune(name)) > 64 {
		f.add(contracts.Invalid("/name", "a token's name has 1–64 characters"))
	}
	known := contracts.RoleOwner.Permissions()
	scopes := slices.Clone(in.Scopes)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	if len(scopes) == 0 {
		f.add(contracts.Invalid("/scopes", "a token needs at least one scope").WithHint(`"*" stands for everything that the user may do.`))
	}
	for _, scope := range scopes {
		if scope != "*" && !slices.Contains(known, contracts.Permission(scope)) {
			f.add(contracts.Invalid("/scopes", "unknown scope "+cleanLabel(scope, 40)).WithHint("Scopes are names of permissions, or *."))
			break
		}
	}
	if in.ExpiresAt != nil && !in.ExpiresAt.After(now) {
		f.add(contracts.Invalid("/expires_at", "the expiry lies in the past"))
	}
	return scopes, f.err()
}

// wellFormedToken checks length and checksum, so that mistyped and made-up tokens
// cost no query.
func wellFormedToken(secret string) bool {
	const body = len(tokenPrefix) + secretLetters
	return len(secret) == body+6 && strings.HasPrefix(secret, tokenPrefix) && secret[body:] == checksum(secret[:body])
}

// Tokens lists a user's API tokens, the oldest first: one's own with
// [contracts.PermManageTokens], anybody's with [contracts.PermManageUsers].
func (s *Service) Tokens(ctx context.Context, actor contracts.Actor, userID string) ([]contracts.Token, error) {
	need := contracts.PermManageUsers
	if userID == actor.UserID {
		need = contracts.PermManageTokens
	}
	if !actor.Can(need) {
		return nil, contracts.ErrForbidden
	}
	tokens := []contracts.Token{}
	err := sqldb.Each(ctx, s.db.Read, `SELECT `+tokenColumns+` FROM api_tokens WHERE user_id = $1 ORDER BY created_at, id`, []any{userID}, func(scan sqldb.Scan) error {
		t, err := scanToken(scan)
		tokens = append(tokens, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list API tokens: %w", err)
	}
	return tokens, nil
}

// RevokeToken makes an API token useless at once: one's own with
// [contracts.PermManageTokens], or with [contracts.PermManageUsers] one of a user
// with a lesser role. Any other is [contracts.ErrNotFound].
func (s *Service) RevokeToken(ctx context.Context, actor contracts.Actor, id string) error {
	_, err := inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Token, error) {
		return s.RevokeTokenTx(ctx, tx, actor, id)
	})
	return err
}

// RevokeTokenTx is [Service.RevokeToken] in the caller's transaction; the token is
// refused from the commit on. It returns what it revoked.
func (s *Service) RevokeTokenTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Token, error) {
	none, missing := contracts.Token{}, contracts.ErrNotFound.With("no such API token")
	t, err := scanToken(tx.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM api_tokens WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return none, missing
	}
	if err != nil {
		return none, fmt.Errorf("read API token: %w", err)
	}
	if t.UserID == actor.UserID {
		if !actor.Can(contracts.PermManageTokens) {
			return none, contracts.ErrForbidden
		}
	} else if !actor.Can(contracts.PermManageUsers) {
		return none, missing
	} else if err := s.recheck(ctx, tx, actor, t.UserID); err != nil {
		return none, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM api_tokens WHERE id = $1`, id); err != nil {
		return none, fmt.Errorf("delete API token: %w", err)
	}
	return t, appendEvents(ctx, tx, revokedEvent(contracts.EventTokenRevoked, actor.UserID, t.UserID, id))
}
