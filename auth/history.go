package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// What is kept of a user's sign-ins.
const (
	loginMemory = 90 * 24 * time.Hour
	MaxLogins   = 200 // the newest, per user
)

const loginColumns = `id, at, outcome, method, client, device, ip`

func scanLogin(scan sqldb.Scan) (l contracts.Login, err error) {
	var at int64
	err = scan(&l.ID, &at, &l.Outcome, &l.Method, &l.Client, &l.Device, &l.IP)
	l.At = fromMillis(at)
	return l, err
}

// Logins lists a user's sign-ins of the last 90 days, the newest first, of which
// MaxLogins are kept: one's own, or with [contracts.PermManageUsers] anybody's. Failed ones stand
// in it a moment after they were answered.
func (s *Service) Logins(ctx context.Context, actor contracts.Actor, userID string, page contracts.PageRequest) (contracts.Page[contracts.Login], error) {
	none := contracts.Page[contracts.Login]{}
	if actor.UserID == userID && !wholeAccount(actor) || actor.UserID != userID && !actor.Can(contracts.PermManageUsers) {
		return none, contracts.ErrForbidden
	}
	limit, err := page.Check()
	if err != nil {
		return none, err
	}
	before, id := int64(math.MaxInt64), ""
	if page.After != "" {
		if err := contracts.DecodeCursor(page.After, &before, &id); err != nil {
			return none, err
		}
	}
	list, err := sqldb.List(ctx, s.db.Read, scanLogin, `SELECT `+loginColumns+` FROM logins WHERE user_id = $1 AND at > $2 AND (at < $3 OR at = $3 AND id < $4) ORDER BY at DESC, id DESC LIMIT $5`,
		userID, s.now().Add(-loginMemory).UnixMilli(), before, id, limit+1)
	if err != nil {
		return none, fmt.Errorf("list sign-ins: %w", err)
	}
	return contracts.NewPage(list, limit, func(l contracts.Login) string { return contracts.EncodeCursor(l.At.UnixMilli(), l.ID) }), nil
}

// noteLogin records a sign-in with its session, and tells a user by mail who has signed
// in before, but never with this client from this address. One that owes its second
// factor is recorded as that, and again when that is paid.
func (s *Service) noteLogin(ctx context.Context, tx *sql.Tx, user contracts.User, ses startedSession) error {
	if s.CanMail() && user.Email != "" {
		var all, same int
		// What was recorded before devices were says nothing of them.
		err := tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN ip = $2 AND client = $3 AND device IN ($4, '') THEN 1 END) FROM logins
			WHERE user_id = $1 AND outcome IN ($5, $6)`,
			user.ID, ses.IP, ses.Client, ses.Device, contracts.LoginOK, contracts.LoginFactorOwed).Scan(&all, &same)
		if err != nil {
			return fmt.Errorf("look for earlier sign-ins: %w", err)
		}
		if all > 0 && same == 0 {
			on := ses.Client
			if ses.Device != "" {
				on = ses.Device
			}
			s.mailAfter(ctx, Mail{Kind: MailNewDevice, To: user.Email, Name: user.DisplayName, At: ses.CreatedAt, IP: ses.IP, Client: on})
		}
	}
	l := contracts.Login{At: ses.CreatedAt, Outcome: contracts.LoginOK, Method: ses.Method, Client: ses.Client, Device: ses.Device, IP: ses.IP}
	if ses.assurance == FactorOwed {
		l.Outcome = contracts.LoginFactorOwed
	}
	return putLogin(ctx, tx, user.ID, l)
}

// notePaid records the sign-in of a session that owed its second factor until now.
func notePaid(ctx context.Context, tx *sql.Tx, actor contracts.Actor, now time.Time) error {
	l := contracts.Login{At: now, Outcome: contracts.LoginOK}
	switch err := loginOf(ctx, tx, actor, &l, ` AND assurance = 0`); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return putLogin(ctx, tx, actor.UserID, l)
}

// loginOf fills in what the actor's session says of itself: [sql.ErrNoRows] without one.
func loginOf(ctx context.Context, q eventlog.Querier, actor contracts.Actor, l *contracts.Login, and string) error {
	var method string
	err := q.QueryRowContext(ctx, `SELECT method, client, device, ip FROM sessions WHERE id = $1 AND user_id = $2`+and, actor.SessionID, actor.UserID).
		Scan(&method, &l.Client, &l.Device, &l.IP)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read session: %w", err)
	}
	setDefault(&l.Method, method)
	if actor.IP != "" {
		l.IP = cleanLabel(actor.IP, 64)
	}
	return err
}

// notePassword records a failed sign-in by password, beside the request: the answer
// takes no longer for that. The next request may wait for what is written here, and would
// tell, so as much is written for nobody: somebody's row, which is taken back at once.
func (s *Service) notePassword(user contracts.User, in LoginInput, outcome string) {
	if user.ID != "" {
		s.noteFailure(user.ID, in.Client, in.IP, contracts.Login{Outcome: outcome, Method: contracts.MethodPassword})
		return
	}
	s.noteLater("", func(ctx context.Context, tx *sql.Tx) error {
		row := []any{contracts.NewID("lgn"), s.now().UnixMilli(), outcome, contracts.MethodPassword, "", "", ""}
		if _, err := tx.ExecContext(ctx, `INSERT INTO logins (user_id, `+loginColumns+`) SELECT id, $1, $2, $3, $4, $5, $6, $7 FROM users ORDER BY id LIMIT 1`, row...); err != nil {
			return fmt.Errorf("record nobody's sign-in: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM logins WHERE id = $1`, row[0]); err != nil {
			return fmt.Errorf("take nobody's sign-in back: %w", err)
		}
		return nil
	})
}

// noteFailure records a failed sign-in of a user, beside the request. For nobody there is
// nothing to record.
func (s *Service) noteFailure(userID, label, ip string, l contracts.Login) {
	if userID == "" {
		return
	}
	l.At, l.IP = s.now(), cleanLabel(ip, 64)
	l.Client, l.Device = clientParts(label)
	s.noteLater(userID, func(ctx context.Context, tx *sql.Tx) error { return putLogin(ctx, tx, userID, l) })
}

// noteWrongProof records that a second factor, or a fresh proof of identity, was refused
// in a session.
func (s *Service) noteWrongProof(actor contracts.Actor, outcome, method string) {
	l := contracts.Login{At: s.now(), Outcome: outcome, Method: method}
	s.noteLater(actor.UserID, func(ctx context.Context, tx *sql.Tx) error {
		if err := loginOf(ctx, tx, actor, &l, ""); err != nil && !errors.Is(err, sql.ErrNoRows) { // it may have ended meanwhile
			return err
		}
		setDefault(&l.Method, contracts.MethodPassword)
		return putLogin(ctx, tx, actor.UserID, l)
	})
}

func (s *Service) noteLater(userID string, write func(context.Context, *sql.Tx) error) {
	s.chores.do(func(ctx context.Context) {
		if err := s.db.Write(ctx, write); err != nil {
			s.log.Warn().Err(err).Str("user_id", userID).Msg("failed sign-in not recorded")
		}
	})
}

func putLogin(ctx context.Context, tx *sql.Tx, userID string, l contracts.Login) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO logins (user_id, `+loginColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		userID, contracts.NewID("lgn"), l.At.UnixMilli(), l.Outcome, l.Method, l.Client, l.Device, l.IP)
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
