package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// Key is a signing key of access tokens, without its private half.
type Key struct {
	ID        string     `json:"id"` // the kid
	Algorithm string     `json:"algorithm"`
	CreatedAt time.Time  `json:"created_at"`
	RetiredAt *time.Time `json:"retired_at"` // signs until then; nil for the one in use
	ExpiresAt *time.Time `json:"expires_at"` // its tokens are accepted until then
}

// signingKey is a Key with its halves.
type signingKey struct {
	Key
	private ed25519.PrivateKey
}

func (k signingKey) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// keyring keeps the keys in memory. Another instance's rotation arrives as an event,
// or at the latest after keyringTTL.
type keyring struct {
	mu     sync.Mutex // guards what follows; held over a read of the table
	byID   map[string]signingKey
	active signingKey
	loaded time.Time // by the machine's clock; zero is stale
}

const (
	keyringTTL = time.Minute
	// clockSkew is how far apart the clocks of instances may be.
	clockSkew = time.Minute
)

func (r *keyring) expire() {
	r.mu.Lock()
	r.loaded = time.Time{}
	r.mu.Unlock()
}

// signing returns the key to sign with.
func (s *Service) signing(ctx context.Context) (signingKey, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if err := s.loadKeys(ctx, keyringTTL); err != nil {
		return signingKey{}, err
	}
	return s.keys.active, nil
}

// verifying returns the key that a token names, if its tokens are still accepted. An
// unknown name, which anybody can send, costs at most one read a second.
func (s *Service) verifying(ctx context.Context, kid string) (signingKey, bool, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if err := s.loadKeys(ctx, keyringTTL); err != nil {
		return signingKey{}, false, err
	}
	k, ok := s.keys.byID[kid]
	if !ok {
		if err := s.loadKeys(ctx, time.Second); err != nil {
			return signingKey{}, false, err
		}
		k, ok = s.keys.byID[kid]
	}
	if ok && k.ExpiresAt != nil && !k.ExpiresAt.After(s.now()) {
		ok = false
	}
	return k, ok, nil
}

// loadKeys reads the keys unless they are younger than maxAge; called under mu.
func (s *Service) loadKeys(ctx context.Context, maxAge time.Duration) error {
	if !s.keys.loaded.IsZero() && time.Since(s.keys.loaded) < maxAge {
		return nil
	}
	at := time.Now()
	keys, err := readKeys(ctx, s.db.Read)
	if err != nil {
		return err
	}
	byID := make(map[string]signingKey, len(keys))
	var active signingKey
	for _, k := range keys {
		byID[k.ID] = k
		if k.RetiredAt == nil {
			active = k
		}
	}
	if active.private == nil {
		return contracts.ErrUnavailable.With("the database holds no signing key").WithHint("Start the program anew: it makes one.")
	}
	s.keys.byID, s.keys.active, s.keys.loaded = byID, active, at
	return nil
}

func readKeys(ctx context.Context, q eventlog.Querier) ([]signingKey, error) {
	var keys []signingKey
	err := sqldb.Each(ctx, q, `SELECT id, seed, created_at, retired_at, expires_at FROM signing_keys ORDER BY created_at, id`, nil, func(scan sqldb.Scan) error {
		k := signingKey{Key: Key{Algorithm: jwa.EdDSA.String()}}
		var seed string
		var created int64
		var retired, expires *int64
		if err := scan(&k.ID, &seed, &created, &retired, &expires); err != nil {
			return err
		}
		raw, err := base64.RawURLEncoding.DecodeString(seed)
		if err != nil || len(raw) != ed25519.SeedSize {
			return fmt.Errorf("signing key %s is damaged", k.ID)
		}
		k.private = ed25519.NewKeyFromSeed(raw)
		k.CreatedAt, k.RetiredAt, k.ExpiresAt = fromMillis(created), fromMillisPtr(retired), fromMillisPtr(expires)
		keys = append(keys, k)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	return keys, nil
}

// ensureKey makes the first key of a database.
func (s *Service) ensureKey(ctx context.Context) error {
	const active = `SELECT count(*) FROM signing_keys WHERE retired_at IS NULL`
	var n int
	if err := s.db.Read.QueryRowContext(ctx, active).Scan(&n); err != nil {
		return fmt.Errorf("look for a signing key: %w", err)
	}
	if n > 0 {
		return nil
	}
	id, seed, now := newKey(), newSeed(), s.now().UnixMilli()
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, active).Scan(&n); err != nil || n > 0 {
			return err
		}
		return insertKey(ctx, tx, id, seed, now)
	})
}

func newKey() string { return contracts.NewID(contracts.PrefixKey) }

func newSeed() string {
	var seed [ed25519.SeedSize]byte
	_, _ = rand.Read(seed[:])
	return base64.RawURLEncoding.EncodeToString(seed[:])
}

func insertKey(ctx context.Context, tx *sql.Tx, id, seed string, now int64) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO signing_keys (id, seed, created_at) VALUES ($1, $2, $3)`, id, seed, now); err != nil {
		return fmt.Errorf("insert signing key: %w", err)
	}
	return nil
}

// RotateKey makes a new signing key: [contracts.PermManageSettings]. Tokens of the
// one before are accepted until the last of them ends; keys whose tokens have all
// ended are deleted. Sessions are not touched.
func (s *Service) RotateKey(ctx context.Context, actor contracts.Actor) (Key, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (Key, error) { return s.RotateKeyTx(ctx, tx, actor) })
}

// RotateKeyTx is [Service.RotateKey] in the caller's transaction.
func (s *Service) RotateKeyTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor) (Key, error) {
	if _, err := s.acting(ctx, tx, actor, contracts.PermManageSettings); err != nil {
		return Key{}, err
	}
	return s.replaceKey(ctx, tx, actor.UserID)
}

// RotateOldKeyTx is RotateKeyTx when the key that signs is older than Config.KeyLife;
// otherwise, and when another process has done it just now, it does nothing and returns
// the zero Key.
func (s *Service) RotateOldKeyTx(ctx context.Context, tx *sql.Tx) (Key, error) {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM signing_keys WHERE retired_at IS NULL AND created_at > $1`, s.now().Add(-s.cfg.KeyLife).UnixMilli()).Scan(&n)
	if err != nil {
		return Key{}, fmt.Errorf("look for an old signing key: %w", err)
	}
	if n > 0 {
		return Key{}, nil
	}
	return s.replaceKey(ctx, tx, "")
}

func (s *Service) replaceKey(ctx context.Context, tx *sql.Tx, by string) (Key, error) {
	id, now := newKey(), s.now()
	// An instance that has not heard of it goes on signing for up to keyringTTL, with a
	// clock that may be ahead.
	until := now.Add(s.cfg.AccessTTL + keyringTTL + clockSkew)
	_, err := tx.ExecContext(ctx, `UPDATE signing_keys SET retired_at = $1, expires_at = $2 WHERE retired_at IS NULL`, now.UnixMilli(), until.UnixMilli())
	if err != nil {
		return Key{}, fmt.Errorf("retire signing key: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM signing_keys WHERE expires_at <= $1`, now.UnixMilli()); err != nil {
		return Key{}, fmt.Errorf("delete expired signing keys: %w", err)
	}
	if err := insertKey(ctx, tx, id, newSeed(), now.UnixMilli()); err != nil {
		return Key{}, err
	}
	return Key{ID: id, Algorithm: jwa.EdDSA.String(), CreatedAt: now}, appendEvents(ctx, tx, &contracts.Event{
		Type: contracts.EventKeyRotated, Scope: contracts.ScopeWorkspace, Actor: by, Subject: id, Data: json.RawMessage(`{}`),
	})
}

// Keys lists the signing keys, the oldest first; the one without RetiredAt signs.
func (s *Service) Keys(ctx context.Context) ([]Key, error) {
	all, err := readKeys(ctx, s.db.Read)
	keys := make([]Key, 0, len(all))
	for _, k := range all {
		keys = append(keys, k.Key)
	}
	return keys, err
}

// JWKS returns the public keys as a JSON Web Key Set (RFC 7517, RFC 8037), those
// whose tokens have all ended left out. Other programs verify access tokens with it;
// whether the session is still good only [Service.Authenticate] tells.
func (s *Service) JWKS(ctx context.Context) ([]byte, error) {
	keys, err := readKeys(ctx, s.db.Read)
	if err != nil {
		return nil, err
	}
	set := jwk.NewSet()
	for _, k := range keys {
		if k.ExpiresAt != nil && !k.ExpiresAt.After(s.now()) {
			continue
		}
		public, err := jwk.FromRaw(k.public())
		if err != nil {
			return nil, fmt.Errorf("render signing key: %w", err)
		}
		for name, value := range map[string]any{jwk.KeyIDKey: k.ID, jwk.AlgorithmKey: jwa.EdDSA, jwk.KeyUsageKey: jwk.ForSignature} {
			if err := public.Set(name, value); err != nil {
				return nil, fmt.Errorf("render signing key: %w", err)
			}
		}
		if err := set.AddKey(public); err != nil {
			return nil, fmt.Errorf("render signing key: %w", err)
		}
	}
	return json.Marshal(set)
}
