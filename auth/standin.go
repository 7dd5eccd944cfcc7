package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// standIns are users whose hashes' parameters the check of an unknown account borrows.
// With today's alone, an account would be known by what its wrong password costs, as long
// as some hashes are older. So each unknown one goes with one user, at random and always
// with the same: as many of the unknown cost as much, and they come to today's parameters
// as those users sign in.
type standIns struct {
	mu     sync.Mutex // guards what follows; held over a read of the table
	users  []standIn  // none while all have today's parameters
	loaded time.Time  // by the machine's clock
}

type standIn struct {
	userID string
	params HashParams
}

const (
	standInTTL  = time.Minute
	maxStandIns = 1024 // of the users, those who came first; choosing costs a SHA-256 each
)

// standIn is a hash that no password fits, for an account as [accountKey] knows it. It is
// made for every attempt: making it takes time, too. Outside nobody knows all user IDs,
// which decide who goes with whom.
func (s *Service) standIn(ctx context.Context, account string) (string, error) {
	users, err := s.standInUsers(ctx)
	if err != nil {
		return "", err
	}
	params, best := s.hasher.params, [sha256.Size]byte{}
	for _, u := range users {
		if d := sha256.Sum256([]byte(u.userID + "\x00" + account)); string(d[:]) >= string(best[:]) {
			params, best = u.params, d
		}
	}
	return s.hasher.nobody(params), nil
}

func (s *Service) standInUsers(ctx context.Context) ([]standIn, error) {
	r := &s.standIns
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.loaded.IsZero() && time.Since(r.loaded) < standInTTL {
		return r.users, nil
	}
	at, older := time.Now(), false
	var users []standIn
	err := sqldb.Each(ctx, s.db.Read, `SELECT user_id, hash FROM credentials ORDER BY user_id LIMIT $1`, []any{maxStandIns}, func(scan sqldb.Scan) error {
		var u standIn
		var hash string
		if err := scan(&u.userID, &hash); err != nil {
			return err
		}
		if x, err := parsePHC(hash); err == nil { // nobody signs in with another
			u.params = x.params
			users, older = append(users, u), older || !s.hasher.current(x.params)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the parameters of passwords: %w", err)
	}
	if !older {
		users = nil
	}
	r.users, r.loaded = users, at
	return users, nil
}
