package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

const (
	recoveryCodes   = 10
	recoveryLetters = 16 // 80 random bits
	// recoveryAlphabet leaves out what looks alike on paper.
	recoveryAlphabet = "abcdefghijkmnpqrstuvwxyz23456789"
)

// newRecoveryCodes replaces a user's recovery codes.
func newRecoveryCodes(ctx context.Context, tx *sql.Tx, userID string) ([]Secret, error) {
	if _, err := tx.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
		return nil, fmt.Errorf("delete recovery codes: %w", err)
	}
	codes := make([]Secret, 0, recoveryCodes)
	for range recoveryCodes {
		code := newRecoveryCode()
		if _, err := tx.ExecContext(ctx, `INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)`, userID, recoveryDigest(userID, code)); err != nil {
			return nil, fmt.Errorf("insert recovery code: %w", err)
		}
		codes = append(codes, Secret(code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:]))
	}
	return codes, nil
}

func newRecoveryCode() string {
	var code [recoveryLetters]byte
	_, _ = rand.Read(code[:])
	for i, b := range code {
		code[i] = recoveryAlphabet[int(b)%len(recoveryAlphabet)] // 32 letters: no one is favoured
	}
	return string(code[:])
}

// recoveryDigest: 80 random bits are more than can be tried, and the user's id makes
// every user's a search of its own.
func recoveryDigest(userID, code string) string {
	return digest("recovery\x00" + userID + "\x00" + code)
}

// useRecoveryCode uses a code up. Of several at once one wins.
func useRecoveryCode(ctx context.Context, tx *sql.Tx, userID, code string, now time.Time) error {
	result, err := tx.ExecContext(ctx, `UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL`,
		now.UnixMilli(), userID, recoveryDigest(userID, code))
	if err != nil {
		return fmt.Errorf("use recovery code: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errBadCode
}

func recoveryCodesLeftOf(ctx context.Context, q eventlog.Querier, userID string) (int, error) {
	var n int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL`, userID).Scan(&n); err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return n, nil
}

// RenewRecoveryCodes makes a new set of recovery codes and returns it this once; those
// there were work no more. It is [Service.RenewRecoveryCodesTx] in a transaction of its own.
func (s *Service) RenewRecoveryCodes(ctx context.Context, actor contracts.Actor) ([]Secret, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) ([]Secret, error) { return s.RenewRecoveryCodesTx(ctx, tx, actor) })
}

// RenewRecoveryCodesTx makes a new set of recovery codes in the caller's transaction.
//
// Errors: [contracts.ErrConflict] without a second factor, [contracts.ErrReauthRequired],
// [contracts.ErrMFARequired], [contracts.ErrForbidden] for an API token.
func (s *Service) RenewRecoveryCodesTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor) ([]Secret, error) {
	if err := s.mayManageFactors(ctx, tx, actor); err != nil {
		return nil, err
	}
	has, err := hasFactor(ctx, tx, actor.UserID)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, contracts.ErrConflict.With("recovery codes stand in for a second factor, and there is none").WithHint("Set up an authenticator app or a passkey first.")
	}
	return newRecoveryCodes(ctx, tx, actor.UserID)
}
