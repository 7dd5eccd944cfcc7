package auth

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// SignedIn is a session with its secrets, which are known this once: the database
// holds their hashes. A browser keeps Secret in a cookie; a program keeps Access and
// Refresh. Each works with [Service.Authenticate] but Refresh, which is for
// [Service.Refresh].
type SignedIn struct {
	User          contracts.User
	Session       contracts.Session
	Secret        Secret // "dks_…"; empty after Refresh
	Access        Secret // JWT
	AccessExpires time.Time
	Refresh       Secret // "dkr_…"
}

const (
	browserPrefix = "dks_"
	refreshPrefix = "dkr_"
	tokenPrefix   = "dkt_"
	secretLetters = 43 // 256 bits
	familyLetters = 22 // 131 bits
)

// sessionSecrets are made before the transaction that stores their hashes.
type sessionSecrets struct {
	id, browser, family, generation string
}

func newSessionSecrets() sessionSecrets {
	return sessionSecrets{
		id:         contracts.NewID(contracts.PrefixSession),
		browser:    browserPrefix + randomText(secretLetters),
		family:     randomText(familyLetters),
		generation: randomText(secretLetters),
	}
}

func (x sessionSecrets) refresh() Secret { return Secret(refreshPrefix + x.family + x.generation) }

// StartSession signs a user in without a password: after the claim of the first
// owner, or when another proof of identity was checked. A user has at most
// Config.MaxSessions; the one idle for longest makes room.
//
// Errors: [contracts.ErrNotFound], [contracts.ErrSuspended], [contracts.ErrForbidden]
// for a bot, which has API tokens.
func (s *Service) StartSession(ctx context.Context, userID, client, ip string) (SignedIn, error) {
	user, err := s.fullUser(ctx, s.db.Read, userID)
	if err != nil {
		return SignedIn{}, err
	}
	return s.startSession(ctx, user, client, ip)
}

func (s *Service) startSession(ctx context.Context, user contracts.User, client, ip string) (SignedIn, error) {
	secrets, now := newSessionSecrets(), s.now()
	var ses contracts.Session
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		current, err := s.fullUser(ctx, tx, user.ID)
		if err != nil {
			return err
		}
		created, err := s.insertSession(ctx, tx, current, secrets, client, ip, now)
		user, ses = current, created
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}

func (s *Service) insertSession(ctx context.Context, tx *sql.Tx, user contracts.User, x sessionSecrets, client, ip string, now time.Time) (contracts.Session, error) {
	switch {
	case user.Bot:
		return contracts.Session{}, contracts.ErrForbidden.With("a bot does not sign in").WithHint("Make an API token for it.")
	case user.State != contracts.UserActive:
		return contracts.Session{}, contracts.ErrSuspended
	}
	// Expired ones first, then those idle for longest beyond what leaves one place.
	_, err := endSelectedTx(ctx, tx, "", `DELETE FROM sessions WHERE user_id = $1 AND (expires_at <= $2 OR id IN (
			SELECT id FROM (SELECT id, row_number() OVER (ORDER BY last_used_at DESC, id DESC) AS place FROM sessions
				WHERE user_id = $1 AND expires_at > $2) AS ranked WHERE place >= $3))
		RETURNING user_id, id`, user.ID, now.UnixMilli(), s.cfg.MaxSessions)
	if err != nil {
		return contracts.Session{}, err
	}
	ends := now.Add(s.cfg.SessionMax)
	ses := contracts.Session{
		ID: x.id, UserID: user.ID, Client: cleanLabel(client, 100), IP: cleanLabel(ip, 64),
		CreatedAt: now, LastUsedAt: now, ExpiresAt: earlier(now.Add(s.cfg.SessionIdle), ends), Current: true,
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO sessions (id, user_id, client, ip, browser_hash, family_hash, refresh_hash, created_at, last_used_at, expires_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		ses.ID, ses.UserID, ses.Client, ses.IP, digest(x.browser), digest(x.family), digest(x.generation),
		now.UnixMilli(), now.UnixMilli(), ses.ExpiresAt.UnixMilli(), ends.UnixMilli())
	if err != nil {
		return contracts.Session{}, fmt.Errorf("insert session: %w", err)
	}
	return ses, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// signedIn adds an access token, after the commit: signing is slow and needs nothing
// of the transaction.
func (s *Service) signedIn(ctx context.Context, user contracts.User, ses contracts.Session, x sessionSecrets, now time.Time) (SignedIn, error) {
	access, expires, err := s.issue(ctx, user.ID, ses.ID, now)
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{User: user, Session: ses, Secret: Secret(x.browser), Access: access, AccessExpires: expires, Refresh: x.refresh()}, nil
}
