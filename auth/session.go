package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

const sessionColumns = `id, user_id, client, device, ip, method, created_at, last_used_at, expires_at`

func scanSession(scan sqldb.Scan) (s contracts.Session, err error) {
	var created, used, expires int64
	err = scan(&s.ID, &s.UserID, &s.Client, &s.Device, &s.IP, &s.Method, &created, &used, &expires)
	s.CreatedAt, s.LastUsedAt, s.ExpiresAt = fromMillis(created), fromMillis(used), fromMillis(expires)
	return s, err
}

// Sessions lists a user's sessions that have not expired, the last used one first:
// one's own, or with [contracts.PermManageUsers] anybody's. LastUsedAt is right to
// five minutes.
func (s *Service) Sessions(ctx context.Context, actor contracts.Actor, userID string) ([]contracts.Session, error) {
	if actor.UserID == userID && !wholeAccount(actor) || actor.UserID != userID && !actor.Can(contracts.PermManageUsers) {
		return nil, contracts.ErrForbidden
	}
	sessions := []contracts.Session{}
	err := sqldb.Each(ctx, s.db.Read, `SELECT `+sessionColumns+` FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY last_used_at DESC, id DESC`,
		[]any{userID, s.now().UnixMilli()}, func(scan sqldb.Scan) error {
			ses, err := scanSession(scan)
			ses.Current = ses.ID == actor.SessionID
			sessions = append(sessions, ses)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return sessions, nil
}

// RevokeSession ends a session at once: its cookie, its access tokens and its refresh
// token are refused from the moment it returns. One's own, or with
// [contracts.PermManageUsers] one of a user with a lesser role; any other is
// [contracts.ErrNotFound], as is one that has ended.
func (s *Service) RevokeSession(ctx context.Context, actor contracts.Actor, id string) error {
	_, err := inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Session, error) {
		return s.RevokeSessionTx(ctx, tx, actor, id)
	})
	return err
}

// RevokeSessionTx is [Service.RevokeSession] in the caller's transaction; the session
// is refused from the commit on. It returns what it ended.
func (s *Service) RevokeSessionTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Session, error) {
	none, missing := contracts.Session{}, contracts.ErrNotFound.With("no such session")
	ses, err := scanSession(tx.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return none, missing
	}
	if err != nil {
		return none, fmt.Errorf("read session: %w", err)
	}
	if ses.UserID != actor.UserID && !actor.Can(contracts.PermManageUsers) {
		return none, missing
	}
	if err := s.recheck(ctx, tx, actor, ses.UserID); err != nil {
		return none, err
	}
	return ses, endSessionTx(ctx, tx, actor.UserID, ses.UserID, id)
}

// RevokeOtherSessions ends a user's sessions but the one that asks, and returns how
// many. Rights as [Service.RevokeSession].
func (s *Service) RevokeOtherSessions(ctx context.Context, actor contracts.Actor, userID string) (int, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (int, error) {
		return s.RevokeOtherSessionsTx(ctx, tx, actor, userID)
	})
}

// RevokeOtherSessionsTx is [Service.RevokeOtherSessions] in the caller's transaction.
func (s *Service) RevokeOtherSessionsTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID string) (int, error) {
	if err := s.recheck(ctx, tx, actor, userID); err != nil {
		return 0, err
	}
	return endSessionsTx(ctx, tx, actor.UserID, userID, actor.SessionID)
}

// RevokeAllSessions ends all of a user's sessions, the one that asks as well, and
// returns how many. Rights as [Service.RevokeSession].
func (s *Service) RevokeAllSessions(ctx context.Context, actor contracts.Actor, userID string) (int, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (int, error) {
		return s.RevokeAllSessionsTx(ctx, tx, actor, userID)
	})
}

// RevokeAllSessionsTx is [Service.RevokeAllSessions] in the caller's transaction.
func (s *Service) RevokeAllSessionsTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID string) (int, error) {
	if err := s.recheck(ctx, tx, actor, userID); err != nil {
		return 0, err
	}
	return endSessionsTx(ctx, tx, actor.UserID, userID, "")
}

// Logout ends the session that asks. Repeating it does nothing. An API token is not a
// session: [contracts.ErrConflict].
func (s *Service) Logout(ctx context.Context, actor contracts.Actor) error {
	if actor.SessionID == "" {
		return contracts.ErrConflict.With("there is no session to end").WithHint("An API token is revoked instead.")
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return endSessionTx(ctx, tx, actor.UserID, actor.UserID, actor.SessionID)
	})
}

// endSessionTx deletes one session of a user and logs it; nothing when it is gone.
func endSessionTx(ctx context.Context, tx *sql.Tx, by, userID, id string) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE id = $1 AND user_id = $2`, id, userID)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return appendEvents(ctx, tx, revokedEvent(contracts.EventSessionRevoked, by, userID, id))
}

// endSessionsTx ends all of a user's sessions but one.
func endSessionsTx(ctx context.Context, tx *sql.Tx, by, userID, except string) (int, error) {
	return endSelectedTx(ctx, tx, by, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2 RETURNING user_id, id`, userID, except)
}

// endBegunByTx ends the sessions of a user that a passkey or linked account began, and
// those that came of them, but the actor's own.
func endBegunByTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID, id string) error {
	_, err := endSelectedTx(ctx, tx, actor.UserID, `DELETE FROM sessions WHERE user_id = $1 AND begun_by = $2 AND id <> $3 RETURNING user_id, id`, userID, id, actor.SessionID)
	return err
}

// endSelectedTx runs a DELETE … RETURNING user_id, id and logs what it ended.
func endSelectedTx(ctx context.Context, tx *sql.Tx, by, query string, args ...any) (int, error) {
	var events []*contracts.Event
	err := sqldb.Each(ctx, tx, query, args, func(scan sqldb.Scan) error {
		var user, id string
		err := scan(&user, &id)
		events = append(events, revokedEvent(contracts.EventSessionRevoked, by, user, id))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return len(events), appendEvents(ctx, tx, events...)
}
