package workspace

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// The acts of auth on second factors, each with its audit entry in its transaction.
// Rights and errors are auth's.

// EnrolTOTP begins to set an authenticator app up, which lists it under the workspace's
// name. It is no second factor yet, so nothing is recorded.
func (w *Workspace) EnrolTOTP(ctx context.Context, actor contracts.Actor) (auth.TOTPEnrolment, error) {
	settings, err := w.Admin.Settings(ctx)
	if err != nil {
		return auth.TOTPEnrolment{}, err
	}
	return w.Auth.EnrolTOTP(ctx, actor, settings.Name)
}

// ConfirmTOTP makes the app a second factor and returns the recovery codes.
func (w *Workspace) ConfirmTOTP(ctx context.Context, actor contracts.Actor, code auth.Secret) ([]auth.Secret, error) {
	prepared, err := w.Auth.PrepareCode(ctx, actor, code)
	if err != nil {
		return nil, err
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) ([]auth.Secret, deed, error) {
		codes, err := w.Auth.ConfirmTOTPTx(ctx, tx, actor, prepared)
		return codes, deed{action: "2fa.enable", target: actor.UserID, after: map[string]any{"method": "totp"}}, err
	})
}

// VerifySecondFactor pays what a session owes and returns how many recovery codes are
// left. That one was used is recorded.
func (w *Workspace) VerifySecondFactor(ctx context.Context, actor contracts.Actor, code auth.Secret) (int, error) {
	prepared, err := w.Auth.PrepareCode(ctx, actor, code)
	if err != nil {
		return 0, err
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (int, deed, error) {
		left, err := w.Auth.VerifySecondFactorTx(ctx, tx, actor, prepared)
		if err != nil || !prepared.Recovery() {
			return left, deed{}, err
		}
		return left, deed{action: "2fa.use_recovery_code", target: actor.UserID, after: map[string]any{"left": left}}, nil
	})
}

// RenewRecoveryCodes replaces the actor's recovery codes.
func (w *Workspace) RenewRecoveryCodes(ctx context.Context, actor contracts.Actor) ([]auth.Secret, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) ([]auth.Secret, deed, error) {
		codes, err := w.Auth.RenewRecoveryCodesTx(ctx, tx, actor)
		return codes, deed{action: "2fa.renew_recovery_codes", target: actor.UserID}, err
	})
}

// RemoveTOTP takes the actor's authenticator app away.
func (w *Workspace) RemoveTOTP(ctx context.Context, actor contracts.Actor) error {
	required, err := w.Auth.SecondFactorRequired(ctx, actor)
	if err != nil {
		return err
	}
	_, err = audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (struct{}, deed, error) {
		err := w.Auth.RemoveTOTPTx(ctx, tx, actor, required)
		return struct{}{}, deed{action: "2fa.disable", target: actor.UserID, before: map[string]any{"method": "totp"}}, err
	})
	return err
}

// ResetSecondFactors takes all second factors of somebody else away and ends their
// sessions.
func (w *Workspace) ResetSecondFactors(ctx context.Context, actor contracts.Actor, user string) (contracts.User, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.User, deed, error) {
		u, err := w.Auth.ResetSecondFactorsTx(ctx, tx, actor, user)
		return u, deed{action: "2fa.reset", target: user}, err
	})
}
