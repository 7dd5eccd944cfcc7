package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
)

// A refresh token is "dkr_", 22 letters that all tokens of one session share, and 43
// that are new each time. The database holds the hash of the first part and of the
// newest second part. So a token that was used before is told from a forged one,
// however old it is, and no list of old tokens is kept.

// Refresh trades a refresh token for a new one and a new access token. Each works
// once: using one again, which means that two parties hold it, ends the session with
// all its tokens ([contracts.EventSessionRevoked]). Of several at once exactly one
// wins, and the session ends all the same, so a client never refreshes twice in
// parallel. An answer that got lost costs a new login.
//
// A session that owes a second factor keeps its refresh token but gets nothing for it:
// [contracts.ErrMFARequired].
//
// Every other failure is [contracts.ErrUnauthenticated], but [contracts.ErrSuspended].
func (s *Service) Refresh(ctx context.Context, refresh Secret, ip string) (SignedIn, error) {
	body, ok := strings.CutPrefix(string(refresh), refreshPrefix)
	if !ok || len(body) != familyLetters+secretLetters {
		return SignedIn{}, contracts.ErrUnauthenticated
	}
	family, generation := digest(body[:familyLetters]), digest(body[familyLetters:])
	if err := s.refuseOwing(ctx, family, generation); err != nil {
		return SignedIn{}, err
	}
	next, now := newSessionSecrets(), s.now()
	next.family, next.browser = body[:familyLetters], ""

	var user contracts.User
	var ses startedSession
	var reused bool
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var current string
		var ends, assurance int64
		found, err := scanSession(func(dest ...any) error {
			return tx.QueryRowContext(ctx, `SELECT `+sessionColumns+`, ends_at, refresh_hash, assurance FROM sessions WHERE family_hash = $1`, family).
				Scan(append(dest, &ends, &current, &assurance)...)
		})
		if errors.Is(err, sql.ErrNoRows) {
			return contracts.ErrUnauthenticated
		}
		if err != nil {
			return fmt.Errorf("read session: %w", err)
		}
		if !equal(current, generation) {
			ses, reused = startedSession{found, assurance, fromMillis(ends)}, true
			return endSessionTx(ctx, tx, "", found.UserID, found.ID)
		}
		if !found.ExpiresAt.After(now) {
			return contracts.ErrUnauthenticated
		}
		u, err := s.fullUser(ctx, tx, found.UserID)
		if err != nil {
			return err
		}
		if u, err = s.followTx(ctx, tx, u); err != nil {
			return err
		}
		if u.State != contracts.UserActive {
			return contracts.ErrSuspended
		}
		found.LastUsedAt, found.Current = now, true
		found.ExpiresAt = earlier(now.Add(s.cfg.SessionIdle), fromMillis(ends))
		if ip != "" {
			found.IP = cleanLabel(ip, 64)
		}
		_, err = tx.ExecContext(ctx, `UPDATE sessions SET refresh_hash = $1, last_used_at = $2, expires_at = $3, ip = $4 WHERE id = $5`,
			digest(next.generation), now.UnixMilli(), found.ExpiresAt.UnixMilli(), found.IP, found.ID)
		if err != nil {
			return fmt.Errorf("rotate refresh token: %w", err)
		}
		user, ses, reused = u, startedSession{found, assurance, fromMillis(ends)}, false
		return nil
	})
	if err != nil {
		return SignedIn{}, err
	}
	if reused {
		s.log.Warn().Str("user_id", ses.UserID).Str("session_id", ses.ID).Msg("refresh token used twice, session ended")
		return SignedIn{}, contracts.ErrUnauthenticated.With("this refresh token was used before; the session has ended").WithHint("Sign in again.")
	}
	return s.signedIn(ctx, user, ses, next, now)
}

// refuseOwing answers [contracts.ErrMFARequired] for the good refresh token of a session
// that owes a proof. Any other is for the transaction to judge.
func (s *Service) refuseOwing(ctx context.Context, family, generation string) error {
	var user, current string
	var role contracts.Role
	var assurance int64
	err := s.db.Read.QueryRowContext(ctx, `SELECT s.user_id, s.refresh_hash, s.assurance, u.role FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.family_hash = $1`, family).Scan(&user, &current, &assurance, &role)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !equal(current, generation) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	owes, err := s.owes(ctx, assurance, user, role)
	if err != nil {
		return err
	}
	return Owing(contracts.Actor{UserID: user, Owes: owes})
}
