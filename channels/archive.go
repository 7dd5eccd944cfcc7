package channels

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// Archive closes a channel for writing, for its owners and for whoever holds
// [contracts.PermManageChannels]. Its members keep it and may read it; its name
// stays taken. An archived channel stays as it is. Everybody's channel is refused
// with [contracts.ErrConflict].
func (s *Service) Archive(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
	if !allows(actor, contracts.PermManageChannels) {
		return contracts.Channel{}, forbidden(contracts.PermManageChannels)
	}
	return s.archiving(ctx, actor, id, s.ArchiveTx, "channel.archive")
}

// Unarchive opens an archived channel again, for the same people. A channel that
// is not archived stays as it is.
func (s *Service) Unarchive(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
	if !allows(actor, contracts.PermManageChannels) {
		return contracts.Channel{}, forbidden(contracts.PermManageChannels)
	}
	return s.archiving(ctx, actor, id, s.UnarchiveTx, "channel.unarchive")
}

func (s *Service) archiving(ctx context.Context, actor contracts.Actor, id string,
	change func(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error), action string,
) (contracts.Channel, error) {
	var channel contracts.Channel
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, err := see(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		_, power := p.manages(actor)
		c, changed, err := change(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		channel = c
		if !changed {
			return nil
		}
		return s.recorded(ctx, tx, actor, power, action, id, map[string]any{"archived": p.Archived}, map[string]any{"archived": c.Archived})
	})
	if err == nil {
		s.log.Info().Str("conversation_id", id).Str("user_id", actor.UserID).Bool("archived", channel.Archived).Msg("channel archived or opened")
	}
	return channel, err
}

// ArchiveTx is [Service.Archive] in the caller's transaction; it also tells
// whether anything changed.
func (s *Service) ArchiveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Channel, bool, error) {
	p, err := s.archivable(ctx, tx, actor, id)
	if err != nil {
		return contracts.Channel{}, false, err
	}
	if p.Archived {
		c, err := s.withPosition(ctx, tx, p)
		return c, false, err
	}
	if p.required {
		return contracts.Channel{}, false, errRequired
	}
	if _, err := s.timeline.SystemTx(ctx, tx, id, actor.UserID, "archived the channel"); err != nil {
		return contracts.Channel{}, false, fmt.Errorf("write system message: %w", err)
	}
	c, err := s.setArchived(ctx, tx, actor, p, true)
	return c, err == nil, err
}

// UnarchiveTx is [Service.Unarchive] in the caller's transaction; it also tells
// whether anything changed.
func (s *Service) UnarchiveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Channel, bool, error) {
	p, err := s.archivable(ctx, tx, actor, id)
	if err != nil {
		return contracts.Channel{}, false, err
	}
	if !p.Archived {
		c, err := s.withPosition(ctx, tx, p)
		return c, false, err
	}
	c, err := s.setArchived(ctx, tx, actor, p, false)
	return c, err == nil, err
}

func (s *Service) archivable(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (place, error) {
	if !allows(actor, contracts.PermManageChannels) {
		return place{}, forbidden(contracts.PermManageChannels)
	}
	p, err := see(ctx, tx, actor, id)
	if err != nil {
		return p, err
	}
	if may, _ := p.manages(actor); !may {
		return p, errGoverned
	}
	return p, nil
}

// setArchived writes the state, in the timeline too, and its event.
func (s *Service) setArchived(ctx context.Context, tx *sql.Tx, actor contracts.Actor, p place, archived bool) (contracts.Channel, error) {
	at, event := sql.NullInt64{}, contracts.EventChannelUnarchived
	if archived {
		at, event = sql.NullInt64{Int64: s.now().UnixMilli(), Valid: true}, contracts.EventChannelArchived
	}
	if _, err := tx.ExecContext(ctx, `UPDATE channels SET archived_at = $1 WHERE id = $2`, at, p.ID); err != nil {
		return contracts.Channel{}, fmt.Errorf("update channel: %w", err)
	}
	if err := s.conversations.FreezeTx(ctx, tx, p.ID, archived); err != nil {
		return contracts.Channel{}, fmt.Errorf("freeze conversation: %w", err)
	}
	if !archived { // the timeline takes messages again
		if _, err := s.timeline.SystemTx(ctx, tx, p.ID, actor.UserID, "unarchived the channel"); err != nil {
			return contracts.Channel{}, fmt.Errorf("write system message: %w", err)
		}
	}
	p.Archived = archived
	return s.announce(ctx, tx, actor, p, event)
}
