package workspace

import (
	"context"
	"database/sql"
	"slices"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// The acts of auth on passwords, sessions, API tokens and keys, each in one
// transaction with its audit entry. Rights and errors are auth's. What people do to
// their own is recorded too, with themselves as the actor: a stolen session leaves
// traces that its thief cannot remove.

// SetPassword gives a user a new password and ends their sessions.
func (w *Workspace) SetPassword(ctx context.Context, actor contracts.Actor, user string, replacement auth.Secret) error {
	prepared, err := w.Auth.PreparePassword(ctx, actor, user, replacement)
	if err != nil {
		return err
	}
	return w.storePassword(ctx, actor, prepared, deed{action: "password.set", target: user})
}

// ChangePassword replaces the actor's own password and ends their other sessions.
func (w *Workspace) ChangePassword(ctx context.Context, actor contracts.Actor, old, replacement auth.Secret) error {
	prepared, err := w.Auth.PrepareOwnPassword(ctx, actor, old, replacement)
	if err != nil {
		return err
	}
	return w.storePassword(ctx, actor, prepared, deed{action: "password.change", target: actor.UserID})
}

func (w *Workspace) storePassword(ctx context.Context, actor contracts.Actor, p auth.PreparedPassword, done deed) error {
	_, err := audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (struct{}, deed, error) {
		return struct{}{}, done, w.Auth.SetPasswordTx(ctx, tx, actor, p)
	})
	return err
}

// RevokeSession ends a session.
func (w *Workspace) RevokeSession(ctx context.Context, actor contracts.Actor, id string) error {
	_, err := audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Session, deed, error) {
		ended, err := w.Auth.RevokeSessionTx(ctx, tx, actor, id)
		return ended, deed{action: "session.revoke", target: id, before: map[string]any{"user_id": ended.UserID, "client": ended.Client}}, err
	})
	return err
}

// RevokeOwnSession ends one of the actor's own sessions; another's does not exist for it.
func (w *Workspace) RevokeOwnSession(ctx context.Context, actor contracts.Actor, id string) error {
	sessions, err := w.Auth.Sessions(ctx, actor, actor.UserID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(sessions, func(s contracts.Session) bool { return s.ID == id }) {
		return contracts.ErrNotFound
	}
	return w.RevokeSession(ctx, actor, id)
}

// RevokeOtherSessions ends a user's sessions but the one that asks, and returns how
// many there were.
func (w *Workspace) RevokeOtherSessions(ctx context.Context, actor contracts.Actor, user string) (int, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (int, deed, error) {
		n, err := w.Auth.RevokeOtherSessionsTx(ctx, tx, actor, user)
		if err != nil || n == 0 {
			return 0, deed{}, err
		}
		return n, deed{action: "session.revoke", target: user, after: map[string]any{"revoked": n}}, nil
	})
}

// madeToken is an API token and its secret.
type madeToken struct {
	contracts.Token
	secret auth.Secret
}

// CreateToken makes an API token; the secret is shown this once.
func (w *Workspace) CreateToken(ctx context.Context, actor contracts.Actor, in auth.NewToken) (contracts.Token, auth.Secret, error) {
	if err := w.Auth.CheckToken(actor, in); err != nil {
		return contracts.Token{}, "", err
	}
	made, err := audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (madeToken, deed, error) {
		t, secret, err := w.Auth.CreateTokenTx(ctx, tx, actor, in)
		return madeToken{t, secret}, deed{action: "token.create", target: t.ID, after: tokenState(t)}, err
	})
	return made.Token, made.secret, err
}

// RevokeToken makes an API token useless.
func (w *Workspace) RevokeToken(ctx context.Context, actor contracts.Actor, id string) error {
	_, err := audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Token, deed, error) {
		t, err := w.Auth.RevokeTokenTx(ctx, tx, actor, id)
		return t, deed{action: "token.revoke", target: id, before: tokenState(t)}, err
	})
	return err
}

// RevokeOwnToken revokes one of the actor's own API tokens.
func (w *Workspace) RevokeOwnToken(ctx context.Context, actor contracts.Actor, id string) error {
	if err := w.ownToken(ctx, actor, id); err != nil {
		return err
	}
	return w.RevokeToken(ctx, actor, id)
}

func (w *Workspace) ownToken(ctx context.Context, actor contracts.Actor, id string) error {
	tokens, err := w.Auth.Tokens(ctx, actor, actor.UserID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(tokens, func(t contracts.Token) bool { return t.ID == id }) {
		return contracts.ErrNotFound
	}
	return nil
}

// tokenState is what the audit log keeps of an API token.
func tokenState(t contracts.Token) map[string]any {
	return map[string]any{"user_id": t.UserID, "name": t.Name, "scopes": t.Scopes}
}

// RotateKey makes a new key that signs access tokens.
func (w *Workspace) RotateKey(ctx context.Context, actor contracts.Actor) (auth.Key, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (auth.Key, deed, error) {
		key, err := w.Auth.RotateKeyTx(ctx, tx, actor)
		return key, deed{action: "key.rotate", target: key.ID}, err
	})
}
