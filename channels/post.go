package channels

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// errNoMessage is the one answer for a message that is missing and for one that
// the actor may not know of.
var errNoMessage = contracts.ErrNotFound.With("no such message")

// Post writes to a channel; the bool tells that it was there already
// ([contracts.NewMessage.ClientMsgID]). Addressing everybody (@channel) needs
// [contracts.PermMentionAll], which owners and moderators of the channel have too:
// [contracts.ErrForbidden] at /text. Whether the actor takes part
// ([contracts.ErrNotFound]) and whether the channel is archived
// ([contracts.ErrArchived]) is checked by the timeline at the commit. A
// conversation that is not a channel is passed on as it is.
func (s *Service) Post(ctx context.Context, actor contracts.Actor, message contracts.NewMessage) (contracts.Message, bool, error) {
	if !actor.Can(contracts.PermWriteMessages) {
		return contracts.Message{}, false, forbidden(contracts.PermWriteMessages)
	}
	if !actor.Can(contracts.PermMentionAll) && s.timeline.MentionsAll(message.Text) {
		p, err := find(ctx, s.db.Read, actor, message.ConversationID)
		switch {
		case contracts.CodeOf(err) == contracts.CodeNotFound, err == nil && p.role == "":
			// No channel, or not in it: the timeline's answer is the right one.
		case err != nil:
			return contracts.Message{}, false, err
		case !p.mayAddressAll(actor):
			return contracts.Message{}, false, contracts.ErrForbidden.With("you may not address everybody in this channel").At("/text").
				WithHint("Name the people you mean, or leave the @ out.")
		}
	}
	return s.timeline.Post(ctx, actor, message)
}

// mayAddressAll: by the role in the channel.
func (p place) mayAddressAll(actor contracts.Actor) bool {
	return (p.role == contracts.ChannelOwner || p.role == contracts.ChannelModerator) && browses(actor) && actor.InScope(contracts.PermMentionAll)
}

// DeleteMessage deletes a message: the author their own; others' messages the
// owners and moderators of the channel, and whoever holds
// [contracts.PermModerate], the latter in a private channel only as a member. The
// text and its history are erased. conversation may be "", else it must be the
// message's ([contracts.ErrNotFound]). In a direct conversation only the author
// deletes.
func (s *Service) DeleteMessage(ctx context.Context, actor contracts.Actor, id, conversation string) (contracts.Message, error) {
	var none contracts.Message
	if !actor.Can(contracts.PermWriteMessages) && !allows(actor, contracts.PermModerate) {
		return none, forbidden(contracts.PermWriteMessages)
	}
	m, err := s.moderation.Message(ctx, contracts.Operator, id)
	switch {
	case contracts.CodeOf(err) == contracts.CodeNotFound, err == nil && conversation != "" && conversation != m.ConversationID:
		return none, errNoMessage
	case err != nil:
		return none, fmt.Errorf("read message: %w", err)
	}
	if m.Author.ID == actor.UserID && actor.UserID != "" && m.Kind == contracts.MessageUser {
		if !actor.Can(contracts.PermWriteMessages) {
			return none, forbidden(contracts.PermWriteMessages)
		}
		return s.moderation.Delete(ctx, actor, id)
	}
	p, err := find(ctx, s.db.Read, actor, m.ConversationID)
	if contracts.CodeOf(err) == contracts.CodeNotFound && !actor.Operator { // a direct conversation
		return s.moderation.Delete(ctx, actor, id)
	}
	if err != nil && !actor.Operator {
		return none, err
	}
	var removed contracts.Message
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		power := actor.Operator
		if !actor.Operator {
			// Again, in the transaction: the role may just have gone.
			if p, err = find(ctx, tx, actor, m.ConversationID); err != nil {
				return err
			}
			if power, err = p.mayRemove(actor); err != nil {
				return err
			}
		}
		r, err := s.moderation.RemoveTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		removed = r
		return s.recorded(ctx, tx, actor, power, "message.delete", id,
			map[string]any{"conversation_id": m.ConversationID, "author": m.Author.ID, "position": m.Position}, nil)
	})
	return removed, err
}

// mayRemove decides on somebody else's message, and whether by the power of the
// workspace.
func (p place) mayRemove(actor contracts.Actor) (power bool, err error) {
	switch {
	case p.moderates(actor):
		return false, nil
	case actor.Can(contracts.PermModerate) && (p.role != "" || p.Kind == contracts.KindPublic):
		return true, nil
	case p.role != "":
		return false, contracts.ErrForbidden.With("only the author, a moderator or an administrator may delete a message")
	}
	return false, errNoMessage // what one cannot read does not exist
}
