package admin

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
)

// ArchiveChannel closes any channel for writing, for whoever holds
// [contracts.PermManageChannels]. A channel that is archived stays as it is.
func (s *Service) ArchiveChannel(ctx context.Context, actor contracts.Actor, channel string) (contracts.Channel, error) {
	return s.archiving(ctx, actor, channel, "channel.archive", s.channels.ArchiveTx)
}

// UnarchiveChannel opens an archived channel again, for whoever holds
// [contracts.PermManageChannels].
func (s *Service) UnarchiveChannel(ctx context.Context, actor contracts.Actor, channel string) (contracts.Channel, error) {
	return s.archiving(ctx, actor, channel, "channel.unarchive", s.channels.UnarchiveTx)
}

func (s *Service) archiving(ctx context.Context, actor contracts.Actor, id, action string,
	act func(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error),
) (contracts.Channel, error) {
	if !actor.Can(contracts.PermManageChannels) {
		return contracts.Channel{}, forbidden(contracts.PermManageChannels)
	}
	var channel contracts.Channel
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, changed, err := act(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		channel = c
		if !changed {
			return nil
		}
		return s.RecordTx(ctx, tx, actor, action, id,
			map[string]any{"name": c.Name, "archived": !c.Archived}, map[string]any{"name": c.Name, "archived": c.Archived})
	})
	return channel, err
}

// SetChannelOwner makes a user the one owner of any channel, for whoever holds
// [contracts.PermManageChannels]. The user must have an active account
// ([contracts.ErrConflict]); the owners before stay as moderators.
func (s *Service) SetChannelOwner(ctx context.Context, actor contracts.Actor, channel, user string) (contracts.Channel, error) {
	if !actor.Can(contracts.PermManageChannels) {
		return contracts.Channel{}, forbidden(contracts.PermManageChannels)
	}
	owner, err := s.users.User(ctx, user)
	switch {
	case err != nil:
		return contracts.Channel{}, err
	case owner.State != contracts.UserActive:
		return contracts.Channel{}, contracts.ErrConflict.With("the account of " + owner.Username + " is suspended").At("/owner").WithHint("Restore the account, or choose somebody else.")
	}
	var changed contracts.Channel
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, former, err := s.channels.SetOwnerTx(ctx, tx, actor, channel, user)
		if err != nil {
			return err
		}
		changed = c
		if len(former) == 1 && former[0] == user {
			return nil
		}
		return s.RecordTx(ctx, tx, actor, "channel.owner", channel,
			map[string]any{"name": c.Name, "owners": former}, map[string]any{"name": c.Name, "owners": []string{user}})
	})
	return changed, err
}
