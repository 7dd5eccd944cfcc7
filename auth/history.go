package auth

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// What is kept of a user's sign-ins.
const (
	loginMemory = 90 * 24 * time.Hour
	MaxLogins   = 200 // the newest, per user
)

// How a sign-in ended.
const (
	LoginOK            = "ok"
	LoginWrongPassword = "wrong_password"
	LoginSuspended     = "suspended" // the password was right, the account is suspended
)

// LoginRecord is a sign-in that happened or failed.
type LoginRecord struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	IP      string    `json:"ip"`
	Client  string    `json:"client"`
	Method  string    `json:"method"`  // as of sessions
	Outcome string    `json:"outcome"` // one of the Login… constants
}

// Logins lists a user's sign-ins of the last 90 days, the newest first, at most
// MaxLogins: one's own, or with [contracts.PermManageUsers] anybody's. Failed ones stand
// in it a moment after they were answered.
func (s *Service) Logins(ctx context.Context, actor contracts.Actor, userID string) ([]LoginRecord, error) {
	if actor.UserID == userID && !wholeAccount(actor) || actor.UserID != userID && !actor.Can(contracts.PermManageUsers) {
		return nil, contracts.ErrForbidden
	}
	records := []LoginRecord{}
	err := sqldb.Each(ctx, s.db.Read, `SELECT id, at, ip, client, method, outcome FROM logins WHERE user_id = $1 AND at > $2 ORDER BY at DESC, id DESC LIMIT $3`,
		[]any{userID, s.now().Add(-loginMemory).UnixMilli(), MaxLogins}, func(scan sqldb.Scan) error {
			var r LoginRecord
			var at int64
			err := scan(&r.ID, &at, &r.IP, &r.Client, &r.Method, &r.Outcome)
			r.At = fromMillis(at)
			records = append(records, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("list sign-ins: %w", err)
	}
	return records, nil
}

// noteLogin records a sign-in with its session, and tells a user by mail who has signed
// in before, but never with this client from this address.
func (s *Service) noteLogin(ctx context.Context, tx *sql.Tx, user contracts.User, ses contracts.Session) error {
	if s.CanMail() && user.Email != "" {
		var all, same int
		err := tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN ip = $2 AND client = $3 THEN 1 END) FROM logins WHERE user_id = $1 AND outcome = 'ok'`,
			user.ID, ses.IP, ses.Client).Scan(&all, &same)
		if err != nil {
			return fmt.Errorf("look for earlier sign-ins: %w", err)
		}
		if all > 0 && same == 0 {
			s.mailAfter(ctx, Mail{Kind: MailNewDevice, To: user.Email, Name: user.DisplayName, At: ses.CreatedAt, IP: ses.IP, Client: ses.Client})
		}
	}
	return putLogin(ctx, tx, user.ID, LoginRecord{At: ses.CreatedAt, IP: ses.IP, Client: ses.Client, Method: ses.Method, Outcome: LoginOK})
}

// noteFailure records a failed sign-in of somebody who exists, beside the request: the
// answer takes no longer for that. The next request may wait for what is written here,
// and would tell, so the same is written for nobody: a row is touched, and none is old.
func (s *Service) noteFailure(user contracts.User, in LoginInput, outcome string) {
	r := LoginRecord{At: s.now(), IP: cleanLabel(in.IP, 64), Client: cleanLabel(in.Client, 100), Method: contracts.MethodPassword, Outcome: outcome}
	s.chores.do(func(ctx context.Context) {
		err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if user.ID != "" {
				return putLogin(ctx, tx, user.ID, r)
			}
			if _, err := tx.ExecContext(ctx, `UPDATE login_attempts SET count = count WHERE id = $1`, s.attempts(accountKey(in.Username), in.IP)[0].id); err != nil {
				return fmt.Errorf("touch login attempts: %w", err)
			}
			return forgetLogins(ctx, tx, "")
		})
		if err != nil {
			s.log.Warn().Err(err).Str("user_id", user.ID).Msg("failed sign-in not recorded")
		}
	})
}

func putLogin(ctx context.Context, tx *sql.Tx, userID string, r LoginRecord) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO logins (id, user_id, at, ip, client, method, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		contracts.NewID("lgn"), userID, r.At.UnixMilli(), r.IP, r.Client, r.Method, r.Outcome)
	if err != nil {
		return fmt.Errorf("record sign-in: %w", err)
	}
	return forgetLogins(ctx, tx, userID)
}

// forgetLogins deletes what is over MaxLogins of a user.
func forgetLogins(ctx context.Context, tx *sql.Tx, userID string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE user_id = $1 ORDER BY at DESC, id DESC LIMIT 100 OFFSET $2)`, userID, MaxLogins)
	if err != nil {
		return fmt.Errorf("forget old sign-ins: %w", err)
	}
	return nil
}
