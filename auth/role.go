package auth

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// mayActOn is the lattice of roles: one acts on users below oneself, owners on
// owners too, the operator on everybody.
func mayActOn(actor contracts.Actor, target contracts.User) error {
	switch {
	case actor.Operator, actor.Role.Above(target.Role):
		return nil
	case actor.Role == contracts.RoleOwner && target.Role == contracts.RoleOwner && actor.TokenID == "":
		return nil
	}
	return contracts.ErrForbidden.With("this needs a role above the other user's")
}

// mayGive: at most one's own role; the role of owner not through an API token, which
// may have leaked, and never to a bot.
func mayGive(actor contracts.Actor, role contracts.Role, bot bool) error {
	switch {
	case !contracts.ValidRole(role):
		return contracts.Invalid("/role", "the role must be owner, admin, member or guest")
	case bot && role == contracts.RoleOwner:
		return contracts.Invalid("/role", "a bot cannot be an owner")
	case actor.Operator:
		return nil
	case role.Above(actor.Role):
		return contracts.ErrForbidden.With("nobody can give a role above their own")
	case role == contracts.RoleOwner && actor.TokenID != "":
		return contracts.ErrForbidden.With("an API token cannot make an owner")
	}
	return nil
}

// wholeAccount: not through an API token that is limited to some scopes.
func wholeAccount(actor contracts.Actor) bool { return actor.InScope("*") }

// acting reads the actor's role as it is now, inside the transaction of a change: a
// verified credential may be some milliseconds behind a demotion.
func (s *Service) acting(ctx context.Context, q eventlog.Querier, actor contracts.Actor, need contracts.Permission) (contracts.Actor, error) {
	if !actor.Can(need) {
		return actor, contracts.ErrForbidden
	}
	if actor.Operator {
		return actor, nil
	}
	u, err := s.fullUser(ctx, q, actor.UserID)
	if err != nil {
		return actor, err
	}
	if u.State != contracts.UserActive {
		return actor, contracts.ErrSuspended
	}
	if actor.Role = u.Role; !actor.Can(need) {
		return actor, contracts.ErrForbidden
	}
	return actor, nil
}

// target reads the user whom a change is about, and refuses unless the actor is that
// user or manages users and stands above.
func (s *Service) target(ctx context.Context, q eventlog.Querier, actor contracts.Actor, id string) (contracts.User, error) {
	self := actor.UserID == id && id != ""
	if self && !wholeAccount(actor) || !self && !actor.Can(contracts.PermManageUsers) {
		return contracts.User{}, contracts.ErrForbidden
	}
	u, err := s.fullUser(ctx, q, id)
	if err != nil || self {
		return u, err
	}
	acting, err := s.acting(ctx, q, actor, contracts.PermManageUsers)
	if err != nil {
		return contracts.User{}, err
	}
	if err := mayActOn(acting, u); err != nil {
		return u, err
	}
	return u, present(ctx, q, id)
}

// recheck is target for those who don't need the user.
func (s *Service) recheck(ctx context.Context, q eventlog.Querier, actor contracts.Actor, id string) error {
	_, err := s.target(ctx, q, actor, id)
	return err
}

// SetRoleTx gives a user a workspace role, at most the actor's own, in the caller's
// transaction. The actor needs [contracts.PermManageUsers] and a role above the
// user's; owners act on owners, themselves too. Giving the role that the user has
// changes nothing and logs no event.
//
// Errors: [contracts.ErrForbidden], [contracts.ErrNotFound], [contracts.ErrInvalid]
// at /role, [contracts.ErrLastOwner] when no active owner would be left.
func (s *Service) SetRoleTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, role contracts.Role) (contracts.User, error) {
	u, err := s.governed(ctx, tx, actor, id)
	if err == nil {
		err = s.ownPerson(u)
	}
	if err != nil {
		return contracts.User{}, err
	}
	acting, err := s.acting(ctx, tx, actor, contracts.PermManageUsers)
	if err != nil {
		return contracts.User{}, err
	}
	if err := mayGive(acting, role, u.Bot); err != nil {
		return contracts.User{}, err
	}
	if u.Role == role {
		return u, nil
	}
	if err := keepsOwner(ctx, tx, u); err != nil {
		return contracts.User{}, err
	}
	u.Role = role
	if _, err := tx.ExecContext(ctx, `UPDATE users SET role = $1 WHERE id = $2`, string(role), id); err != nil {
		return contracts.User{}, fmt.Errorf("set role: %w", err)
	}
	return u, appendEvents(ctx, tx, userEvent(contracts.EventUserUpdated, actor.UserID, u))
}

// SetRole is [Service.SetRoleTx] in a transaction of its own.
func (s *Service) SetRole(ctx context.Context, actor contracts.Actor, id string, role contracts.Role) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.SetRoleTx(ctx, tx, actor, id, role)
	})
}

// governed reads a user whose role or state is to be changed. Unlike target, acting
// on oneself needs the permission and the rank too.
func (s *Service) governed(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error) {
	acting, err := s.acting(ctx, tx, actor, contracts.PermManageUsers)
	if err != nil {
		return contracts.User{}, err
	}
	u, err := s.fullUser(ctx, tx, id)
	if err != nil {
		return contracts.User{}, err
	}
	if err := mayActOn(acting, u); err != nil {
		return u, err
	}
	return u, present(ctx, tx, id)
}

// keepsOwner refuses when u is the last active owner.
func keepsOwner(ctx context.Context, q eventlog.Querier, u contracts.User) error {
	if u.Role != contracts.RoleOwner || u.State != contracts.UserActive {
		return nil
	}
	var others int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE role = 'owner' AND state = 'active' AND id <> $1`, u.ID).Scan(&others)
	if err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if others == 0 {
		return contracts.ErrLastOwner.WithHint("Make somebody else an owner first.")
	}
	return nil
}
