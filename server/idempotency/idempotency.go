// Package idempotency remembers for a day what a request with an Idempotency-Key was
// answered, so that a repeat gets that answer and does nothing again.
//
// [Keys.Claim] before the work, then [Keys.Keep] with the answer or [Keys.Release]
// when nothing happened. A claim that is neither kept nor released, because the
// process died or the outcome is unknown, stays: a repeat is told so instead of
// being worked on twice.
package idempotency

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations are this package's table, for [sqldb.Migrate].
var Migrations = sqldb.NewSet("server", files)

// Life is how long an answer is kept.
const Life = 24 * time.Hour

// MaxKey is the longest key, in bytes.
const MaxKey = 128

// Keys is the store. It is safe for concurrent use and by several processes.
type Keys struct{ db *sqldb.DB }

// New returns the store in db.
func New(db *sqldb.DB) *Keys { return &Keys{db: db} }

// Claim names one request: who asks, under which key, for what.
type Claim struct {
	Caller string
	Key    string
	// Request is everything that makes two requests the same: operation, path, body.
	Request []byte
}

// Answer is what a request was answered.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    string
}

// Claim takes the key for one request. It returns the stored answer when the same
// request has been answered; nil when the caller is to do the work; ErrDuplicate when
// the key was used with another request; ErrInFlight when the same one is under way
// or its outcome is unknown.
func (k *Keys) Claim(ctx context.Context, c Claim) (*Answer, error) {
	if err := check(c.Key); err != nil {
		return nil, err
	}
	hash, request := digest([]byte(c.Key)), digest(c.Request)
	var found *Answer
	err := k.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := time.Now().UnixMilli()
		if _, err := tx.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE caller = $1 AND key_hash = $2 AND created_at < $3`,
			c.Caller, hash, now-Life.Milliseconds()); err != nil {
			return fmt.Errorf("delete expired key: %w", err)
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO idempotency_keys (caller, key_hash, request_hash, status, headers, body, created_at)
			VALUES ($1, $2, $3, 0, '{}', '', $4) ON CONFLICT (caller, key_hash) DO NOTHING`, c.Caller, hash, request, now)
		if err != nil {
			return fmt.Errorf("claim key: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			found = nil
			return err
		}
		var first, headers string
		var a Answer
		if err := tx.QueryRowContext(ctx, `SELECT request_hash, status, headers, body FROM idempotency_keys WHERE caller = $1 AND key_hash = $2`,
			c.Caller, hash).Scan(&first, &a.Status, &headers, &a.Body); err != nil {
			return fmt.Errorf("read key: %w", err)
		}
		switch {
		case first != request:
			return contracts.ErrDuplicate.With("this Idempotency-Key was used with another request").WithHint("Use a new key for each new request.")
		case a.Status == 0:
			return contracts.ErrInFlight.WithHint("See whether it happened before you repeat it with a new key.")
		}
		if err := json.Unmarshal([]byte(headers), &a.Headers); err != nil {
			return fmt.Errorf("read stored headers: %w", err)
		}
		found = &a
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Keep stores the answer to a claimed request.
func (k *Keys) Keep(ctx context.Context, c Claim, a Answer) error {
	headers, err := json.Marshal(a.Headers)
	if err != nil {
		return fmt.Errorf("encode headers: %w", err)
	}
	return k.write(ctx, "keep answer", `UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE caller = $1 AND key_hash = $2`,
		c.Caller, digest([]byte(c.Key)), a.Status, string(headers), a.Body)
}

// Release forgets a claim whose request changed nothing, so that it may be repeated.
func (k *Keys) Release(ctx context.Context, c Claim) error {
	return k.write(ctx, "release key", `DELETE FROM idempotency_keys WHERE caller = $1 AND key_hash = $2 AND status = 0`, c.Caller, digest([]byte(c.Key)))
}

// Prune deletes up to 500 keys that are older than Life.
func (k *Keys) Prune(ctx context.Context) error {
	return k.write(ctx, "prune keys", `DELETE FROM idempotency_keys WHERE (caller, key_hash) IN
		(SELECT caller, key_hash FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT 500)`, time.Now().Add(-Life).UnixMilli())
}

func (k *Keys) write(ctx context.Context, verb, query string, args ...any) error {
	return k.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("%s: %w", verb, err)
		}
		return nil
	})
}

func check(key string) error {
	ok := len(key) > 0 && len(key) <= MaxKey
	for _, c := range []byte(key) {
		ok = ok && c >= 0x20 && c <= 0x7e
	}
	if !ok {
		return contracts.Invalid("/Idempotency-Key", "Idempotency-Key must have 1 to 128 printable ASCII characters")
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
