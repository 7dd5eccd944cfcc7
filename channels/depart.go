package channels

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// Departure is somebody who goes for good, with what [Service.DepartTx] has no time to
// ask other people's tables about.
type Departure struct {
	user     string
	inactive map[string]bool // of those who might take channels over
}

// PrepareDeparture looks for who would take over the channels that a user owns.
func (s *Service) PrepareDeparture(ctx context.Context, user string) (Departure, error) {
	d := Departure{user: user, inactive: map[string]bool{}}
	owned, err := readIDs(ctx, s.db.Read, `SELECT channel_id FROM channel_members WHERE user_id = $1 AND role = 'owner'`, plain(user))
	if err != nil {
		return d, fmt.Errorf("read owned channels: %w", err)
	}
	for _, id := range owned {
		inactive, err := s.inactiveHeirs(ctx, id, user)
		if err != nil {
			return d, err
		}
		for heir, is := range inactive {
			d.inactive[heir] = is
		}
	}
	return d, nil
}

// DepartTx ends all memberships of a user, those in everybody's and in archived channels
// too: the account is being deleted. What of [Service.Leave] keeps a channel governed
// holds for each; their timelines are not told, their members by member.left are. It
// belongs into the transaction that deletes the account; by is who does that.
func (s *Service) DepartTx(ctx context.Context, tx *sql.Tx, by string, d Departure) error {
	list, err := readIDs(ctx, tx, `SELECT channel_id FROM channel_members WHERE user_id = $1 ORDER BY channel_id`, plain(d.user))
	if err != nil {
		return fmt.Errorf("read channels of a user: %w", err)
	}
	for _, id := range list {
		p, err := find(ctx, tx, contracts.Actor{UserID: d.user}, id)
		if err != nil {
			return err
		}
		if err := s.dropTx(ctx, tx, p, by, d.user, p.role, "", d.inactive); err != nil {
			return err
		}
	}
	return nil
}
