package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// SecondFactors is what a user has set up.
type SecondFactors struct {
	Owes          contracts.Proof `json:"owes"`           // by the session that asks
	Required      bool            `json:"required"`       // by the user's role
	TOTP          bool            `json:"totp"`           // an authenticator app
	TOTPSince     *time.Time      `json:"totp_since"`     // when it was confirmed
	Passkeys      int             `json:"passkeys"`       // how many, wherever they work
	RecoveryCodes int             `json:"recovery_codes"` // that are left
}

// SecondFactors tells what a user has set up: one's own by a session, even by one that
// owes a proof; with [contracts.PermManageUsers] anybody's.
func (s *Service) SecondFactors(ctx context.Context, actor contracts.Actor, userID string) (SecondFactors, error) {
	none := SecondFactors{}
	own := actor.UserID == userID && actor.SessionID != ""
	if !own && !actor.Can(contracts.PermManageUsers) {
		return none, contracts.ErrForbidden
	}
	user, err := s.fullUser(ctx, s.db.Read, userID)
	if err != nil {
		return none, err
	}
	f := SecondFactors{}
	if own {
		f.Owes = actor.Owes
	}
	if f.Required, err = s.factorRequired(ctx, user.Role); err != nil {
		return none, err
	}
	var since *int64
	err = s.db.Read.QueryRowContext(ctx, `SELECT (SELECT confirmed_at FROM mfa_totp WHERE user_id = $1),
		(SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL), (SELECT count(*) FROM passkeys WHERE user_id = $1)`, userID).
		Scan(&since, &f.RecoveryCodes, &f.Passkeys)
	if err != nil {
		return none, fmt.Errorf("read second factors: %w", err)
	}
	f.TOTP, f.TOTPSince = since != nil, fromMillisPtr(since)
	return f, nil
}

// SecondFactorRequired tells whether the actor's role demands a second factor.
func (s *Service) SecondFactorRequired(ctx context.Context, actor contracts.Actor) (bool, error) {
	return s.factorRequired(ctx, actor.Role)
}

// Limits of guessing codes, by the user whose they are.
const (
	maxCodeAttempts   = 5
	codeAttemptWindow = 15 * time.Minute
)

// Code is a code that somebody entered, counted as an attempt.
type Code struct {
	text     string
	recovery bool
	counters []counted
	noted    *sync.Once // that it is wrong stands in the history once, however often a transaction is tried
}

// Format keeps the code out of logs.
func (c Code) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[code]")) }

var errBadCode = contracts.ErrBadCredentials.With("the code is wrong, or it was used before").At("/code")

// PrepareCode looks at the form of a code and counts it as an attempt, of which a user
// has 5 in 15 minutes from wherever; a right one gives them back. The functions that
// take a [Code] do the rest.
//
// Errors: [contracts.ErrInvalid] at /code for what cannot be one, which is no attempt,
// [contracts.ErrRateLimited], [contracts.ErrForbidden] for an API token.
func (s *Service) PrepareCode(ctx context.Context, actor contracts.Actor, code Secret) (Code, error) {
	if actor.UserID == "" || actor.SessionID == "" {
		return Code{}, contracts.ErrForbidden.With("an API token may not do this").WithHint("Sign in instead.")
	}
	c := Code{noted: new(sync.Once), counters: []counted{{digest("code\x00" + actor.UserID), maxCodeAttempts, codeAttemptWindow}}}
	var ok bool
	if c.text, c.recovery, ok = cleanCode(string(code)); !ok {
		return Code{}, contracts.Invalid("/code", "that is no code").
			WithHint("A code of an authenticator app has six digits, a recovery code is four groups of four letters and digits.")
	}
	err := s.reserve(ctx, c.counters)
	return c, err
}

// cleanCode takes what people type: spaces, dashes and capitals don't matter.
func cleanCode(text string) (code string, recovery, ok bool) {
	if len(text) > 64 {
		return "", false, false
	}
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(text)))
	if len(code) == 6 && strings.Trim(code, "0123456789") == "" {
		return code, false, true
	}
	return code, true, len(code) == recoveryLetters && strings.Trim(code, recoveryAlphabet) == ""
}

// VerifySecondFactor pays what a session owes, with a code of the authenticator app or a
// recovery code; it counts as a fresh proof of identity too, so a session that owes
// nothing may ask as well. It returns how many recovery codes are left.
//
// Errors: [contracts.ErrBadCredentials] at /code, those of [Service.PrepareCode],
// [contracts.ErrUnavailable] when the key that sealed the secret is missing.
func (s *Service) VerifySecondFactor(ctx context.Context, actor contracts.Actor, code Secret) (recoveryCodesLeft int, err error) {
	c, err := s.PrepareCode(ctx, actor, code)
	if err != nil {
		return 0, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (int, error) { return s.VerifySecondFactorTx(ctx, tx, actor, c) })
}

// VerifySecondFactorTx is [Service.VerifySecondFactor] in the caller's transaction.
func (s *Service) VerifySecondFactorTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, c Code) (recoveryCodesLeft int, err error) {
	now := s.now()
	if c.recovery {
		err = useRecoveryCode(ctx, tx, actor.UserID, c.text, now)
	} else {
		err = s.useTOTP(ctx, tx, actor.UserID, c, true)
	}
	if errors.Is(err, contracts.ErrBadCredentials) {
		c.noted.Do(func() { s.noteWrongProof(actor, contracts.LoginWrongCode, "") })
	}
	if err != nil {
		return 0, err
	}
	if err := proved(ctx, tx, actor, TwoFactors, now); err != nil {
		return 0, err
	}
	if err := forgive(ctx, tx, c.counters); err != nil {
		return 0, err
	}
	return recoveryCodesLeftOf(ctx, tx, actor.UserID)
}

// Recovery tells whether it is a recovery code, which the audit log wants to know.
func (c Code) Recovery() bool { return c.recovery }

// factorTables hold what [Service.ResetSecondFactorsTx] takes away.
var factorTables = []string{"mfa_totp", "passkeys", "recovery_codes"}

// ResetSecondFactorsTx takes all second factors, passkeys too, and recovery codes of a user away, for
// somebody who has lost them, and ends all their sessions: they sign in anew with the
// password. It needs [contracts.PermManageUsers] over a user with a lesser role, or the
// operator; one's own are removed one by one. It returns the user.
//
// Errors: [contracts.ErrForbidden], [contracts.ErrNotFound], [contracts.ErrConflict] for
// oneself.
func (s *Service) ResetSecondFactorsTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID string) (contracts.User, error) {
	user, err := s.governed(ctx, tx, actor, userID)
	if err != nil {
		return contracts.User{}, err
	}
	if user.ID == actor.UserID {
		return contracts.User{}, contracts.ErrConflict.With("your own second factors are removed in your settings")
	}
	for _, table := range factorTables {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE user_id = $1`, user.ID); err != nil {
			return contracts.User{}, fmt.Errorf("delete second factors: %w", err)
		}
	}
	_, err = endSessionsTx(ctx, tx, actor.UserID, user.ID, "")
	return user, err
}

// ResetSecondFactors is [Service.ResetSecondFactorsTx] in a transaction of its own.
func (s *Service) ResetSecondFactors(ctx context.Context, actor contracts.Actor, userID string) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.ResetSecondFactorsTx(ctx, tx, actor, userID)
	})
}
