package auth

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// inWrite runs an act in a transaction of its own and returns its result once that is
// committed. X is inWrite of XTx.
func inWrite[T any](ctx context.Context, db *sqldb.DB, act func(context.Context, *sql.Tx) (T, error)) (T, error) {
	var result, none T
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		r, err := act(ctx, tx)
		result = r
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}
