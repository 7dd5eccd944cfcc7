package auth

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

const (
	useInterval = 5 * time.Minute // how old a recorded use may get
	maxUses     = 10_000          // waiting to be written; more are dropped, the next look notes them again
	useChunk    = 200             // rows in a transaction
)

// use is that a session or token was used.
type use struct {
	session, token, user string
	at                   time.Time
}

// uses writes down when sessions and tokens were last used, coarsely and beside the
// requests: one goroutine runs while there is something to write, and ends.
type uses struct {
	s       *Service
	mu      sync.Mutex     // guards pending and running
	pending map[string]use // by session or token id
	running bool
	done    sync.WaitGroup
}

func (u *uses) init(s *Service) { u.s, u.pending = s, map[string]use{} }

// note records a use unless one of the last five minutes is recorded.
func (u *uses) note(x use, lastMillis int64) {
	if x.at.Sub(fromMillis(lastMillis)) < useInterval {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.pending) >= maxUses {
		return
	}
	u.pending[x.session+x.token] = x
	if !u.running {
		u.running = true
		u.done.Add(1)
		go u.run()
	}
}

func (u *uses) wait() { u.done.Wait() }

func (u *uses) run() {
	defer u.done.Done()
	for {
		u.mu.Lock()
		batch := make([]use, 0, min(len(u.pending), useChunk))
		for id, x := range u.pending {
			if len(batch) == useChunk {
				break
			}
			batch = append(batch, x)
			delete(u.pending, id)
		}
		if len(batch) == 0 {
			u.running = false
			u.mu.Unlock()
			return
		}
		u.mu.Unlock()
		if err := u.write(batch); err != nil {
			// Nothing depends on it, and the next use notes it again.
			u.s.log.Debug().Err(err).Int("count", len(batch)).Msg("last uses not written")
		}
	}
}

func (u *uses) write(batch []use) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	idle := u.s.cfg.SessionIdle.Milliseconds()
	return u.s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, x := range batch {
			at := x.at.UnixMilli()
			var err error
			if x.session != "" {
				_, err = tx.ExecContext(ctx, `UPDATE sessions SET last_used_at = $1, expires_at = CASE WHEN $2 < ends_at THEN $2 ELSE ends_at END
					WHERE id = $3 AND last_used_at < $1 AND expires_at > $1`, at, at+idle, x.session)
			} else {
				_, err = tx.ExecContext(ctx, `UPDATE api_tokens SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)`, at, x.token)
			}
			if err != nil {
				return fmt.Errorf("write last use: %w", err)
			}
			if _, err := tx.ExecContext(ctx, `UPDATE users SET last_seen_at = $1 WHERE id = $2 AND (last_seen_at IS NULL OR last_seen_at < $1)`, at, x.user); err != nil {
				return fmt.Errorf("write last seen: %w", err)
			}
		}
		return nil
	})
}
