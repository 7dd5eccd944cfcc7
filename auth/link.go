package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// LinkLife is how long a session is held out to another device.
const LinkLife = 2 * time.Minute

// SessionLink is the offer to go on on another device. Code, 256 random bits, is shown
// this once and stored as a hash.
type SessionLink struct {
	Code      Secret
	ExpiresAt time.Time
}

const linkPrefix = "dkl_"

// HandOver offers the actor's session to another device, once, for LinkLife. It replaces
// the offer that the session made before, and ends with the session.
//
// Errors: [contracts.ErrReauthRequired] when the proof of identity is older than
// Config.FreshFor, [contracts.ErrForbidden] for an API token, [contracts.ErrMFARequired].
func (s *Service) HandOver(ctx context.Context, actor contracts.Actor) (SessionLink, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (SessionLink, error) { return s.HandOverTx(ctx, tx, actor) })
}

// HandOverTx is [Service.HandOver] in the caller's transaction.
func (s *Service) HandOverTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor) (SessionLink, error) {
	if actor.SessionID == "" { // the operator has no session to hand over
		return SessionLink{}, contracts.ErrForbidden.With("there is no session to hand over").WithHint("Sign in first.")
	}
	if err := Owing(actor); err != nil {
		return SessionLink{}, err
	}
	if err := s.requireFresh(ctx, tx, actor); err != nil {
		return SessionLink{}, err
	}
	if err := s.openSession(ctx, tx, actor); err != nil {
		return SessionLink{}, err
	}
	link := SessionLink{Code: Secret(linkPrefix + randomText(secretLetters)), ExpiresAt: s.now().Add(LinkLife)}
	_, err := tx.ExecContext(ctx, `INSERT INTO session_links (session_id, code_hash, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (session_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at`,
		actor.SessionID, digest(string(link.Code)), link.ExpiresAt.UnixMilli())
	if err != nil {
		return SessionLink{}, fmt.Errorf("store session link: %w", err)
	}
	return link, nil
}

// TakeOver starts a session by the code of [Service.HandOver]: one of the same user that
// proves what the other has proved, and when. The other goes on.
//
// Errors: [contracts.ErrGone] for a code that was used, replaced or has expired, whose
// session has ended, or that never was; [contracts.ErrSuspended].
func (s *Service) TakeOver(ctx context.Context, code Secret, client, ip string) (SignedIn, error) {
	text, ok := cleanLinkCode(string(code))
	if !ok {
		return SignedIn{}, errLinkGone
	}
	secrets, now := newSessionSecrets(), s.now()
	var user contracts.User
	var ses startedSession
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var from string
		err := tx.QueryRowContext(ctx, `DELETE FROM session_links WHERE code_hash = $1 AND expires_at > $2 RETURNING session_id`, digest(text), now.UnixMilli()).Scan(&from)
		if errors.Is(err, sql.ErrNoRows) {
			return errLinkGone
		}
		if err != nil {
			return fmt.Errorf("use session link up: %w", err)
		}
		proof, owner, err := sessionProof(ctx, tx, from, now)
		if errors.Is(err, contracts.ErrExpiredToken) {
			return errLinkGone
		}
		if err != nil {
			return err
		}
		if user, err = s.fullUser(ctx, tx, owner); err != nil {
			return err
		}
		proof.Method, proof.Client, proof.IP = contracts.MethodLink, client, ip
		ses, err = s.insertSession(ctx, tx, user, secrets, proof, now)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}

var errLinkGone = contracts.ErrGone.With("this link is not valid any more: it was used, replaced by a newer one, or is older than two minutes").
	WithHint("Make a new one on the device that is signed in.").At("/code")

// cleanLinkCode refuses what cannot be a code without asking the database.
func cleanLinkCode(typed string) (string, bool) {
	if len(typed) > 128 {
		return "", false
	}
	code := strings.TrimSpace(typed)
	body, ok := strings.CutPrefix(code, linkPrefix)
	return code, ok && len(body) == secretLetters && strings.Trim(body, base62) == ""
}
