package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// verified is a credential that was found good, and until when that may be believed.
type verified struct {
	actor contracts.Actor
	until time.Time
}

// Authenticate tells on whose behalf a credential acts: an access token (JWT), a
// browser's session secret ("dks_…") or an API token ("dkt_…"). The caller adds the
// IP address to the actor.
//
// Good credentials are kept in memory, at most Config.CacheSize of them, and found
// there in under a microsecond. They are dropped when [Service.Apply] hears that they
// were revoked or that the user changed, and looked up anew after Config.CacheTTL, so
// that nothing is believed for longer when the log cannot be followed. Uses are
// written down at most every five minutes, off this path.
//
// A session that still owes a second factor is good too: the actor's Owes says what it
// has to prove first, and until then it may do nothing else ([contracts.Actor.Can] is
// false). The caller lets it at the operations that prove it and at nothing more.
//
// Errors: [contracts.ErrUnauthenticated] for every credential that is not good,
// [contracts.ErrSuspended] for a good one of a suspended user, and whatever the
// database answers when it has to be asked and cannot.
func (s *Service) Authenticate(ctx context.Context, credential string) (contracts.Actor, error) {
	if credential == "" || len(credential) > maxCredential {
		return contracts.Actor{}, contracts.ErrUnauthenticated
	}
	key := fingerprint(credential)
	now := s.now()
	if v, ok := s.verified.get(key); ok && now.Before(v.until) {
		return v.actor, nil
	}
	epoch := s.verified.epoch()
	v, err := s.verify(ctx, credential, now)
	if err != nil {
		return contracts.Actor{}, err
	}
	if v.actor.Owes != "" {
		return v.actor, nil // not remembered: what was owed is paid at once
	}
	if limit := now.Add(s.cfg.CacheTTL); v.until.After(limit) {
		v.until = limit
	}
	s.verified.put(epoch, v.actor.UserID, key, v)
	return v.actor, nil
}

// fingerprint is what a credential is remembered by: memory holds no credentials.
func fingerprint(credential string) [sha256.Size]byte {
	buf := buffers.Get().(*[maxCredential]byte)
	defer buffers.Put(buf)
	n := copy(buf[:], credential)
	sum := sha256.Sum256(buf[:n])
	clear(buf[:n])
	return sum
}

var buffers = sync.Pool{New: func() any { return new([maxCredential]byte) }}

func (s *Service) verify(ctx context.Context, credential string, now time.Time) (verified, error) {
	switch {
	case strings.HasPrefix(credential, tokenPrefix):
		return s.verifyToken(ctx, credential, now)
	case strings.HasPrefix(credential, browserPrefix):
		return s.verifySession(ctx, now, `s.browser_hash = $1`, digest(credential))
	case strings.HasPrefix(credential, "ey"):
		t, err := s.checkAccess(ctx, credential)
		if err != nil {
			return verified{}, err
		}
		v, err := s.verifySession(ctx, now, `s.id = $1`, t.session)
		if errors.Is(err, contracts.ErrUnauthenticated) {
			return verified{}, s.whyEnded(ctx, t.user)
		}
		if err == nil && v.actor.UserID != t.user {
			return verified{}, contracts.ErrUnauthenticated
		}
		v.until = earlier(v.until, t.expires)
		return v, err
	}
	return verified{}, contracts.ErrUnauthenticated
}

// whyEnded tells somebody whose signed token outlived the session that the account is
// suspended: that is when sessions end by themselves.
func (s *Service) whyEnded(ctx context.Context, userID string) error {
	u, err := s.fullUser(ctx, s.db.Read, userID)
	switch {
	case errors.Is(err, contracts.ErrNotFound):
		return contracts.ErrUnauthenticated
	case err != nil:
		return err
	case u.State == contracts.UserSuspended:
		return contracts.ErrSuspended
	}
	return contracts.ErrUnauthenticated
}

func (s *Service) verifySession(ctx context.Context, now time.Time, where string, arg any) (verified, error) {
	var v verified
	var state contracts.UserState
	var expires, used, assurance int64
	err := s.db.Read.QueryRowContext(ctx, `SELECT s.id, s.user_id, s.expires_at, s.last_used_at, s.assurance, u.username, u.role, u.state
		FROM sessions s JOIN users u ON u.id = s.user_id WHERE `+where, arg).
		Scan(&v.actor.SessionID, &v.actor.UserID, &expires, &used, &assurance, &v.actor.Username, &v.actor.Role, &state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return verified{}, contracts.ErrUnauthenticated
	case err != nil:
		return verified{}, fmt.Errorf("read session: %w", err)
	case expires <= now.UnixMilli():
		return verified{}, contracts.ErrUnauthenticated
	}
	if state, err = s.follow(ctx, &v.actor, state); err != nil {
		return verified{}, err
	}
	if state != contracts.UserActive {
		return verified{}, contracts.ErrSuspended
	}
	if v.actor.Owes, err = s.owes(ctx, assurance, v.actor.UserID, v.actor.Role); err != nil {
		return verified{}, err
	}
	v.until = fromMillis(expires)
	s.uses.note(use{session: v.actor.SessionID, user: v.actor.UserID, at: now}, used)
	return v, nil
}

func (s *Service) verifyToken(ctx context.Context, credential string, now time.Time) (verified, error) {
	if !wellFormedToken(credential) {
		return verified{}, contracts.ErrUnauthenticated
	}
	var v verified
	var state contracts.UserState
	var scopes, current string
	var expires, used, former *int64
	hashed := digest(credential)
	err := s.db.Read.QueryRowContext(ctx, `SELECT t.id, t.user_id, t.scopes, t.expires_at, t.last_used_at, t.secret_hash, t.former_until, u.username, u.role, u.state
		FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.secret_hash = $1 OR t.former_hash = $1`, hashed).
		Scan(&v.actor.TokenID, &v.actor.UserID, &scopes, &expires, &used, &current, &former, &v.actor.Username, &v.actor.Role, &state)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return verified{}, contracts.ErrUnauthenticated
	case err != nil:
		return verified{}, fmt.Errorf("read API token: %w", err)
	case current != hashed && (former == nil || *former <= now.UnixMilli()):
		return verified{}, contracts.ErrUnauthenticated
	case expires != nil && *expires <= now.UnixMilli():
		return verified{}, contracts.ErrUnauthenticated
	}
	if state, err = s.follow(ctx, &v.actor, state); err != nil {
		return verified{}, err
	}
	if state != contracts.UserActive {
		return verified{}, contracts.ErrSuspended
	}
	// Never nil, which would mean no limit.
	v.actor.Scopes = []string{}
	if err := json.Unmarshal([]byte(scopes), &v.actor.Scopes); err != nil {
		return verified{}, fmt.Errorf("read scopes of API token %s: %w", v.actor.TokenID, err)
	}
	v.until = now.Add(s.cfg.CacheTTL)
	if expires != nil {
		v.until = earlier(v.until, fromMillis(*expires))
	}
	if current != hashed {
		v.until = earlier(v.until, fromMillis(*former))
	}
	var last int64
	if used != nil {
		last = *used
	}
	s.uses.note(use{token: v.actor.TokenID, user: v.actor.UserID, at: now}, last)
	return v, nil
}
