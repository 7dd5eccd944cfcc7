package channels

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
)

// SetMemberRole changes a member's role in a channel, for its owners and for
// whoever holds [contracts.PermManageChannels]. A channel may have several owners.
// The last one cannot become less ([contracts.ErrLastOwner]); leaving is possible.
// [contracts.ErrNotFound] for one who is not a member. The same role again changes
// nothing.
func (s *Service) SetMemberRole(ctx context.Context, actor contracts.Actor, id, user string, role contracts.Role) (contracts.Member, error) {
	if !allows(actor, contracts.PermManageChannels) {
		return contracts.Member{}, forbidden(contracts.PermManageChannels)
	}
	if role != contracts.ChannelOwner && role != contracts.ChannelModerator && role != contracts.ChannelMember {
		return contracts.Member{}, contracts.Invalid("/role", `a role in a channel is "owner", "moderator" or "member"`)
	}
	var member contracts.Member
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, err := see(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		may, power := p.manages(actor)
		switch {
		case !may:
			return errGoverned
		case p.Archived:
			return contracts.ErrArchived
		}
		before, err := memberRole(ctx, tx, id, user)
		switch {
		case err != nil:
			return err
		case before == "":
			return errNotMember
		}
		if before != role {
			if err := s.changeRole(ctx, tx, p, actor, user, before, role); err != nil {
				return err
			}
			err := s.recorded(ctx, tx, actor, power, "channel.member_role", id,
				map[string]any{"user_id": user, "role": before}, map[string]any{"user_id": user, "role": role})
			if err != nil {
				return err
			}
		}
		found, err := membersAmong(ctx, tx, id, []string{user})
		member = found[user]
		return err
	})
	if err != nil {
		return contracts.Member{}, err
	}
	one := []contracts.Member{member}
	err = s.named(ctx, one)
	return one[0], err
}

func (s *Service) changeRole(ctx context.Context, tx *sql.Tx, p place, actor contracts.Actor, user string, before, role contracts.Role) error {
	if before == contracts.ChannelOwner {
		other, err := hasOwner(ctx, tx, p.ID, user)
		if err != nil {
			return err
		}
		if !other {
			return contracts.ErrLastOwner.With("the channel needs an owner").WithHint("Make somebody else an owner first.")
		}
	}
	return s.promote(ctx, tx, p, actor.UserID, user, role)
}

// SetOwnerTx gives a channel one owner, in the caller's transaction, for whoever
// holds [contracts.PermManageChannels]: the user becomes a member if need be, and
// the owners before become moderators. It works on an archived channel, so that
// somebody can take it over. It returns the channel and who owned it before.
// That the user has an active account is the caller's to know.
func (s *Service) SetOwnerTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id, user string) (contracts.Channel, []string, error) {
	var none contracts.Channel
	if !actor.Can(contracts.PermManageChannels) {
		return none, nil, forbidden(contracts.PermManageChannels)
	}
	p, err := see(ctx, tx, actor, id)
	if err != nil {
		return none, nil, err
	}
	former, err := readIDs(ctx, tx, `SELECT user_id FROM channel_members WHERE channel_id = $1 AND role = 'owner' ORDER BY joined_at, user_id`, id)
	if err != nil {
		return none, nil, err
	}
	role, err := memberRole(ctx, tx, id, user)
	if err != nil {
		return none, nil, err
	}
	if role == "" {
		if !s.roomIn(p, 1) {
			return none, nil, errFull
		}
		if err := s.roomForChannel(ctx, tx, []string{user}); err != nil {
			return none, nil, err
		}
		if err := s.enterTx(ctx, tx, p, actor.UserID, []string{user}); err != nil {
			return none, nil, err
		}
		if err := s.say(ctx, tx, p, user, "was added to the channel"); err != nil {
			return none, nil, err
		}
	}
	if role != contracts.ChannelOwner {
		if err := s.promote(ctx, tx, p, actor.UserID, user, contracts.ChannelOwner); err != nil {
			return none, nil, err
		}
	}
	for _, owner := range former {
		if owner == user {
			continue
		}
		if err := s.promote(ctx, tx, p, actor.UserID, owner, contracts.ChannelModerator); err != nil {
			return none, nil, err
		}
	}
	if p, err = find(ctx, tx, actor, id); err != nil {
		return none, nil, err
	}
	channel, err := s.withPosition(ctx, tx, p)
	return channel, former, err
}
