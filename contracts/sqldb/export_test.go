package sqldb

import "time"

// SetDeadline changes the 5 s of a write transaction. It comes before the first Write.
func SetDeadline(db *DB, d time.Duration) { db.deadline = d }

// SetSnapshotLimit shortens the 5 s of a snapshot.
func SetSnapshotLimit(db *DB, d time.Duration) { db.snapshotLimit = d }
