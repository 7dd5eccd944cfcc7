package admin

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
)

// SetRole changes a user's role in the workspace, for whoever holds
// [contracts.PermManageUsers] and stands above both roles (owners also act on
// owners). [contracts.ErrLastOwner] when the workspace would lose its last owner.
// The same role again is recorded as nothing.
func (s *Service) SetRole(ctx context.Context, actor contracts.Actor, user string, role contracts.Role) (contracts.User, error) {
	return s.onUser(ctx, actor, user, "user.role", func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.users.SetRoleTx(ctx, tx, actor, user, role)
	})
}

// Suspend locks an account and ends its sessions, under the rules of
// [Service.SetRole].
func (s *Service) Suspend(ctx context.Context, actor contracts.Actor, user string) (contracts.User, error) {
	return s.onUser(ctx, actor, user, "user.suspend", func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.users.SuspendTx(ctx, tx, actor, user)
	})
}

// Restore unlocks a suspended account, under the rules of [Service.SetRole].
func (s *Service) Restore(ctx context.Context, actor contracts.Actor, user string) (contracts.User, error) {
	return s.onUser(ctx, actor, user, "user.restore", func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.users.RestoreTx(ctx, tx, actor, user)
	})
}

// onUser acts on a user and records it in one transaction.
func (s *Service) onUser(ctx context.Context, actor contracts.Actor, id, action string, act func(context.Context, *sql.Tx) (contracts.User, error)) (contracts.User, error) {
	if !actor.Can(contracts.PermManageUsers) {
		return contracts.User{}, forbidden(contracts.PermManageUsers)
	}
	before, err := s.users.User(ctx, id)
	if err != nil {
		return contracts.User{}, err
	}
	var after contracts.User
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		u, err := act(ctx, tx)
		if err != nil {
			return err
		}
		after = u
		if was, is := standing(before), standing(u); was != is {
			return s.RecordTx(ctx, tx, actor, action, id, was, is)
		}
		return nil
	})
	return after, err
}

// userStanding is what the audit log keeps of a user.
type userStanding struct {
	Username string              `json:"username"`
	Role     contracts.Role      `json:"role"`
	State    contracts.UserState `json:"state"`
}

func standing(u contracts.User) userStanding { return userStanding{u.Username, u.Role, u.State} }
