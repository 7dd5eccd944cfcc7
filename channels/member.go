package channels

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Members returns the members of a channel that the actor may know of, those
// first who have been in it longest.
func (s *Service) Members(ctx context.Context, actor contracts.Actor, id string, req contracts.PageRequest) (contracts.Page[contracts.Member], error) {
	var none contracts.Page[contracts.Member]
	if !actor.Can(contracts.PermReadChannels) {
		return none, forbidden(contracts.PermReadChannels)
	}
	limit, err := req.Check()
	if err != nil {
		return none, err
	}
	var joined int64
	var user string
	if req.After != "" {
		if err := contracts.DecodeCursor(req.After, &joined, &user); err != nil {
			return none, err
		}
	}
	if _, err := see(ctx, s.db.Read, actor, id); err != nil {
		return none, err
	}
	list, err := s.readMembers(ctx, `WHERE channel_id = $1 AND (joined_at, user_id) > ($2, $3) ORDER BY joined_at, user_id LIMIT $4`,
		id, joined, plain(user), limit+1)
	if err != nil {
		return none, err
	}
	return contracts.NewPage(list, limit, func(m contracts.Member) string {
		return contracts.EncodeCursor(m.JoinedAt.UnixMilli(), m.UserID)
	}), nil
}

const memberRows = `SELECT user_id, role, joined_at FROM channel_members `

func scanMember(scan sqldb.Scan) (m contracts.Member, err error) {
	var joined int64
	err = scan(&m.UserID, &m.Role, &joined)
	m.JoinedAt = time.UnixMilli(joined).UTC()
	return m, err
}

// readMembers reads members and puts the names of their accounts to them.
func (s *Service) readMembers(ctx context.Context, rest string, args ...any) ([]contracts.Member, error) {
	list, err := sqldb.List(ctx, s.db.Read, scanMember, memberRows+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return list, s.named(ctx, list)
}

func (s *Service) named(ctx context.Context, list []contracts.Member) error {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].UserID
	}
	if len(ids) == 0 {
		return nil
	}
	refs, err := s.people.Refs(ctx, ids)
	if err != nil {
		return fmt.Errorf("read members' accounts: %w", err)
	}
	for i := range list {
		ref := refs[list[i].UserID]
		list[i].Username, list[i].DisplayName = ref.Username, ref.DisplayName
	}
	return nil
}

// memberRole returns a user's role in a channel, "" for one who is not in it.
func memberRole(ctx context.Context, q eventlog.Querier, channel, user string) (contracts.Role, error) {
	var role contracts.Role
	err := q.QueryRowContext(ctx, `SELECT role FROM channel_members WHERE channel_id = $1 AND user_id = $2`, channel, plain(user)).Scan(&role)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read member: %w", err)
	}
	return role, nil
}

// hasOwner tells whether a channel has an owner, someone other than except.
func hasOwner(ctx context.Context, q eventlog.Querier, channel, except string) (bool, error) {
	var one int
	err := q.QueryRowContext(ctx, `SELECT 1 FROM channel_members WHERE channel_id = $1 AND role = 'owner' AND user_id <> $2 LIMIT 1`,
		channel, plain(except)).Scan(&one)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for an owner: %w", err)
	}
	return err == nil, nil
}

// setRole writes a member's role without saying so.
func setRole(ctx context.Context, tx *sql.Tx, channel, user string, role contracts.Role) error {
	if _, err := tx.ExecContext(ctx, `UPDATE channel_members SET role = $1 WHERE channel_id = $2 AND user_id = $3`, string(role), channel, user); err != nil {
		return fmt.Errorf("update member: %w", err)
	}
	return nil
}

func appendRoleChanged(ctx context.Context, tx *sql.Tx, channel, by, user string, role contracts.Role) error {
	refs, err := json.Marshal(map[string]string{"by": by, "role": string(role)})
	if err != nil {
		return fmt.Errorf("encode references: %w", err)
	}
	ev := &contracts.Event{Type: contracts.EventMemberRoleChanged, Scope: channel, Actor: by, Subject: user, Refs: string(refs)}
	if err := eventlog.Append(ctx, tx, ev); err != nil {
		return fmt.Errorf("append %s: %w", ev.Type, err)
	}
	return nil
}

// promote writes a role, the event and a sentence in the timeline.
func (s *Service) promote(ctx context.Context, tx *sql.Tx, p place, by, user string, role contracts.Role) error {
	if err := setRole(ctx, tx, p.ID, user, role); err != nil {
		return err
	}
	if err := appendRoleChanged(ctx, tx, p.ID, by, user, role); err != nil {
		return err
	}
	text := map[contracts.Role]string{
		contracts.ChannelOwner:     "is now an owner of the channel",
		contracts.ChannelModerator: "is now a moderator of the channel",
		contracts.ChannelMember:    "is now an ordinary member of the channel",
	}[role]
	return s.say(ctx, tx, p, user, text)
}

// say writes a message of the system; an archived channel's timeline takes none.
func (s *Service) say(ctx context.Context, tx *sql.Tx, p place, about, text string) error {
	if p.Archived {
		return nil
	}
	if _, err := s.timeline.SystemTx(ctx, tx, p.ID, about, text); err != nil {
		return fmt.Errorf("write system message: %w", err)
	}
	return nil
}
