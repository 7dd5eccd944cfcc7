package workspace

import (
	"context"
	"database/sql"
	"reflect"

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
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.User, deed, error) {
		u, err := w.Auth.CreateUserTx(ctx, tx, actor, prepared)
		return u, deed{action: "user.create", target: u.ID, after: map[string]any{"username": u.Username, "role": u.Role, "bot": u.Bot}}, err
	})
}

// UpdateUser changes names, address and profile, with an audit entry when they are somebody
// else's, and when one's own address is another at once. The address and the profile
// themselves are not recorded.
func (w *Workspace) UpdateUser(ctx context.Context, actor contracts.Actor, id string, change auth.UserUpdate) (contracts.User, error) {
	before, err := w.Auth.UserFor(ctx, contracts.Operator, id)
	if err != nil {
		return contracts.User{}, err
	}
	was := named(before)
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.User, deed, error) {
		before := before // the transaction may run twice
		u, err := w.Auth.UpdateUserTx(ctx, tx, actor, id, change)
		before.LastSeenAt = u.LastSeenAt
		switch same := reflect.DeepEqual(u, before); {
		case err != nil || same:
			return u, deed{}, err
		case id == actor.UserID && u.Email == before.Email:
			return u, deed{}, nil
		case id == actor.UserID:
			return u, deed{action: "email.change", target: id, after: map[string]any{"removed": u.Email == ""}}, nil
		}
		after := named(u)
		after["email_changed"] = u.Email != before.Email
		before.Username, before.DisplayName, before.Email, before.EmailProved, before.FormerNames = u.Username, u.DisplayName, u.Email, u.EmailProved, u.FormerNames
		after["profile_changed"] = !reflect.DeepEqual(u, before)
		return u, deed{action: "user.update", target: id, before: was, after: after}, nil
	})
}

// RemoveAvatar takes a user's picture away, with an audit entry when it is somebody
// else's.
func (w *Workspace) RemoveAvatar(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.User, deed, error) {
		u, err := w.Auth.RemoveAvatarTx(ctx, tx, actor, id)
		if err != nil || id == actor.UserID {
			return u, deed{}, err
		}
		return u, deed{action: "user.remove_avatar", target: id}, nil
	})
}

func named(u contracts.User) map[string]any {
	return map[string]any{"username": u.Username, "display_name": u.DisplayName}
}

// CreateInvite makes an invite into channels to which the actor may add people, with
// its audit entry.
func (w *Workspace) CreateInvite(ctx context.Context, actor contracts.Actor, in auth.NewInvite) (contracts.Invite, error) {
	if err := w.Channels.MayInvite(ctx, actor, in.Channels); err != nil {
		return contracts.Invite{}, err
	}
	if err := w.Auth.CheckInvite(actor, in); err != nil {
		return contracts.Invite{}, err
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Invite, deed, error) {
		inv, err := w.Auth.CreateInviteTx(ctx, tx, actor, in)
		return inv, deed{action: "invite.create", target: inv.ID, after: map[string]any{"role": inv.Role, "max_uses": inv.MaxUses, "channels": inv.Channels, "mailed": inv.Mailed}}, err
	})
}

// RevokeInvite makes an invite useless, with an audit entry unless it was already.
func (w *Workspace) RevokeInvite(ctx context.Context, actor contracts.Actor, id string) error {
	_, err := audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Invite, deed, error) {
		inv, changed, err := w.Auth.RevokeInviteTx(ctx, tx, actor, id)
		if err != nil || !changed {
			return inv, deed{}, err
		}
		return inv, deed{action: "invite.revoke", target: id, before: map[string]any{"role": inv.Role, "max_uses": inv.MaxUses, "uses": inv.Uses}}, nil
	})
	return err
}

// DeleteMessage deletes a message that the actor may see: their own, or as a
// moderator.
func (w *Workspace) DeleteMessage(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error) {
	return w.Channels.DeleteMessage(ctx, actor, id, "")
}
