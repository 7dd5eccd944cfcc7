package channels

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// AddMembers makes up to [MaxAdd] users members of a channel: any member may who
// is no guest, and whoever holds [contracts.PermManageChannels]. Those who are
// members already stay as they are. It returns the memberships of all users named,
// in their order. All are added or none: [contracts.ErrInvalid] at /user_ids/N for
// one who is unknown or suspended, [contracts.ErrConflict] when the channel or one
// of the users has no room.
func (s *Service) AddMembers(ctx context.Context, actor contracts.Actor, id string, users []string) ([]contracts.Member, error) {
	if !allows(actor, contracts.PermWriteMessages) {
		return nil, forbidden(contracts.PermWriteMessages)
	}
	switch {
	case len(users) == 0:
		return nil, contracts.Invalid("/user_ids", "name at least one user")
	case len(users) > MaxAdd:
		return nil, contracts.Invalid("/user_ids", "at most 200 users at once").WithHint("Add the others in another request.")
	}
	// Before anything is said about the users: whoever may not add learns nothing.
	if _, err := s.mayAdd(ctx, s.db.Read, actor, id); err != nil {
		return nil, err
	}
	refs, err := s.activePeople(ctx, "/user_ids", users)
	if err != nil {
		return nil, err
	}
	var list []contracts.Member
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, err := s.mayAdd(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		before, err := membersAmong(ctx, tx, id, users)
		if err != nil {
			return err
		}
		var fresh []string
		for _, user := range distinct(users) {
			if _, in := before[user]; !in {
				fresh = append(fresh, user)
			}
		}
		if len(fresh) > 0 {
			if err := s.addTx(ctx, tx, p, actor.UserID, fresh, "was added to the channel"); err != nil {
				return err
			}
			if err := s.recorded(ctx, tx, actor, p.role == "", "channel.member_add", id, nil, map[string]any{"user_ids": fresh}); err != nil {
				return err
			}
		}
		after, err := membersAmong(ctx, tx, id, users)
		if err != nil {
			return err
		}
		list = list[:0]
		for _, user := range distinct(users) {
			m := after[user]
			m.Username, m.DisplayName = refs[user].Username, refs[user].DisplayName
			list = append(list, m)
		}
		return nil
	})
	return list, err
}

// mayAdd returns the channel when the actor may add people to it.
func (s *Service) mayAdd(ctx context.Context, q eventlog.Querier, actor contracts.Actor, id string) (place, error) {
	p, err := see(ctx, q, actor, id)
	switch {
	case err != nil:
		return p, err
	case (p.role == "" || !browses(actor)) && !actor.Can(contracts.PermManageChannels):
		return p, contracts.ErrForbidden.With("only members who are not guests may add people to the channel")
	case p.Archived:
		return p, contracts.ErrArchived
	}
	return p, nil
}

// MayInvite tells whether the actor may name these channels in an invite: public
// ones that they may find, and others to which they may add people. nil is yes, also
// to no channels;
// otherwise the error says why not, at /channels/N.
func (s *Service) MayInvite(ctx context.Context, actor contracts.Actor, ids []string) error {
	if len(ids) > 0 && !allows(actor, contracts.PermWriteMessages) {
		return forbidden(contracts.PermWriteMessages)
	}
	for i, id := range ids {
		at := fmt.Sprintf("/channels/%d", i)
		p, err := see(ctx, s.db.Read, actor, id)
		switch {
		case err != nil:
			return located(err, at)
		case p.Archived:
			return contracts.ErrArchived.At(at)
		case p.Kind == contracts.KindPublic && browses(actor):
			continue
		}
		if _, err := s.mayAdd(ctx, s.db.Read, actor, id); err != nil {
			return located(err, at)
		}
	}
	return nil
}

// membersAmong returns the memberships of those of users who are in the channel.
func membersAmong(ctx context.Context, q eventlog.Querier, channel string, users []string) (map[string]contracts.Member, error) {
	found, names := map[string]contracts.Member{}, make([]string, len(users))
	for i, user := range users {
		names[i] = plain(user)
	}
	err := sqldb.EachIn(ctx, q, memberRows+`WHERE channel_id = $1 AND user_id`, []any{channel}, names, func(scan sqldb.Scan) error {
		m, err := scanMember(scan)
		found[m.UserID] = m
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return found, nil
}

// activePeople returns the accounts of users who must all be known and active.
func (s *Service) activePeople(ctx context.Context, pointer string, users []string) (map[string]contracts.UserRef, error) {
	if len(users) == 0 {
		return nil, nil
	}
	refs, active, err := s.accounts(ctx, users)
	if err != nil {
		return nil, err
	}
	for i, user := range users {
		at := fmt.Sprintf("%s/%d", pointer, i)
		if _, known := refs[user]; !known {
			return nil, contracts.Invalid(at, "there is no such user")
		}
		if !active[user] {
			return nil, contracts.Invalid(at, "the account of "+refs[user].Username+" is suspended")
		}
	}
	return refs, nil
}

// accounts returns the accounts with these ids, and which are active.
func (s *Service) accounts(ctx context.Context, users []string) (map[string]contracts.UserRef, map[string]bool, error) {
	refs, err := s.people.Refs(ctx, users)
	if err != nil {
		return nil, nil, fmt.Errorf("read accounts: %w", err)
	}
	names := make([]string, 0, len(refs))
	for _, ref := range refs {
		names = append(names, ref.Username)
	}
	ids, err := s.people.ByUsername(ctx, names)
	if err != nil {
		return nil, nil, fmt.Errorf("read active accounts: %w", err)
	}
	active := make(map[string]bool, len(ids))
	for _, id := range ids {
		active[id] = true
	}
	return refs, active, nil
}

// plain leaves out what no id contains and PostgreSQL would not take in a text.
func plain(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}

// located names the input at fault in an error of ours.
func located(err error, pointer string) error {
	var own *contracts.Error
	if errors.As(err, &own) {
		return own.At(pointer)
	}
	return err
}
