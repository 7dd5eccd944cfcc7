package auth

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// deletedName is what others see where somebody was.
const deletedName = "Deleted user"

// DeleteUser takes an account away for good: names, address, profile, picture, password,
// second factors, passkeys, sessions, tokens, identities and login history are erased,
// and the names are anybody's again. A row without any of it stays under the old id, as
// "Deleted user", suspended and in no list, so that what they wrote has an author. Rights
// as [Service.SetRoleTx]; nobody deletes themselves.
//
// Errors: [contracts.ErrForbidden], [contracts.ErrNotFound], also when it is deleted
// already, [contracts.ErrConflict] for oneself and for a person of a [Directory],
// [contracts.ErrLastOwner], [contracts.ErrReauthRequired] when a session asks whose
// person has not proved lately who they are.
func (s *Service) DeleteUser(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.DeleteUserTx(ctx, tx, actor, id)
	})
}

// DeleteUserTx is [Service.DeleteUser] in the caller's transaction.
func (s *Service) DeleteUserTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error) {
	none := contracts.User{}
	u, err := s.governed(ctx, tx, actor, id)
	if err == nil {
		err = s.ownPerson(u)
	}
	if err == nil && id == actor.UserID {
		err = contracts.ErrConflict.With("nobody can delete their own account").WithHint("Ask another administrator.")
	}
	if err == nil {
		err = keepsOwner(ctx, tx, u)
	}
	if err == nil {
		err = s.requireFresh(ctx, tx, actor)
	}
	if err != nil {
		return none, err
	}
	if _, err := endSessionsTx(ctx, tx, actor.UserID, id, ""); err != nil {
		return none, err
	}
	if err := s.endTokensTx(ctx, tx, actor.UserID, id); err != nil {
		return none, err
	}
	var picture string
	if err := tx.QueryRowContext(ctx, `SELECT avatar FROM users WHERE id = $1`, id).Scan(&picture); err != nil {
		return none, fmt.Errorf("read avatar: %w", err)
	}
	// Everything that is about the person refers to this row and goes with it: no list of
	// tables here could miss one.
	left := contracts.User{
		ID: id, Username: "deleted-" + strings.TrimPrefix(id, contracts.PrefixUser+"_"), DisplayName: deletedName, // longer than a user name may be, so always free
		Role: contracts.RoleMember, State: contracts.UserSuspended, Bot: u.Bot, CreatedAt: u.CreatedAt,
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM users WHERE id = $1`, id); err != nil {
		return none, fmt.Errorf("delete user: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO users (id, username, look, display_name, name_key, role, state, bot, created_at, deleted_at) VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, left.Username, left.DisplayName, strings.ToLower(left.DisplayName), string(left.Role), string(left.State), left.Bot, left.CreatedAt.UnixMilli(), s.now().UnixMilli())
	if err != nil {
		return none, fmt.Errorf("insert what is left of the user: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM avatars WHERE hash = $1 AND NOT EXISTS (SELECT 1 FROM users WHERE avatar = $1)`, picture); err != nil {
		return none, fmt.Errorf("delete avatar: %w", err)
	}
	return left, appendEvents(ctx, tx, userEvent(contracts.EventUserUpdated, actor.UserID, left), userEvent(contracts.EventUserSuspended, actor.UserID, left))
}

// endTokensTx deletes a user's API tokens and logs it.
func (s *Service) endTokensTx(ctx context.Context, tx *sql.Tx, by, userID string) error {
	var events []*contracts.Event
	err := sqldb.Each(ctx, tx, `DELETE FROM api_tokens WHERE user_id = $1 RETURNING id`, []any{userID}, func(scan sqldb.Scan) error {
		var id string
		err := scan(&id)
		events = append(events, revokedEvent(contracts.EventTokenRevoked, by, userID, id))
		return err
	})
	if err != nil {
		return fmt.Errorf("end API tokens: %w", err)
	}
	return appendEvents(ctx, tx, events...)
}

// present refuses what is left of a deleted user to whoever would change it.
func present(ctx context.Context, q eventlog.Querier, id string) error {
	var deleted *int64
	if err := q.QueryRowContext(ctx, `SELECT deleted_at FROM users WHERE id = $1`, id).Scan(&deleted); err != nil {
		return fmt.Errorf("look whether the user is deleted: %w", err)
	}
	if deleted != nil {
		return errNoUser
	}
	return nil
}
