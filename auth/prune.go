package auth

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// inviteMemory is how long an invite that cannot be used any more stays listed.
const inviteMemory = 90 * 24 * time.Hour

// Prune makes a new signing key when the one in use is older than Config.KeyLife, and
// deletes what has expired: sessions (with their session.revoked events, so
// that connections end), counts of logins, API tokens and old invites, in
// transactions of at most 500 rows. It returns how many sessions it ended. Call it
// every few minutes; nothing that has expired is accepted in between.
func (s *Service) Prune(ctx context.Context) (int, error) {
	const chunk = 500
	now := s.now()
	if _, err := inWrite(ctx, s.db, s.RotateOldKeyTx); err != nil {
		return 0, err
	}
	var ended int
	for {
		var n int
		err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			count, err := endSelectedTx(ctx, tx, "", `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
				RETURNING user_id, id`, now.UnixMilli(), chunk)
			n = count
			return err
		})
		if err != nil {
			return ended, err
		}
		if ended += n; n < chunk {
			break
		}
	}
	return ended, s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, sweep := range []struct {
			query string
			until time.Time
		}{
			{`DELETE FROM login_attempts WHERE id IN (SELECT id FROM login_attempts WHERE reset_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM webauthn_challenges WHERE challenge_hash IN (SELECT challenge_hash FROM webauthn_challenges WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM oidc_states WHERE state_hash IN (SELECT state_hash FROM oidc_states WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM device_codes WHERE device_hash IN (SELECT device_hash FROM device_codes WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM session_links WHERE session_id IN (SELECT session_id FROM session_links WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM api_tokens WHERE id IN (SELECT id FROM api_tokens WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM resets WHERE user_id IN (SELECT user_id FROM resets WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM signups WHERE id IN (SELECT id FROM signups WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM email_changes WHERE user_id IN (SELECT user_id FROM email_changes WHERE expires_at <= $1 LIMIT $2)`, now},
			{`DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE at <= $1 LIMIT $2)`, now.Add(-loginMemory)},
			{`DELETE FROM invites WHERE id IN (SELECT id FROM invites WHERE expires_at <= $1 LIMIT $2)`, now.Add(-inviteMemory)},
		} {
			if _, err := tx.ExecContext(ctx, sweep.query, sweep.until.UnixMilli(), chunk); err != nil {
				return fmt.Errorf("prune: %w", err)
			}
		}
		return nil
	})
}
