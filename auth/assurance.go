package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// owes is what a session of that assurance has to prove before it may do anything else.
func (s *Service) owes(ctx context.Context, assurance int64, userID string, role contracts.Role) (contracts.Proof, error) {
	switch {
	case assurance == FactorOwed:
		return contracts.ProofSecondFactor, nil
	case assurance == TwoFactors:
		return "", nil
	}
	required, err := s.factorRequired(ctx, role)
	if err != nil || !required {
		return "", err
	}
	has, err := hasFactor(ctx, s.db.Read, userID)
	if err != nil {
		return "", err
	}
	if has {
		return contracts.ProofSecondFactor, nil
	}
	return contracts.ProofEnrolment, nil
}

// SessionsOwing returns those of some sessions, by id, that owe a proof as things are now:
// what [Service.Authenticate] would say of each, for many in few queries. It is asked when
// a role may have come to owe a second factor, by the settings or because somebody got it.
// Sessions that have ended are in no answer.
func (s *Service) SessionsOwing(ctx context.Context, ids []string) ([]string, error) {
	type one struct {
		id        string
		role      contracts.Role
		assurance int64
	}
	var below []one
	err := sqldb.EachIn(ctx, s.db.Read, `SELECT s.id, s.assurance, u.role FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.assurance < $1 AND s.id`,
		[]any{TwoFactors}, ids, func(scan sqldb.Scan) error {
			var o one
			err := scan(&o.id, &o.assurance, &o.role)
			below = append(below, o)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	var owing []string
	required := map[contracts.Role]bool{}
	for _, o := range below {
		if _, asked := required[o.role]; !asked {
			if required[o.role], err = s.factorRequired(ctx, o.role); err != nil {
				return nil, err
			}
		}
		if o.assurance == FactorOwed || required[o.role] {
			owing = append(owing, o.id)
		}
	}
	return owing, nil
}

func (s *Service) factorRequired(ctx context.Context, role contracts.Role) (bool, error) {
	if s.cfg.SecondFactorRequired == nil {
		return false, nil
	}
	required, err := s.cfg.SecondFactorRequired(ctx, role)
	if err != nil {
		return false, fmt.Errorf("ask whether a second factor is required: %w", err)
	}
	return required, nil
}

// factors are the queries that count a user's second factors, each with the user as $1.
const factors = `SELECT (SELECT count(*) FROM mfa_totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) + (SELECT count(*) FROM passkeys WHERE user_id = $1)`

// hasFactor tells whether a user has a second factor that works.
func hasFactor(ctx context.Context, q eventlog.Querier, userID string) (bool, error) {
	var n int
	if err := q.QueryRowContext(ctx, factors, userID).Scan(&n); err != nil {
		return false, fmt.Errorf("look for second factors: %w", err)
	}
	return n > 0, nil
}

// Owing returns [contracts.ErrMFARequired] with the way out when the actor's session
// owes a proof, nil otherwise.
func Owing(actor contracts.Actor) error {
	switch actor.Owes {
	case "":
		return nil
	case contracts.ProofEnrolment:
		return contracts.ErrMFARequired.With("your role needs a second factor, and you have none yet").
			WithHint("Set up an authenticator app or a passkey (POST /auth/2fa/enrol), then go on.")
	}
	return contracts.ErrMFARequired.WithHint("Enter a code of your authenticator app, a recovery code, or use a passkey (POST /auth/2fa/verify).")
}

// requireFresh refuses a sensitive change when the person behind the session has not
// proved who they are for Config.FreshFor: [contracts.ErrReauthRequired]. The operator
// passes, and who acts in a user's name at the machine; an API token proves nobody:
// [contracts.ErrForbidden].
func (s *Service) requireFresh(ctx context.Context, q eventlog.Querier, actor contracts.Actor) error {
	switch {
	case actor.TokenID != "":
		return contracts.ErrForbidden.With("an API token may not do this").WithHint("Sign in instead.")
	case actor.Operator, actor.SessionID == "":
		return nil
	}
	var proved int64
	err := q.QueryRowContext(ctx, `SELECT proved_at FROM sessions WHERE id = $1 AND user_id = $2`, actor.SessionID, actor.UserID).Scan(&proved)
	if errors.Is(err, sql.ErrNoRows) {
		return contracts.ErrUnauthenticated.With("the session has ended").WithHint("Sign in again.")
	}
	if err != nil {
		return fmt.Errorf("read when the session was proved: %w", err)
	}
	if s.now().Sub(fromMillis(proved)) > s.cfg.FreshFor {
		return contracts.ErrReauthRequired
	}
	return nil
}

// Reauth takes the password of the one who is signed in as a fresh proof of identity:
// for Config.FreshFor sensitive changes need no other. Wrong passwords count as failed
// logins. Who has none proves it by a code or a passkey. A session that owes the
// enrolment may, which it needs to enrol; one that owes a second factor may not.
//
// Errors: [contracts.ErrBadCredentials] at /password, [contracts.ErrRateLimited],
// [contracts.ErrBusy], [contracts.ErrForbidden] for an API token, [contracts.ErrUnavailable]
// as [Service.MissingPepper], which is no attempt.
func (s *Service) Reauth(ctx context.Context, actor contracts.Actor, password Secret) error {
	if err := mayEnrol(actor); err != nil {
		return err
	}
	user, err := s.fullUser(ctx, s.db.Read, actor.UserID)
	if err != nil {
		return err
	}
	if err := s.checkOwn(ctx, actor, user, password); err != nil {
		if errors.Is(err, contracts.ErrBadCredentials) {
			return contracts.ErrBadCredentials.With("the password is wrong").At("/password")
		}
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return proved(ctx, tx, actor, 0, now) })
}

// proved notes that the person behind the actor's session has proved who they are, and
// raises its assurance to at least the given one.
func proved(ctx context.Context, tx *sql.Tx, actor contracts.Actor, assurance int64, now time.Time) error {
	if assurance == TwoFactors {
		if err := notePaid(ctx, tx, actor, now); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE sessions SET proved_at = $1, assurance = CASE WHEN assurance < $2 THEN $2 ELSE assurance END WHERE id = $3 AND user_id = $4`,
		now.UnixMilli(), assurance, actor.SessionID, actor.UserID)
	if err != nil {
		return fmt.Errorf("note the proof of identity: %w", err)
	}
	return nil
}
