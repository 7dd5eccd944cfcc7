package sqldb

import (
	"syscall"
	"time"
)

// CopyServerLock opens the lock's file a second time as a fork does: a child that is being
// started has a copy of every open file until it execs.
func CopyServerLock(db *DB) (done func(), err error) {
	fd, err := syscall.Dup(int(db.serverLock.(held).Fd()))
	return func() { _ = syscall.Close(fd) }, err
}

// SetDeadline changes the 5 s of a write transaction. It comes before the first Write.
func SetDeadline(db *DB, d time.Duration) { db.deadline = d }

// SetSnapshotLimit shortens the 5 s of a snapshot.
func SetSnapshotLimit(db *DB, d time.Duration) { db.snapshotLimit = d }
