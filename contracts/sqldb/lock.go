//go:build unix

package sqldb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// LockServer claims the database for one server. On SQLite a second server on the
// same file gets [contracts.ErrConflict]; command-line tools need no lock. The
// claim ends with release, with Close, or with the process. On PostgreSQL, where many servers
// share a database, it does nothing.
func (db *DB) LockServer() (release func(), err error) {
	if db.Dialect() != SQLite {
		return func() {}, nil
	}
	f, err := openLock(db.Path() + ".lock")
	if err != nil {
		return nil, err
	}
	if err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, contracts.ErrConflict.With("another server uses " + db.Path()).
				WithHint("Stop it first, or use PostgreSQL, which several servers can share.")
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.serverLock = held{f} // kept reachable: a file that is collected is closed, and its lock gone
	return func() { _ = held{f}.Close() }, nil
}

// held is a locked file. Closing it gives the lock back in so many words: a child that is
// being started at that moment has a copy of the open file, and the lock would live on there
// until the child is another program.
type held struct{ *os.File }

func (h held) Close() error {
	_ = flock(h.File, syscall.LOCK_UN) // an error means that it is closed already
	return h.File.Close()
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	return f, nil
}

// lockFile waits for an exclusive lock on path until ctx ends.
func lockFile(ctx context.Context, path string) (release func(), err error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = held{f}.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for %s: %w", path, ctx.Err()), f.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
