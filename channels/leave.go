package channels

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// Leave ends the actor's membership. Leaving a channel that one is not in changes
// nothing. The last owner hands the channel to the longest-standing moderator,
// else member, whose account is active; the last member of a private channel
// archives it by leaving. Members cannot leave everybody's channel
// ([contracts.ErrConflict]); a guest who was put into it can.
func (s *Service) Leave(ctx context.Context, actor contracts.Actor, id string) error {
	if !actor.Can(contracts.PermWriteMessages) {
		return forbidden(contracts.PermWriteMessages)
	}
	inactive, err := s.inactiveHeirs(ctx, id, actor.UserID)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, err := see(ctx, tx, actor, id)
		if err != nil || p.role == "" {
			return err
		}
		if p.required && actor.Role != contracts.RoleGuest {
			return errRequired
		}
		return s.dropTx(ctx, tx, p, actor.UserID, actor.UserID, p.role, "left the channel", inactive)
	})
}

// RemoveMember ends somebody's membership: owners of the channel and whoever holds
// [contracts.PermManageChannels] remove anybody, moderators ordinary members, and
// everybody themselves (as [Service.Leave]). From everybody's channel only
// [contracts.PermManageChannels] removes. [contracts.ErrNotFound] for one who is
// not a member.
func (s *Service) RemoveMember(ctx context.Context, actor contracts.Actor, id, user string) error {
	if !allows(actor, contracts.PermManageChannels) && !allows(actor, contracts.PermModerate) && user != actor.UserID {
		return forbidden(contracts.PermManageChannels)
	}
	if user == actor.UserID && user != "" {
		return s.Leave(ctx, actor, id)
	}
	inactive, err := s.inactiveHeirs(ctx, id, user)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, err := see(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		role, err := memberRole(ctx, tx, id, user)
		if err != nil {
			return err
		}
		may, power := p.manages(actor)
		if p.required {
			may, power = actor.Can(contracts.PermManageChannels), true
		} else if !may {
			may = p.moderates(actor) && (role == contracts.ChannelMember || role == "")
		}
		switch {
		case !may && p.required:
			return errRequired
		case !may:
			return errGoverned
		case role == "":
			return errNotMember
		}
		if err := s.dropTx(ctx, tx, p, actor.UserID, user, role, "was removed from the channel", inactive); err != nil {
			return err
		}
		return s.recorded(ctx, tx, actor, power, "channel.member_remove", id, map[string]any{"user_id": user, "role": role}, nil)
	})
}

var errNotMember = contracts.ErrNotFound.With("not a member of the channel")

// dropTx ends a membership on both sides, says so unless text is empty, and sees to it
// that somebody governs what is left.
func (s *Service) dropTx(ctx context.Context, tx *sql.Tx, p place, by, user string, role contracts.Role, text string, inactive map[string]bool) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM channel_members WHERE channel_id = $1 AND user_id = $2`, p.ID, user); err != nil {
		return fmt.Errorf("delete member: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE channels SET member_count = member_count - 1 WHERE id = $1`, p.ID); err != nil {
		return fmt.Errorf("count members: %w", err)
	}
	if _, err := s.conversations.LeaveTx(ctx, tx, p.ID, by, user); err != nil {
		return fmt.Errorf("leave conversation: %w", err)
	}
	p.MemberCount--
	if text != "" {
		if err := s.say(ctx, tx, p, user, text); err != nil {
			return err
		}
	}
	if p.MemberCount == 0 {
		if p.Kind != contracts.KindPrivate || p.Archived {
			return nil
		}
		if err := s.say(ctx, tx, p, by, "archived the channel"); err != nil {
			return err
		}
		_, err := s.setArchived(ctx, tx, contracts.Actor{UserID: by}, p, true)
		return err
	}
	if role != contracts.ChannelOwner {
		return nil
	}
	return s.succeed(ctx, tx, p, by, inactive)
}

// succeed gives a channel that lost its last owner a new one.
func (s *Service) succeed(ctx context.Context, tx *sql.Tx, p place, by string, inactive map[string]bool) error {
	if owned, err := hasOwner(ctx, tx, p.ID, ""); err != nil || owned {
		return err
	}
	heirs, err := readIDs(ctx, tx, heirsQuery, p.ID, "")
	if err != nil || len(heirs) == 0 {
		return err
	}
	heir := heirs[0] // when all accounts are suspended
	for _, id := range heirs {
		if !inactive[id] {
			heir = id
			break
		}
	}
	return s.promote(ctx, tx, p, by, heir, contracts.ChannelOwner)
}

// heirsQuery lists who would take a channel over from $2, first the next.
const heirsQuery = `SELECT user_id FROM channel_members WHERE channel_id = $1 AND user_id <> $2
	ORDER BY CASE role WHEN 'owner' THEN 0 WHEN 'moderator' THEN 1 ELSE 2 END, joined_at, user_id LIMIT 50`

// inactiveHeirs returns which of those who would take the channel over from user
// have a suspended account. It is asked before the transaction, which has no time
// for other people's tables.
func (s *Service) inactiveHeirs(ctx context.Context, channel, user string) (map[string]bool, error) {
	if !contracts.ValidID(contracts.PrefixConversation, channel) {
		return nil, errNotFound
	}
	role, err := memberRole(ctx, s.db.Read, channel, user)
	if err != nil || role != contracts.ChannelOwner {
		return nil, err
	}
	heirs, err := readIDs(ctx, s.db.Read, heirsQuery, channel, user)
	if err != nil || len(heirs) == 0 {
		return nil, err
	}
	_, active, err := s.accounts(ctx, heirs)
	if err != nil {
		return nil, err
	}
	inactive := map[string]bool{}
	for _, id := range heirs {
		inactive[id] = !active[id]
	}
	return inactive, nil
}
