package workspace

import (
	"context"
	"database/sql"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// The acts of auth by which a session lets another device in, and rotations, each with
// its audit entry in its transaction. Rights and errors are auth's.

// AnswerDevice lets a device in that asks with a code, or refuses it.
func (w *Workspace) AnswerDevice(ctx context.Context, actor contracts.Actor, typed string, approve bool) error {
	code, err := w.Auth.PrepareUserCode(ctx, actor, typed)
	if err != nil {
		return err
	}
	action := "device.deny"
	if approve {
		action = "device.approve"
	}
	_, err = audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (auth.DeviceRequest, deed, error) {
		d, err := w.Auth.AnswerDeviceTx(ctx, tx, actor, code, approve)
		return d, deed{action: action, target: actor.UserID, after: map[string]any{"client": d.Client, "ip": d.IP}}, err
	})
	return err
}

// HandOver offers the actor's session to another device.
func (w *Workspace) HandOver(ctx context.Context, actor contracts.Actor) (auth.SessionLink, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (auth.SessionLink, deed, error) {
		link, err := w.Auth.HandOverTx(ctx, tx, actor)
		return link, deed{action: "session.hand_over", target: actor.SessionID}, err
	})
}

// RevokeAllSessions ends all of a user's sessions and returns how many there were.
func (w *Workspace) RevokeAllSessions(ctx context.Context, actor contracts.Actor, user string) (int, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (int, deed, error) {
		n, err := w.Auth.RevokeAllSessionsTx(ctx, tx, actor, user)
		if err != nil || n == 0 {
			return 0, deed{}, err
		}
		return n, deed{action: "session.revoke", target: user, after: map[string]any{"revoked": n}}, nil
	})
}

// RotateToken gives an API token a new secret, which is shown this once; the old one
// works on for grace.
func (w *Workspace) RotateToken(ctx context.Context, actor contracts.Actor, id string, grace time.Duration) (contracts.Token, auth.Secret, error) {
	made, err := audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (madeToken, deed, error) {
		t, secret, err := w.Auth.RotateTokenTx(ctx, tx, actor, id, grace)
		after := tokenState(t)
		after["grace_seconds"] = int64(grace / time.Second)
		return madeToken{t, secret}, deed{action: "token.rotate", target: id, after: after}, err
	})
	return made.Token, made.secret, err
}

// RotateOwnToken rotates one of the actor's own API tokens; another's does not exist.
func (w *Workspace) RotateOwnToken(ctx context.Context, actor contracts.Actor, id string, grace time.Duration) (contracts.Token, auth.Secret, error) {
	if err := w.ownToken(ctx, actor, id); err != nil {
		return contracts.Token{}, "", err
	}
	return w.RotateToken(ctx, actor, id, grace)
}

// rotateOldKey makes a new signing key when the one in use has signed for long enough.
func (w *Workspace) rotateOldKey(ctx context.Context) error {
	_, err := audited(ctx, w, contracts.Operator, func(ctx context.Context, tx *sql.Tx) (auth.Key, deed, error) {
		key, err := w.Auth.RotateOldKeyTx(ctx, tx)
		if err != nil || key.ID == "" {
			return key, deed{}, err
		}
		return key, deed{action: "key.rotate", target: key.ID, after: map[string]any{"by": "schedule"}}, nil
	})
	return err
}
