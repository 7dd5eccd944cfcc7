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

// SignupLife is how long the code that proves an address is good.
const SignupLife = 24 * time.Hour

// Signing up without an invite is limited.
const (
	signupsPerIP      = 10 // in an hour
	signupsPerAddress = 3  // mails in an hour; more are dropped without a word
)

// OpenSignup makes an account without an invite, with the role of member, where
// Config.OpenSignup allows it. When the address has to be proved first, there is no
// account yet and no session: pending is true, and a mail is on its way to it, unless it
// is somebody's already, which the answer does not tell.
//
// Errors: what Config.OpenSignup answers, [contracts.ErrForbidden] without it;
// [contracts.ErrInvalid] and [contracts.ErrNameTaken] with the field at fault,
// [contracts.ErrRateLimited], [contracts.ErrBusy], [contracts.ErrUnavailable] when an
// address has to be proved by a Service that sends no mail.
func (s *Service) OpenSignup(ctx context.Context, in SignupInput) (signed SignedIn, pending bool, err error) {
	email, bad := cleanEmail(in.Email)
	if bad != nil {
		return SignedIn{}, false, bad
	}
	verify, err := s.mayOpen(ctx, email)
	if err != nil {
		return SignedIn{}, false, err
	}
	if ip := Network(in.IP); ip != "" {
		if err := s.reserve(ctx, []counted{{digest("signup-ip\x00" + ip), signupsPerIP, time.Hour}}); err != nil {
			return SignedIn{}, false, err
		}
	}
	asked := NewUser{Username: in.Username, DisplayName: in.DisplayName, Email: email, Password: in.Password, Role: contracts.RoleMember}
	if verify {
		asked.Email = "" // whether it is free is nobody's business
	}
	prepared, err := s.prepareUser(ctx, asked, true)
	if err != nil {
		return SignedIn{}, false, err
	}
	if verify {
		return SignedIn{}, true, s.holdSignup(ctx, prepared, email)
	}
	signed, err = s.join(ctx, prepared, in, nil)
	return signed, false, err
}

// mayOpen asks Config.OpenSignup.
func (s *Service) mayOpen(ctx context.Context, email string) (verify bool, err error) {
	if s.cfg.OpenSignup == nil {
		return false, contracts.ErrForbidden.With("an account needs an invite here").WithHint("Ask somebody of the workspace for an invite link.")
	}
	if verify, err = s.cfg.OpenSignup(ctx, email); err != nil || !verify {
		return verify, err
	}
	if email == "" {
		return true, contracts.Invalid("/email", "an email address is needed, and proved by a mail to it")
	}
	if !s.CanMail() {
		return true, contracts.ErrUnavailable.With("addresses are proved by mail, and this server sends none").WithHint("Ask an administrator for an invite.")
	}
	return true, nil
}

// holdSignup keeps an account until its address is proved, at the same cost whether the
// address is free or not.
func (s *Service) holdSignup(ctx context.Context, p PreparedUser, email string) error {
	err := s.reserve(ctx, []counted{{digest("signup\x00" + emailKey(email)), signupsPerAddress, time.Hour}})
	if errors.Is(err, contracts.ErrRateLimited) {
		s.log.Info().Msg("too many sign-ups for one address, one was dropped")
		return nil
	}
	if err != nil {
		return err
	}
	code, now := randomText(22), s.now()
	ends := now.Add(SignupLife)
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO signups (id, code_hash, username, display_name, email, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			p.user.ID, digest(code), p.user.Username, p.user.DisplayName, email, p.hash, now.UnixMilli(), ends.UnixMilli())
		if err != nil {
			return fmt.Errorf("hold sign-up: %w", err)
		}
		var taken int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE email_key = $1`, emailKey(email)).Scan(&taken); err != nil {
			return fmt.Errorf("look for the address: %w", err)
		}
		if taken == 0 {
			s.mailAfter(ctx, Mail{Kind: MailVerify, To: email, Name: p.user.DisplayName, Link: s.link("/verify#", Secret(code)), ExpiresAt: ends, At: now})
		}
		return nil
	})
}

// VerifySignup proves the address of an account that was asked for and makes it.
// However many use a code at once, one wins.
//
// Errors: [contracts.ErrGone] for a code that was used or has expired, or never was;
// [contracts.ErrNameTaken] when somebody else took the name meanwhile; what
// Config.OpenSignup answers by now.
func (s *Service) VerifySignup(ctx context.Context, code Secret, client, ip string) (SignedIn, error) {
	hashed := digest(strings.TrimSpace(string(code)))
	p, err := s.heldSignup(ctx, s.db.Read, hashed)
	if err != nil {
		return SignedIn{}, err
	}
	if _, err := s.mayOpen(ctx, p.user.Email); err != nil {
		return SignedIn{}, err
	}
	return s.join(ctx, p, SignupInput{Client: client, IP: ip}, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM signups WHERE code_hash = $1`, hashed)
		if err != nil {
			return fmt.Errorf("use up sign-up: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errSignupGone)
		}
		return nil
	})
}

var errSignupGone = contracts.ErrGone.With("this link is not valid any more: it was used, or is older than a day").WithHint("Sign up again.").At("/code")

func (s *Service) heldSignup(ctx context.Context, q eventlog.Querier, hashed string) (PreparedUser, error) {
	p := PreparedUser{user: contracts.User{Role: contracts.RoleMember, State: contracts.UserActive, CreatedAt: s.now()}}
	u := &p.user
	err := q.QueryRowContext(ctx, `SELECT id, username, display_name, email, hash FROM signups WHERE code_hash = $1 AND expires_at > $2`, hashed, s.now().UnixMilli()).
		Scan(&u.ID, &u.Username, &u.DisplayName, &u.Email, &p.hash)
	if errors.Is(err, sql.ErrNoRows) {
		return p, errSignupGone
	}
	if err != nil {
		return p, fmt.Errorf("read sign-up: %w", err)
	}
	return p, nil
}

// join makes an account and signs it in, in one transaction with proof, which uses up
// what proves the address; nil when nothing does.
func (s *Service) join(ctx context.Context, p PreparedUser, in SignupInput, proof func(context.Context, *sql.Tx) error) (SignedIn, error) {
	secrets, now := newSessionSecrets(), s.now()
	var user contracts.User
	var ses startedSession
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if proof != nil {
			if err := proof(ctx, tx); err != nil {
				return err
			}
		}
		if err := s.insertUser(ctx, tx, p.user.ID, p, nil); err != nil {
			return err
		}
		if proof != nil {
			if err := proveEmail(ctx, tx, p.user.ID); err != nil {
				return err
			}
		}
		user = withProof(p.user, proof != nil)
		created, err := s.insertSession(ctx, tx, user, secrets, SignInProof{Method: contracts.MethodPassword, Assurance: OneFactor, Client: in.Client, IP: in.IP}, now)
		ses = created
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}
