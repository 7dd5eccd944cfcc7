package auth

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/confusable"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// MaxFormerNames is how many of a user's former names stay theirs; the oldest of more
// is anybody's again.
const MaxFormerNames = 5

// rename keeps the name that a user leaves, and returns all that they had, the newest
// first. A name they take back is no former one any more.
func rename(ctx context.Context, tx *sql.Tx, before contracts.User, name string) ([]string, error) {
	former := slices.DeleteFunc(slices.Insert(slices.Clone(before.FormerNames), 0, before.Username), func(n string) bool { return n == name })
	gone := []string{name}
	if len(former) > MaxFormerNames {
		gone = append(gone, former[MaxFormerNames:]...)
		former = former[:MaxFormerNames]
	}
	for _, n := range gone {
		if _, err := tx.ExecContext(ctx, `DELETE FROM former_names WHERE name = $1 AND user_id = $2`, n, before.ID); err != nil {
			return nil, fmt.Errorf("release former name: %w", err)
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO former_names (name, look, user_id) VALUES ($1, $2, $3)`, before.Username, confusable.Skeleton(before.Username), before.ID)
	if err != nil {
		return nil, fmt.Errorf("keep former name: %w", err)
	}
	return former, nil
}

// namesFree answers ErrNameTaken with the field when another user has the address,
// or has or had the name or one that looks like it. Write transactions are serial, so
// inside one the answer holds.
func namesFree(ctx context.Context, q eventlog.Querier, username, email, except string) error {
	var sameLook, sameEmail sql.NullString
	err := q.QueryRowContext(ctx, `SELECT
		(SELECT min(name) FROM (SELECT username AS name FROM users WHERE look = $1 AND id <> $2
			UNION ALL SELECT name FROM former_names WHERE look = $1 AND user_id <> $2) AS names),
		(SELECT min(id) FROM users WHERE email_key = $3 AND email_key <> '' AND id <> $2)`,
		confusable.Skeleton(username), except, emailKey(email)).Scan(&sameLook, &sameEmail)
	switch {
	case err != nil:
		return fmt.Errorf("look for taken names: %w", err)
	case sameLook.String == username && sameLook.Valid:
		return contracts.ErrNameTaken.With("the user name " + username + " is taken").At("/username")
	case sameLook.Valid:
		return contracts.ErrNameTaken.With("the user name " + username + " looks like " + sameLook.String + ", which is taken").At("/username")
	case sameEmail.Valid:
		return contracts.ErrNameTaken.With("another account has this email address").At("/email")
	}
	return nil
}
