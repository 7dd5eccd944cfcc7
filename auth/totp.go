package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// Codes of authenticator apps, with the parameters that all apps know (RFC 6238).
const (
	totpPeriod  = 30 // seconds of a time step
	totpSkew    = 1  // steps that clocks may be apart
	totpPurpose = "totp"
)

// TOTPEnrolment is what an authenticator app needs to know. Both are secret.
type TOTPEnrolment struct {
	Secret Secret // base32, to type in
	URL    Secret // otpauth://totp/…, to show as a QR code
}

// EnrolTOTP makes the secret of an authenticator app. It is no second factor before
// [Service.ConfirmTOTP] has seen a first code; until then a repeat makes another. issuer
// is what the app lists it under: the name of the workspace.
//
// It needs a session that proved who it is in the last Config.FreshFor. A session that
// owes the enrolment may, one that owes a second factor may not.
//
// Errors: [contracts.ErrReauthRequired], [contracts.ErrMFARequired],
// [contracts.ErrConflict] when there is an app already, [contracts.ErrUnavailable]
// without Config.SealKeys, [contracts.ErrForbidden] for an API token.
func (s *Service) EnrolTOTP(ctx context.Context, actor contracts.Actor, issuer string) (TOTPEnrolment, error) {
	if err := mayEnrol(actor); err != nil {
		return TOTPEnrolment{}, err
	}
	user, err := s.fullUser(ctx, s.db.Read, actor.UserID)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	if issuer = strings.ReplaceAll(cleanLabel(issuer, 64), ":", " "); issuer == "" { // a colon ends it (otpauth)
		issuer = "DankerChat"
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: user.Username, Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return TOTPEnrolment{}, fmt.Errorf("make the secret of an authenticator app: %w", err)
	}
	sealed, err := s.sealer.seal(totpPurpose, user.ID, []byte(key.Secret()))
	if err != nil {
		return TOTPEnrolment{}, err
	}
	now := s.now().UnixMilli()
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.requireFresh(ctx, tx, actor); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO mfa_totp (user_id, secret, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0 WHERE mfa_totp.confirmed_at IS NULL`,
			user.ID, sealed, now)
		if err != nil {
			return fmt.Errorf("store the secret of an authenticator app: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return contracts.ErrConflict.With("there is an authenticator app already").WithHint("Remove it first.")
	})
	if err != nil {
		return TOTPEnrolment{}, err
	}
	return TOTPEnrolment{Secret: Secret(key.Secret()), URL: Secret(key.URL())}, nil
}

// mayEnrol: a session that owes nothing, or the enrolment itself.
func mayEnrol(actor contracts.Actor) error {
	switch {
	case actor.UserID == "" || actor.SessionID == "":
		return contracts.ErrForbidden.With("an API token may not do this").WithHint("Sign in instead.")
	case actor.Owes == contracts.ProofEnrolment:
		return nil
	}
	return Owing(actor)
}

// ConfirmTOTP takes a first code of the app that [Service.EnrolTOTP] made the secret of.
// From then on signing in with a password needs a code. The session that asks has proved
// two factors. It returns the recovery codes, which are shown this once and replace
// those there were.
//
// Errors: [contracts.ErrBadCredentials] at /code, those of [Service.PrepareCode],
// [contracts.ErrConflict] when nothing was begun or it is confirmed already.
func (s *Service) ConfirmTOTP(ctx context.Context, actor contracts.Actor, code Secret) ([]Secret, error) {
	c, err := s.PrepareCode(ctx, actor, code)
	if err != nil {
		return nil, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) ([]Secret, error) { return s.ConfirmTOTPTx(ctx, tx, actor, c) })
}

// ConfirmTOTPTx is [Service.ConfirmTOTP] in the caller's transaction.
func (s *Service) ConfirmTOTPTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, c Code) ([]Secret, error) {
	if err := mayEnrol(actor); err != nil {
		return nil, err
	}
	var confirmed *int64
	err := tx.QueryRowContext(ctx, `SELECT confirmed_at FROM mfa_totp WHERE user_id = $1`, actor.UserID).Scan(&confirmed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, contracts.ErrConflict.With("no authenticator app is being set up").WithHint("Begin with POST /auth/2fa/enrol.")
	case err != nil:
		return nil, fmt.Errorf("read the authenticator app: %w", err)
	case confirmed != nil:
		return nil, contracts.ErrConflict.With("the authenticator app is confirmed already")
	}
	if err := s.useTOTP(ctx, tx, actor.UserID, c, false); err != nil {
		return nil, err
	}
	now := s.now()
	if _, err := tx.ExecContext(ctx, `UPDATE mfa_totp SET confirmed_at = $1 WHERE user_id = $2`, now.UnixMilli(), actor.UserID); err != nil {
		return nil, fmt.Errorf("confirm the authenticator app: %w", err)
	}
	if err := proved(ctx, tx, actor, TwoFactors, now); err != nil {
		return nil, err
	}
	if err := forgive(ctx, tx, c.counters); err != nil {
		return nil, err
	}
	return newRecoveryCodes(ctx, tx, actor.UserID)
}

// useTOTP checks a code of the app and uses its time step up: no code works twice, nor
// does an older one after a newer.
func (s *Service) useTOTP(ctx context.Context, tx *sql.Tx, userID string, c Code, confirmed bool) error {
	if c.recovery {
		return errBadCode
	}
	secret, last, err := s.totpSecret(ctx, tx, userID, confirmed)
	if err != nil {
		return err
	}
	step, ok := matchingStep(c.text, secret, s.now())
	if !ok || step <= last {
		return errBadCode
	}
	if _, err := tx.ExecContext(ctx, `UPDATE mfa_totp SET last_step = $1 WHERE user_id = $2`, step, userID); err != nil {
		return fmt.Errorf("use up a code: %w", err)
	}
	return nil
}

// totpSecret opens a user's secret, and seals it anew when today's key is another.
// Without an app it is errBadCode.
func (s *Service) totpSecret(ctx context.Context, tx *sql.Tx, userID string, confirmed bool) (secret string, lastStep int64, err error) {
	var sealed string
	err = tx.QueryRowContext(ctx, `SELECT secret, last_step FROM mfa_totp WHERE user_id = $1 AND (confirmed_at IS NOT NULL) = $2`, userID, confirmed).Scan(&sealed, &lastStep)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, errBadCode
	}
	if err != nil {
		return "", 0, fmt.Errorf("read the authenticator app: %w", err)
	}
	plain, stale, err := s.sealer.open(totpPurpose, userID, sealed)
	if err != nil || !stale {
		return string(plain), lastStep, err
	}
	again, err := s.sealer.seal(totpPurpose, userID, plain)
	if err != nil {
		return "", 0, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE mfa_totp SET secret = $1 WHERE user_id = $2`, again, userID); err != nil {
		return "", 0, fmt.Errorf("seal the authenticator app's secret anew: %w", err)
	}
	return string(plain), lastStep, nil
}

// matchingStep finds the time step that a code belongs to, of this one and totpSkew
// beside it; the newest that fits.
func matchingStep(code, secret string, now time.Time) (int64, bool) {
	current := now.Unix() / totpPeriod
	for step := current + totpSkew; step >= current-totpSkew; step-- {
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

// RemoveTOTP takes one's authenticator app away: [Service.RemoveTOTPTx] in a transaction
// of its own.
func (s *Service) RemoveTOTP(ctx context.Context, actor contracts.Actor) error {
	required, err := s.factorRequired(ctx, actor.Role)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.RemoveTOTPTx(ctx, tx, actor, required) })
}

// RemoveTOTPTx takes one's authenticator app away, and with the last second factor the
// recovery codes. required is [Service.SecondFactorRequired] of the actor.
//
// Errors: [contracts.ErrNotFound] without an app, [contracts.ErrReauthRequired],
// [contracts.ErrConflict] when the role demands a second factor and this is the last.
func (s *Service) RemoveTOTPTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, required bool) error {
	if err := s.mayManageFactors(ctx, tx, actor); err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, `DELETE FROM mfa_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL`, actor.UserID)
	if err != nil {
		return fmt.Errorf("delete the authenticator app: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, contracts.ErrNotFound.With("there is no authenticator app"))
	}
	return factorRemoved(ctx, tx, actor.UserID, required)
}

// factorRemoved ends the removal of a second factor: a role that demands one keeps the
// last, and recovery codes go with it.
func factorRemoved(ctx context.Context, tx *sql.Tx, userID string, required bool) error {
	left, err := hasFactor(ctx, tx, userID)
	switch {
	case err != nil || left:
		return err
	case required:
		return contracts.ErrConflict.With("your role needs a second factor, and this is the only one").WithHint("Add another one first.")
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
		return fmt.Errorf("delete recovery codes: %w", err)
	}
	return nil
}

// mayManageFactors: a session of one's own that owes nothing and is freshly proved.
func (s *Service) mayManageFactors(ctx context.Context, q eventlog.Querier, actor contracts.Actor) error {
	if err := Owing(actor); err != nil {
		return err
	}
	if actor.UserID == "" {
		return contracts.ErrForbidden
	}
	return s.requireFresh(ctx, q, actor)
}
