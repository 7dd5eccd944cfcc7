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

// EmailLife is how long the link that proves an address is good.
const EmailLife = 24 * time.Hour

// Changing an address is limited, so that nobody is flooded with mails and nobody tries
// out whose addresses are known.
const (
	emailsPerUser    = 10 // changes and repeats in an hour
	emailsPerIP      = 10 // in an hour
	emailsPerAddress = 3  // mails in an hour; more are dropped without a word
)

// proveEmail notes that a user's address is theirs: they had a mail there, a provider
// says so, or an administrator made the account with it. It counts until the address is
// another.
func proveEmail(ctx context.Context, tx *sql.Tx, userID string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE users SET email_proved = email_key WHERE id = $1`, userID); err != nil {
		return fmt.Errorf("note that an address is proved: %w", err)
	}
	return nil
}

// ownSession refuses an API token and a session that owes a proof.
func ownSession(actor contracts.Actor) error {
	if err := inSessionOnly(actor); err != nil {
		return err
	}
	return Owing(actor)
}

// OwnEmail returns the actor's address, whether it is proved, and which one it is to
// become: in a session, which owes nothing.
func (s *Service) OwnEmail(ctx context.Context, actor contracts.Actor) (contracts.EmailState, error) {
	if err := ownSession(actor); err != nil {
		return contracts.EmailState{}, err
	}
	return s.emailState(ctx, s.db.Read, actor.UserID)
}

func (s *Service) emailState(ctx context.Context, q eventlog.Querier, userID string) (contracts.EmailState, error) {
	var e contracts.EmailState
	var pending sql.NullString
	var expires sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT u.email, CASE WHEN u.email <> '' AND u.email_proved = u.email_key THEN 1 ELSE 0 END, c.email, c.expires_at
		FROM users u LEFT JOIN email_changes c ON c.user_id = u.id AND c.expires_at > $2 WHERE u.id = $1`, userID, s.now().UnixMilli()).
		Scan(&e.Email, &e.Proved, &pending, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return e, errNoUser
	}
	if err != nil {
		return e, fmt.Errorf("read address: %w", err)
	}
	if pending.Valid {
		e.Pending = &contracts.PendingEmail{Email: pending.String, ExpiresAt: fromMillis(expires.Int64)}
	}
	return e, nil
}

// changeEmail is what [Service.UpdateUserTx] does about an address, and returns the one
// that the user has from then on. Whoever changes their own has proved who they are just
// now; with a mail server they keep the old one until the link in a mail to the new one
// is opened, and are not told whether somebody else has it. What an administrator enters
// holds at once, and the mail asks to prove it.
func (s *Service) changeEmail(ctx context.Context, tx *sql.Tx, actor contracts.Actor, u contracts.User, email string) (string, error) {
	if emailKey(email) == emailKey(u.Email) {
		return email, nil // at most the case of its letters
	}
	self := u.ID == actor.UserID
	if self {
		state, err := s.emailState(ctx, tx, u.ID)
		if err != nil {
			return "", err
		}
		if state.Pending != nil && emailKey(state.Pending.Email) == emailKey(email) {
			return u.Email, nil // said again, as by a form that holds it; [Service.ResendEmail] mails again
		}
		if err := s.requireFresh(ctx, tx, actor); err != nil {
			return "", err
		}
		if err := s.mayMailOwn(ctx, tx, actor); err != nil {
			return "", err
		}
	}
	if self && email != "" && s.CanMail() {
		s.mailAfter(ctx, Mail{Kind: MailEmailAsked, To: u.Email, Name: u.DisplayName, At: s.now(), IP: actor.IP})
		return u.Email, s.holdEmail(ctx, tx, u, email)
	}
	if err := namesFree(ctx, tx, u.Username, email, u.ID); err != nil {
		return "", err
	}
	if err := endEmailChange(ctx, tx, u.ID); err != nil {
		return "", err
	}
	s.mailAfter(ctx, Mail{Kind: MailEmailChanged, To: u.Email, Name: u.DisplayName, At: s.now(), IP: actor.IP})
	if email != "" && s.CanMail() && !u.Bot {
		return email, s.holdEmail(ctx, tx, u, email)
	}
	return email, nil
}

// mayMailOwn counts what somebody does about their own address.
func (s *Service) mayMailOwn(ctx context.Context, tx *sql.Tx, actor contracts.Actor) error {
	counters := []counted{{digest("email-user\x00" + actor.UserID), emailsPerUser, time.Hour}}
	if ip := Network(actor.IP); ip != "" {
		counters = append(counters, counted{digest("email-ip\x00" + ip), emailsPerIP, time.Hour})
	}
	for _, c := range counters {
		wait, err := s.count(ctx, tx, c)
		if err != nil {
			return err
		}
		if wait > 0 {
			return contracts.ErrRateLimited.With("the address was changed too often").WithHint("Wait, then try again.").After(wait)
		}
	}
	return nil
}

// holdEmail keeps an address until it is proved, and mails the code for that unless the
// address is somebody else's: at the same cost, and the same is kept.
func (s *Service) holdEmail(ctx context.Context, tx *sql.Tx, u contracts.User, email string) error {
	code, now := randomText(22), s.now()
	ends := now.Add(EmailLife)
	_, err := tx.ExecContext(ctx, `INSERT INTO email_changes (user_id, email, code_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, code_hash = excluded.code_hash, created_at = excluded.created_at, expires_at = excluded.expires_at`,
		u.ID, email, digest(code), now.UnixMilli(), ends.UnixMilli())
	if err != nil {
		return fmt.Errorf("hold address: %w", err)
	}
	wait, err := s.count(ctx, tx, counted{digest("email\x00" + emailKey(email)), emailsPerAddress, time.Hour})
	if err != nil {
		return err
	}
	var taken int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE email_key = $1 AND id <> $2`, emailKey(email), u.ID).Scan(&taken); err != nil {
		return fmt.Errorf("look for the address: %w", err)
	}
	if wait == 0 && taken == 0 {
		s.mailAfter(ctx, Mail{Kind: MailEmail, To: email, Name: u.DisplayName, Link: s.link("/verify/email#", Secret(code)), ExpiresAt: ends, At: now})
	}
	return nil
}

// ResendEmail mails the link anew that proves the actor's next address, or without one
// the address that they have and that was never proved. The link before works no more.
//
// Errors: [contracts.ErrConflict] when there is nothing to prove,
// [contracts.ErrUnavailable] by a Service that sends no mail,
// [contracts.ErrReauthRequired], [contracts.ErrRateLimited], [contracts.ErrForbidden]
// for an API token.
func (s *Service) ResendEmail(ctx context.Context, actor contracts.Actor) (contracts.EmailState, error) {
	if err := ownSession(actor); err != nil {
		return contracts.EmailState{}, err
	}
	if !s.CanMail() {
		return contracts.EmailState{}, contracts.ErrUnavailable.With("this server sends no mail").WithHint("Without it no address has to be confirmed.")
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.EmailState, error) {
		none := contracts.EmailState{}
		if err := s.requireFresh(ctx, tx, actor); err != nil {
			return none, err
		}
		state, err := s.emailState(ctx, tx, actor.UserID)
		if err != nil {
			return none, err
		}
		next := state.Email
		switch {
		case state.Pending != nil:
			next = state.Pending.Email
		case next == "" || state.Proved:
			return none, contracts.ErrConflict.With("there is no address to confirm")
		}
		if err := s.mayMailOwn(ctx, tx, actor); err != nil {
			return none, err
		}
		user, err := s.fullUser(ctx, tx, actor.UserID)
		if err != nil {
			return none, err
		}
		if err := s.holdEmail(ctx, tx, user, next); err != nil {
			return none, err
		}
		return s.emailState(ctx, tx, actor.UserID)
	})
}

// CancelEmail leaves the actor's address as it is: the link that would change or prove it
// works no more. Repeating it does nothing.
func (s *Service) CancelEmail(ctx context.Context, actor contracts.Actor) error {
	if err := ownSession(actor); err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return endEmailChange(ctx, tx, actor.UserID) })
}

func endEmailChange(ctx context.Context, tx *sql.Tx, userID string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM email_changes WHERE user_id = $1`, userID); err != nil {
		return fmt.Errorf("end the change of an address: %w", err)
	}
	return nil
}

var errEmailGone = contracts.ErrGone.With("this link is not valid any more: it was used, replaced by a newer one, or is older than a day").
	WithHint("Ask for a new one in your settings.").At("/code")

// ConfirmedEmail is what came of a link that proves an address.
type ConfirmedEmail struct {
	User    contracts.User
	Changed bool // the address is another than before
}

// ConfirmEmail proves an address by the code of the mail to it, and makes it the user's
// when it was not yet; the one before is told. However many use a code at once, one wins.
//
// Errors: [contracts.ErrGone] for a code that was used, replaced or has expired, or never
// was; [contracts.ErrNameTaken] when somebody else took the address meanwhile.
func (s *Service) ConfirmEmail(ctx context.Context, code Secret, ip string) (ConfirmedEmail, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (ConfirmedEmail, error) {
		return s.ConfirmEmailTx(ctx, tx, code, ip)
	})
}

// ConfirmEmailTx is [Service.ConfirmEmail] in the caller's transaction.
func (s *Service) ConfirmEmailTx(ctx context.Context, tx *sql.Tx, code Secret, ip string) (ConfirmedEmail, error) {
	none := ConfirmedEmail{}
	var id, email string
	err := tx.QueryRowContext(ctx, `DELETE FROM email_changes WHERE code_hash = $1 AND expires_at > $2 RETURNING user_id, email`,
		digest(strings.TrimSpace(string(code))), s.now().UnixMilli()).Scan(&id, &email)
	if errors.Is(err, sql.ErrNoRows) {
		return none, errEmailGone
	}
	if err != nil {
		return none, fmt.Errorf("use up the code of an address: %w", err)
	}
	user, err := s.fullUser(ctx, tx, id)
	if err != nil {
		return none, err
	}
	if user.State != contracts.UserActive {
		return none, errEmailGone
	}
	done := ConfirmedEmail{User: user}
	if emailKey(email) != emailKey(user.Email) {
		if err := namesFree(ctx, tx, user.Username, email, id); err != nil {
			return none, err
		}
		if err := endResets(ctx, tx, id); err != nil {
			return none, err
		}
		s.mailAfter(ctx, Mail{Kind: MailEmailChanged, To: user.Email, Name: user.DisplayName, At: s.now(), IP: ip})
		done.Changed, done.User.Email = true, email
	}
	_, err = tx.ExecContext(ctx, `UPDATE users SET email = $1, email_key = $2, email_proved = $2 WHERE id = $3`, done.User.Email, emailKey(done.User.Email), id)
	if err != nil {
		return none, fmt.Errorf("set address: %w", err)
	}
	done.User = withProof(done.User, true)
	return done, nil
}
