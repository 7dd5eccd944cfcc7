package workspace

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// UpdateAccount changes a user's role, state or both ("" leaves it). Each change is
// a transaction with its audit entry; when the second fails, the first stays.
func (w *Workspace) UpdateAccount(ctx context.Context, actor contracts.Actor, id string, role contracts.Role, state contracts.UserState) (contracts.User, error) {
	var user contracts.User
	var err error
	if role == "" && state == "" {
		return user, contracts.ErrInvalid.With("the body names nothing to change")
	}
	if role != "" {
		if user, err = w.Admin.SetRole(ctx, actor, id, role); err != nil {
			return user, err
		}
	}
	switch state {
	case "":
	case contracts.UserActive:
		user, err = w.Admin.Restore(ctx, actor, id)
	case contracts.UserSuspended:
		user, err = w.Admin.Suspend(ctx, actor, id)
	default:
		err = contracts.Invalid("/state", `state must be "active" or "suspended"`)
	}
	return user, err
}

// GovernChannel archives or opens any channel, gives it another owner, or both (nil
// leaves it), by the power of the workspace.
func (w *Workspace) GovernChannel(ctx context.Context, actor contracts.Actor, id string, archived *bool, owner *string) (contracts.Channel, error) {
	var ch contracts.Channel
	var err error
	if archived == nil && owner == nil {
		return ch, contracts.ErrInvalid.With("the body names nothing to change")
	}
	if owner != nil {
		if ch, err = w.Admin.SetChannelOwner(ctx, actor, id, *owner); err != nil {
			return ch, err
		}
	}
	switch {
	case archived == nil:
	case *archived:
		ch, err = w.Admin.ArchiveChannel(ctx, actor, id)
	default:
		ch, err = w.Admin.UnarchiveChannel(ctx, actor, id)
	}
	return ch, err
}

// CreateUser makes an account for somebody else, with its audit entry.
func (w *Workspace) CreateUser(ctx context.Context, actor contracts.Actor, in auth.NewUser) (contracts.User, error) {
	prepared, err := w.Auth.PrepareUser(ctx, actor, in)
	if err != nil {
		return contracts.User{}, err
	}
	var user contracts.User
	err = w.DB.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		u, err := w.Auth.CreateUserTx(ctx, tx, actor, prepared)
		if err != nil {
			return err
		}
		user = u
		return w.Admin.RecordTx(ctx, tx, actor, "user.create", u.ID, nil, map[string]any{"username": u.Username, "role": u.Role, "bot": u.Bot})
	})
	return user, err
}

// CreateInvite makes an invite into channels to which the actor may add people.
func (w *Workspace) CreateInvite(ctx context.Context, actor contracts.Actor, in auth.NewInvite) (contracts.Invite, error) {
	if err := w.Channels.MayInvite(ctx, actor, in.Channels); err != nil {
		return contracts.Invite{}, err
	}
	inv, err := w.Auth.CreateInvite(ctx, actor, in)
	if err != nil {
		return inv, err
	}
	return inv, w.record(ctx, actor, "invite.create", inv.ID, map[string]any{"role": inv.Role, "max_uses": inv.MaxUses, "channels": inv.Channels})
}

// RevokeInvite revokes an invite and audits it.
func (w *Workspace) RevokeInvite(ctx context.Context, actor contracts.Actor, id string) error {
	if err := w.Auth.RevokeInvite(ctx, actor, id); err != nil {
		return err
	}
	return w.record(ctx, actor, "invite.revoke", id, nil)
}

// DeleteMessage deletes a message that the actor may see: their own, or as a
// moderator.
func (w *Workspace) DeleteMessage(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error) {
	return w.Channels.DeleteMessage(ctx, actor, id, "")
}

func (w *Workspace) record(ctx context.Context, actor contracts.Actor, action, target string, after any) error {
	if err := w.Admin.Record(ctx, actor, action, target, nil, after); err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	return nil
}
