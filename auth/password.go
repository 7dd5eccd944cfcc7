package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// HashPassword checks a password against the policy and returns its argon2id hash
// as a PHC string ("$argon2id$v=19$m=19456,t=2,p=1$salt$hash"). It waits for its
// turn in the queue; [contracts.ErrBusy] with RetryAfter when that is full.
func (s *Service) HashPassword(ctx context.Context, password Secret) (string, error) {
	if err := checkPassword("/password", password); err != nil {
		return "", err
	}
	release, err := s.hasher.place()
	if err != nil {
		return "", err
	}
	defer release()
	return s.hasher.hash(ctx, password)
}

// PreparedPassword is a new password for a user, checked and hashed, for
// [Service.SetPasswordTx].
type PreparedPassword struct {
	userID, hash string
	keep         string // the session that goes on; "" ends them all
}

// Format keeps the hash out of logs.
func (p PreparedPassword) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[prepared password]")) }

// ChangePassword replaces one's own password after checking the old one, and ends
// one's other sessions; the one that asks goes on. It needs a session: an API token
// may not do it. Wrong old passwords count as failed logins.
//
// Errors: [contracts.ErrBadCredentials], [contracts.ErrInvalid] at /new,
// [contracts.ErrRateLimited], [contracts.ErrBusy], [contracts.ErrForbidden],
// [contracts.ErrUnauthenticated] when the session ended meanwhile,
// [contracts.ErrUnavailable] as [Service.MissingPepper], which is no attempt.
func (s *Service) ChangePassword(ctx context.Context, actor contracts.Actor, old, replacement Secret) error {
	p, err := s.PrepareOwnPassword(ctx, actor, old, replacement)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.SetPasswordTx(ctx, tx, actor, p) })
}

// PrepareOwnPassword does of [Service.ChangePassword] what is too slow for a
// transaction; [Service.SetPasswordTx] does the rest. Errors as ChangePassword.
func (s *Service) PrepareOwnPassword(ctx context.Context, actor contracts.Actor, old, replacement Secret) (PreparedPassword, error) {
	none := PreparedPassword{}
	if actor.UserID == "" || actor.TokenID != "" {
		return none, contracts.ErrForbidden.With("changing a password needs a sign-in with the password")
	}
	user, err := s.fullUser(ctx, s.db.Read, actor.UserID)
	if err != nil {
		return none, err
	}
	if err := checkPassword("/new", replacement, user.Username, user.Email); err != nil {
		return none, err
	}
	if err := s.checkOwn(ctx, actor, user, old); err != nil {
		if errors.Is(err, contracts.ErrBadCredentials) {
			return none, contracts.ErrBadCredentials.With("the current password is wrong").At("/current")
		}
		return none, err
	}
	hash, err := s.HashPassword(ctx, replacement)
	return PreparedPassword{user.ID, hash, actor.SessionID}, err
}

// checkOwn checks the password of whoever is signed in as that user.
func (s *Service) checkOwn(ctx context.Context, actor contracts.Actor, user contracts.User, password Secret) error {
	if err := s.MissingPepper(ctx, user.Username); err != nil {
		return err
	}
	found, err := s.checkLogin(ctx, LoginInput{Username: user.Username, Password: password, IP: actor.IP})
	if err == nil && found.ID != user.ID { // a directory has given the name to somebody else meanwhile
		return contracts.ErrBadCredentials
	}
	return err
}

// SetPassword gives a user a new password and ends all their sessions. It needs
// [contracts.PermManageUsers] over a user with a lesser role, or the operator; for
// one's own there is [Service.ChangePassword].
func (s *Service) SetPassword(ctx context.Context, actor contracts.Actor, userID string, replacement Secret) error {
	p, err := s.PreparePassword(ctx, actor, userID, replacement)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.SetPasswordTx(ctx, tx, actor, p) })
}

// PreparePassword does of [Service.SetPassword] what is too slow for a transaction;
// [Service.SetPasswordTx] does the rest. Errors as SetPassword.
func (s *Service) PreparePassword(ctx context.Context, actor contracts.Actor, userID string, replacement Secret) (PreparedPassword, error) {
	none := PreparedPassword{}
	if !actor.Can(contracts.PermManageUsers) {
		return none, contracts.ErrForbidden
	}
	user, err := s.fullUser(ctx, s.db.Read, userID)
	if err != nil {
		return none, err
	}
	if user.ID == actor.UserID {
		return none, contracts.ErrForbidden.With("your own password is changed with the current one")
	}
	if err := mayActOn(actor, user); err != nil {
		return none, err
	}
	if user.Bot {
		return none, contracts.ErrConflict.With("a bot has no password").WithHint("Make an API token for it.")
	}
	if err := checkPassword("/password", replacement, user.Username, user.Email); err != nil {
		return none, err
	}
	hash, err := s.HashPassword(ctx, replacement)
	return PreparedPassword{userID: user.ID, hash: hash}, err
}

// SetPasswordTx is [Service.SetPassword] and [Service.ChangePassword] in the caller's
// transaction: it stores the password, after a look whether the actor still may, and
// ends the user's sessions.
func (s *Service) SetPasswordTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, p PreparedPassword) error {
	if p.hash == "" {
		return errors.New("auth: set a password that was not prepared")
	}
	if err := s.recheck(ctx, tx, actor, p.userID); err != nil {
		return err
	}
	if p.keep != "" {
		if err := stillSignedIn(ctx, tx, p.userID, p.keep); err != nil {
			return err
		}
	}
	if err := putCredential(ctx, tx, p.userID, p.hash, s.now().UnixMilli()); err != nil {
		return err
	}
	_, err := endSessionsTx(ctx, tx, actor.UserID, p.userID, p.keep)
	return err
}

// stillSignedIn refuses for a session that ended while the password was hashed: a reset
// by somebody else, which ends all, must not be overtaken.
func stillSignedIn(ctx context.Context, tx *sql.Tx, userID, session string) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sessions WHERE id = $1 AND user_id = $2`, session, userID).Scan(&n); err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	if n == 0 {
		return contracts.ErrUnauthenticated.With("the session has ended").WithHint("Sign in again.")
	}
	return nil
}

func putCredential(ctx context.Context, tx *sql.Tx, userID, hash string, now int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO credentials (user_id, hash, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`, userID, hash, now)
	if err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	if err := endEmailChange(ctx, tx, userID); err != nil { // whoever wanted it may be why the password is another
		return err
	}
	return endResets(ctx, tx, userID)
}
