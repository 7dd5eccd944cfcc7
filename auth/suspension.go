package auth

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// SuspendTx takes a user's access away in the caller's transaction: all sessions end,
// API tokens are refused until [Service.RestoreTx], invites of theirs no longer work.
// Rights as [Service.SetRoleTx]; nobody suspends themselves. Suspending twice changes
// nothing.
//
// Errors: [contracts.ErrForbidden], [contracts.ErrNotFound], [contracts.ErrConflict]
// for oneself, [contracts.ErrLastOwner].
func (s *Service) SuspendTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error) {
	u, err := s.governed(ctx, tx, actor, id)
	if err == nil {
		err = s.ownPerson(u)
	}
	if err != nil {
		return contracts.User{}, err
	}
	if id == actor.UserID {
		return contracts.User{}, contracts.ErrConflict.With("nobody can suspend their own account").WithHint("Ask another administrator.")
	}
	if u.State == contracts.UserSuspended {
		return u, nil
	}
	if err := keepsOwner(ctx, tx, u); err != nil {
		return contracts.User{}, err
	}
	u, err = s.setState(ctx, tx, actor, u, contracts.UserSuspended, contracts.EventUserSuspended)
	if err != nil {
		return contracts.User{}, err
	}
	_, err = endSessionsTx(ctx, tx, actor.UserID, id, "")
	return u, err
}

// RestoreTx gives a suspended user access again; they log in anew. Rights as
// [Service.SuspendTx].
func (s *Service) RestoreTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error) {
	u, err := s.governed(ctx, tx, actor, id)
	if err == nil {
		err = s.ownPerson(u)
	}
	if err != nil || u.State == contracts.UserActive {
		return u, err
	}
	return s.setState(ctx, tx, actor, u, contracts.UserActive, contracts.EventUserRestored)
}

func (s *Service) setState(ctx context.Context, tx *sql.Tx, actor contracts.Actor, u contracts.User, state contracts.UserState, event string) (contracts.User, error) {
	u.State = state
	if _, err := tx.ExecContext(ctx, `UPDATE users SET state = $1 WHERE id = $2`, string(state), u.ID); err != nil {
		return contracts.User{}, fmt.Errorf("set user state: %w", err)
	}
	return u, appendEvents(ctx, tx, userEvent(event, actor.UserID, u))
}

// Suspend is [Service.SuspendTx] in a transaction of its own.
func (s *Service) Suspend(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) { return s.SuspendTx(ctx, tx, actor, id) })
}

// Restore is [Service.RestoreTx] in a transaction of its own.
func (s *Service) Restore(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) { return s.RestoreTx(ctx, tx, actor, id) })
}
