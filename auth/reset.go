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
)

// ResetLife is how long the code for a new password is good.
const ResetLife = time.Hour

// Asking for a code by mail is limited, silently: the answer is the same.
const (
	resetsPerUser = 3  // in an hour
	resetsPerIP   = 10 // in an hour
)

// Reset is the offer to set a new password without the old one. Code, 131 random bits,
// is shown this once and stored as a hash.
type Reset struct {
	User      contracts.User
	Code      Secret
	ExpiresAt time.Time
}

// NewReset makes a code by which a user sets a new password, for whom an administrator
// helps: it needs [contracts.PermManageUsers] over a user with a lesser role, or the
// operator. It works once, for ResetLife, and replaces the one before.
//
// Errors: [contracts.ErrForbidden], also for oneself, [contracts.ErrNotFound],
// [contracts.ErrConflict] for a bot, [contracts.ErrSuspended] for a suspended user.
func (s *Service) NewReset(ctx context.Context, actor contracts.Actor, userID string) (Reset, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (Reset, error) { return s.NewResetTx(ctx, tx, actor, userID) })
}

// NewResetTx is [Service.NewReset] in the caller's transaction.
func (s *Service) NewResetTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID string) (Reset, error) {
	if userID == actor.UserID && !actor.Operator {
		return Reset{}, contracts.ErrForbidden.With("your own password is changed with the current one")
	}
	user, err := s.governed(ctx, tx, actor, userID)
	if err != nil {
		return Reset{}, err
	}
	switch {
	case user.Bot:
		return Reset{}, contracts.ErrConflict.With("a bot has no password").WithHint("Make an API token for it.")
	case user.State != contracts.UserActive:
		return Reset{}, contracts.ErrConflict.With("the account is suspended").WithHint("Restore it first.")
	}
	return s.putReset(ctx, tx, actor.UserID, user)
}

func (s *Service) putReset(ctx context.Context, tx *sql.Tx, by string, user contracts.User) (Reset, error) {
	now := s.now()
	r := Reset{User: user, Code: Secret(randomText(22)), ExpiresAt: now.Add(ResetLife)}
	_, err := tx.ExecContext(ctx, `INSERT INTO resets (user_id, code_hash, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at`,
		user.ID, digest(string(r.Code)), by, now.UnixMilli(), r.ExpiresAt.UnixMilli())
	if err != nil {
		return Reset{}, fmt.Errorf("store password reset: %w", err)
	}
	return r, nil
}

// RequestReset mails a code to whoever forgot their password, by user name or address.
// It returns at once and says nothing: whether there is such a user, an address or a
// mail server makes no difference that the caller could see. At most three mails an
// hour go to one user, and ten are asked for from one address.
func (s *Service) RequestReset(account, ip string) {
	if !s.CanMail() || len(account) > 254 {
		return
	}
	accepted := s.chores.do(func(ctx context.Context) {
		if err := s.mailReset(ctx, accountKey(account), ip); err != nil {
			s.log.Warn().Err(err).Msg("password reset not mailed")
		}
	})
	if !accepted {
		s.log.Warn().Msg("too many password resets wait, one was dropped")
	}
}

func (s *Service) mailReset(ctx context.Context, account, ip string) error {
	if ip = Network(ip); ip != "" {
		if err := s.reserve(ctx, []counted{{digest("reset-ip\x00" + ip), resetsPerIP, time.Hour}}); err != nil {
			return err
		}
	}
	user, _, err := s.credential(ctx, account, account)
	if err != nil {
		return err
	}
	// Other requests may wait for what is written here, and would tell, so as much is
	// written for nobody.
	nobody := user.Email == "" || user.Bot || user.State != contracts.UserActive
	counter := counted{digest("reset\x00" + user.ID), resetsPerUser, time.Hour}
	if nobody {
		counter.id = digest("reset-nobody\x00" + account)
	}
	if err := s.reserve(ctx, []counted{counter}); err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if nobody {
			return touch(ctx, tx, counter.id)
		}
		r, err := s.putReset(ctx, tx, user.ID, user)
		if err != nil {
			return err
		}
		s.mailAfter(ctx, Mail{Kind: MailReset, To: user.Email, Name: user.DisplayName, Link: s.link("/reset#", r.Code), ExpiresAt: r.ExpiresAt, At: s.now()})
		return nil
	})
}

// PreparedReset is a checked code with the new password hashed, for
// [Service.ResetPasswordTx].
type PreparedReset struct {
	code, hash string
	ip         string
}

// Format keeps the hash out of logs.
func (p PreparedReset) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[prepared reset]")) }

// ResetPassword sets a new password by a code of [Service.NewReset] or
// [Service.RequestReset], ends all sessions of the user and tells them by mail. A
// second factor stays what it was. A code that was mailed proves the address.
//
// Errors: [contracts.ErrGone] for a code that was used, replaced or has expired, or
// never was; [contracts.ErrInvalid] at /password, which leaves the code good;
// [contracts.ErrBusy].
func (s *Service) ResetPassword(ctx context.Context, code, password Secret, ip string) (contracts.User, error) {
	p, err := s.PrepareReset(ctx, code, password, ip)
	if err != nil {
		return contracts.User{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) { return s.ResetPasswordTx(ctx, tx, p) })
}

// PrepareReset does of [Service.ResetPassword] what is too slow for a transaction;
// [Service.ResetPasswordTx] does the rest. A wrong code costs no hash.
func (s *Service) PrepareReset(ctx context.Context, code, password Secret, ip string) (PreparedReset, error) {
	hashed := digest(strings.TrimSpace(string(code)))
	user, _, err := s.resetting(ctx, s.db.Read, hashed)
	if err != nil {
		return PreparedReset{}, err
	}
	if err := checkPassword("/password", password, user.Username, user.Email); err != nil {
		return PreparedReset{}, err
	}
	hash, err := s.HashPassword(ctx, password)
	return PreparedReset{hashed, hash, ip}, err
}

var errResetGone = contracts.ErrGone.With("this link is not valid any more: it was used, replaced by a newer one, or is older than an hour").
	WithHint("Ask for a new one.").At("/code")

// resetting is the user whom a code is for, and whether it was mailed to their address
// and shown to nobody.
func (s *Service) resetting(ctx context.Context, q eventlog.Querier, hashed string) (user contracts.User, mailed bool, err error) {
	var id, by string
	err = q.QueryRowContext(ctx, `SELECT user_id, created_by FROM resets WHERE code_hash = $1 AND expires_at > $2`, hashed, s.now().UnixMilli()).Scan(&id, &by)
	if errors.Is(err, sql.ErrNoRows) {
		return contracts.User{}, false, errResetGone
	}
	if err != nil {
		return contracts.User{}, false, fmt.Errorf("read password reset: %w", err)
	}
	user, err = s.fullUser(ctx, q, id)
	if err == nil && user.State != contracts.UserActive {
		return contracts.User{}, false, errResetGone
	}
	return user, by == id, err
}

// ResetPasswordTx is [Service.ResetPassword] in the caller's transaction. However many
// use a code at once, one wins.
func (s *Service) ResetPasswordTx(ctx context.Context, tx *sql.Tx, p PreparedReset) (contracts.User, error) {
	if p.hash == "" {
		return contracts.User{}, errors.New("auth: reset by a code that was not prepared")
	}
	user, mailed, err := s.resetting(ctx, tx, p.code)
	if err != nil {
		return contracts.User{}, err
	}
	result, err := tx.ExecContext(ctx, `DELETE FROM resets WHERE code_hash = $1`, p.code)
	if err != nil {
		return contracts.User{}, fmt.Errorf("use up password reset: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return contracts.User{}, errors.Join(err, errResetGone)
	}
	now := s.now()
	if err := putCredential(ctx, tx, user.ID, p.hash, now.UnixMilli()); err != nil {
		return contracts.User{}, err
	}
	if _, err := endSessionsTx(ctx, tx, user.ID, user.ID, ""); err != nil {
		return contracts.User{}, err
	}
	if mailed {
		if err := proveEmail(ctx, tx, user.ID); err != nil {
			return contracts.User{}, err
		}
		user = withProof(user, true)
	}
	// Who forgot a password has often tried until they were refused.
	tried := s.attempts(user.Username, p.ip)[:1]
	if user.Email != "" {
		tried = append(tried, s.attempts(emailKey(user.Email), p.ip)[0])
	}
	for _, c := range tried {
		if err := forgive(ctx, tx, []counted{c}); err != nil {
			return contracts.User{}, err
		}
	}
	s.mailAfter(ctx, Mail{Kind: MailPassword, To: user.Email, Name: user.DisplayName, At: now, IP: p.ip})
	return user, nil
}

// endResets makes a user's open code useless: the password or the address is another.
func endResets(ctx context.Context, tx *sql.Tx, userID string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM resets WHERE user_id = $1`, userID); err != nil {
		return fmt.Errorf("end password resets: %w", err)
	}
	return nil
}
