package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
)

// LoginInput is what somebody enters to sign in.
type LoginInput struct {
	Username string // or the email address; any case
	Password Secret
	Client   string // what the client calls itself, "web/0.1.0"
	IP       string // the address that attempts are counted by; "" on the command line
}

// Login checks a password and starts a session.
//
// An unknown user, a user without a password, one whose hash has a pepper that is missing
// in Config.Peppers, and a wrong password give the same answer at the same cost: one
// password hash each, of as old parameters as likely. Of the pepper the log is told ([Service.MissingPepper] asks). Failed logins are limited by
// [LoginLimits]. A hash made with other parameters than today's is replaced. What
// the session still owes when the user has a second factor, or should have one, is in
// SignedIn.Owes.
//
// Errors: [contracts.ErrBadCredentials], [contracts.ErrSuspended] (only after the
// right password), [contracts.ErrRateLimited] with RetryAfter, [contracts.ErrBusy]
// when too many sign in at this moment, [contracts.ErrInvalid] for a password over
// 1,024 bytes.
func (s *Service) Login(ctx context.Context, in LoginInput) (SignedIn, error) {
	user, err := s.checkLogin(ctx, in)
	if err != nil {
		return SignedIn{}, err
	}
	return s.startSession(ctx, user, SignInProof{Method: contracts.MethodPassword, Assurance: OneFactor, Client: in.Client, IP: in.IP})
}

// CheckLogin is [Service.Login] without a session: it tells whose password this is, and to
// everybody else as little.
func (s *Service) CheckLogin(ctx context.Context, in LoginInput) (contracts.User, error) {
	return s.checkLogin(ctx, in)
}

func (s *Service) checkLogin(ctx context.Context, in LoginInput) (contracts.User, error) {
	none := contracts.User{}
	if len(in.Password) > MaxPasswordBytes {
		return none, contracts.Invalid("/password", "the password is too long: at most 1,024 bytes")
	}
	if len(in.Username) > 254 {
		return none, contracts.Invalid("/username", "the user name is too long")
	}
	account := accountKey(in.Username)
	counters := s.attempts(account, in.IP)

	// The place in the queue comes first: what the queue refuses was no attempt.
	release, err := s.hasher.place()
	if err != nil {
		return none, err
	}
	defer release()
	if err := s.reserve(ctx, counters); err != nil {
		return none, err
	}
	user, stored, err := s.credential(ctx, account, in.Username)
	if err != nil {
		return none, err
	}
	nobody, err := s.standIn(ctx, account)
	if err != nil {
		return none, err
	}
	usable := stored != ""
	if usable {
		if err := s.hasher.peppers.has(stored); err != nil {
			s.log.Error().Err(err).Str("user_id", user.ID).Msg("a pepper is missing, somebody could not sign in")
			usable, user = false, contracts.User{} // whose history is told of no wrong password
		}
	}
	if !usable {
		stored = nobody
	}
	ok, weak, err := s.hasher.verify(ctx, in.Password, stored)
	if err != nil {
		return none, fmt.Errorf("check password: %w", err)
	}
	if !ok || !usable {
		s.notePassword(user, in, contracts.LoginWrongPassword)
		return none, contracts.ErrBadCredentials
	}
	renewed := ""
	if weak && checkPassword("", in.Password) == nil {
		if renewed, err = s.hasher.hash(ctx, in.Password); err != nil {
			return none, fmt.Errorf("renew password hash: %w", err)
		}
	}
	now := s.now().UnixMilli()
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if renewed != "" {
			// Only what was verified is replaced: the password may have changed meanwhile.
			if _, err := tx.ExecContext(ctx, `UPDATE credentials SET hash = $1, changed_at = $2 WHERE user_id = $3 AND hash = $4`,
				renewed, now, user.ID, stored); err != nil {
				return fmt.Errorf("renew password hash: %w", err)
			}
		}
		return forgive(ctx, tx, counters)
	})
	if err != nil {
		return none, err
	}
	if user.State != contracts.UserActive {
		s.notePassword(user, in, contracts.LoginSuspended)
		return none, contracts.ErrSuspended
	}
	return user, nil
}

// accountKey is how a user name or an address that somebody typed is looked up.
func accountKey(typed string) string {
	account := emailKey(strings.TrimPrefix(strings.TrimSpace(typed), "@"))
	if !strings.Contains(account, "@") {
		account = usernameKey(account)
	}
	return account
}

// credential reads a user and password hash by user name or email address, or by what
// was typed from the directory; nothing for nobody.
func (s *Service) credential(ctx context.Context, account, typed string) (contracts.User, string, error) {
	if s.cfg.Directory != nil {
		return s.personCredential(ctx, typed)
	}
	column := "username"
	if strings.Contains(account, "@") {
		column = "email_key"
	}
	var hash string
	u, err := s.scanUser(func(dest ...any) error {
		return s.db.Read.QueryRowContext(ctx, `SELECT `+userColumns+`, coalesce(c.hash, '')
			FROM users u LEFT JOIN credentials c ON c.user_id = u.id WHERE u.`+column+` = $1`, account).Scan(append(dest, &hash)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return contracts.User{}, "", nil
	}
	if err != nil {
		return contracts.User{}, "", fmt.Errorf("read credentials: %w", err)
	}
	return u, hash, nil
}
