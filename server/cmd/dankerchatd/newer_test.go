package main

import (
	"context"
	"database/sql"
)

// makeNewer pretends that a later version has migrated the database.
func makeNewer(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO goose_auth (version_id, is_applied) VALUES (99999, TRUE)`)
	return err
}
