package channels

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

var errFull = contracts.ErrConflict.With("the channel is full").WithHint("A channel has room for a limited number of members.")

// Join makes the actor a member of a public channel. Joining a channel that one is
// in changes nothing. Whoever joins a channel without an owner becomes its owner.
// A private channel is entered by [Service.AddMembers] alone, also by those who
// may manage it ([contracts.ErrForbidden]). [contracts.ErrConflict]: the channel
// is full, or the actor is in as many as one may be.
func (s *Service) Join(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
	switch {
	case !actor.Can(contracts.PermReadChannels):
		return contracts.Channel{}, forbidden(contracts.PermReadChannels)
	case !actor.Can(contracts.PermWriteMessages):
		return contracts.Channel{}, forbidden(contracts.PermWriteMessages)
	case actor.UserID == "":
		return contracts.Channel{}, contracts.ErrInvalid.With("the operator is nobody who could join").WithHint("Add a user to the channel instead.")
	}
	var channel contracts.Channel
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		p, err := see(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if p.role == "" {
			if p.Kind == contracts.KindPrivate {
				return contracts.ErrForbidden.With("a private channel is joined by invitation").WithHint("Add yourself as a member; the channel and the audit log will say so.")
			}
			if err := s.addTx(ctx, tx, p, actor.UserID, []string{actor.UserID}, "joined the channel"); err != nil {
				return err
			}
			if p, err = find(ctx, tx, actor, id); err != nil {
				return err
			}
		}
		channel, err = s.withPosition(ctx, tx, p)
		return err
	})
	return channel, err
}

// JoinDefaultsTx makes a new user a member of the default channels and of extra
// ones (those of the invite). Guests and bots join the extra ones alone. Channels that are
// archived, full or gone are left out: an account is made all the same.
func (s *Service) JoinDefaultsTx(ctx context.Context, tx *sql.Tx, user contracts.User, extra []string) error {
	list := extra
	if user.Role != contracts.RoleGuest && !user.Bot {
		defaults, err := readIDs(ctx, tx, `SELECT id FROM channels WHERE auto_join ORDER BY created_at, id`)
		if err != nil {
			return fmt.Errorf("read default channels: %w", err)
		}
		list = slices.Concat(defaults, extra)
	}
	for _, id := range distinct(list) {
		p, err := find(ctx, tx, contracts.Actor{UserID: user.ID}, id)
		if contracts.CodeOf(err) == contracts.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		if p.Archived || p.role != "" || !s.roomIn(p, 1) {
			continue
		}
		if err := s.enterTx(ctx, tx, p, user.ID, []string{user.ID}); err != nil {
			return err
		}
		if err := s.say(ctx, tx, p, user.ID, "joined the channel"); err != nil {
			return err
		}
	}
	return nil
}

// addTx makes users members who are not, says so about each, and gives a channel
// without an owner the first of them.
func (s *Service) addTx(ctx context.Context, tx *sql.Tx, p place, by string, users []string, text string) error {
	switch {
	case p.Archived:
		return contracts.ErrArchived
	case !s.roomIn(p, len(users)):
		return errFull
	}
	if err := s.roomForChannel(ctx, tx, users); err != nil {
		return err
	}
	owned, err := hasOwner(ctx, tx, p.ID, "")
	if err != nil {
		return err
	}
	if err := s.enterTx(ctx, tx, p, by, users); err != nil {
		return err
	}
	if len(users) > 10 {
		if err := s.say(ctx, tx, p, by, fmt.Sprintf("added %d people to the channel", len(users))); err != nil {
			return err
		}
	} else {
		for _, user := range users {
			if err := s.say(ctx, tx, p, user, text); err != nil {
				return err
			}
		}
	}
	if owned {
		return nil
	}
	return s.promote(ctx, tx, p, by, users[0], contracts.ChannelOwner)
}

// enterTx writes both sides of a membership: the channel's and the conversation's.
func (s *Service) enterTx(ctx context.Context, tx *sql.Tx, p place, by string, users []string) error {
	if err := s.insertMembers(ctx, tx, p.ID, users, contracts.ChannelMember); err != nil {
		return err
	}
	if _, err := s.conversations.JoinTx(ctx, tx, p.ID, by, users...); err != nil {
		return fmt.Errorf("join conversation: %w", err)
	}
	return nil
}

// roomIn: default channels are for everybody, so they have no limit.
func (s *Service) roomIn(p place, more int) bool {
	return p.autoJoin || p.MemberCount+more <= s.maxMembers
}

// roomForChannel refuses when one of the users is in as many channels as one may be.
func (s *Service) roomForChannel(ctx context.Context, q eventlog.Querier, users []string) error {
	for _, user := range users {
		var n int
		if err := q.QueryRowContext(ctx, `SELECT count(*) FROM channel_members WHERE user_id = $1`, user).Scan(&n); err != nil {
			return fmt.Errorf("count channels of a user: %w", err)
		}
		if n >= s.maxJoined {
			return contracts.ErrConflict.With(fmt.Sprintf("%s is in %d channels, and nobody can be in more", user, n)).WithHint("Leave a channel first.")
		}
	}
	return nil
}

// insertMembers writes rows for users who are not members yet, and the count.
func (s *Service) insertMembers(ctx context.Context, tx *sql.Tx, channel string, users []string, role contracts.Role) error {
	now, added := s.now().UnixMilli(), int64(0)
	for rest := users; len(rest) > 0; {
		n := sqldb.RowsPerStatement(len(rest))
		args := make([]any, 0, 4*n)
		for _, user := range rest[:n] {
			args = append(args, channel, user, string(role), now)
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO channel_members (channel_id, user_id, role, joined_at) VALUES `+
			sqldb.Placeholders(n, 4)+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return fmt.Errorf("insert members: %w", err)
		}
		count, err := result.RowsAffected()
		if err != nil {
			return fmt.Errorf("insert members: %w", err)
		}
		added += count
		rest = rest[n:]
	}
	if _, err := tx.ExecContext(ctx, `UPDATE channels SET member_count = member_count + $1 WHERE id = $2`, added, channel); err != nil {
		return fmt.Errorf("count members: %w", err)
	}
	return nil
}

func readIDs(ctx context.Context, q eventlog.Querier, query string, args ...any) ([]string, error) {
	return sqldb.List(ctx, q, func(scan sqldb.Scan) (id string, err error) {
		err = scan(&id)
		return id, err
	}, query, args...)
}
