package channels

import (
	"context"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Fill sets Channel in those of a user's memberships that are channels, with the
// position that the membership has. q is the transaction of a snapshot or DB.Read.
func (s *Service) Fill(ctx context.Context, q eventlog.Querier, memberships []contracts.Membership) error {
	var ids []string
	for _, m := range memberships {
		if m.Kind != contracts.KindDirect {
			ids = append(ids, m.ConversationID)
		}
	}
	found, err := readChannels(ctx, q, ids)
	if err != nil {
		return err
	}
	for i := range memberships {
		m := &memberships[i]
		if c, ok := found[m.ConversationID]; ok {
			c.LastPosition, c.Joined = m.LastPosition, true
			m.Channel = &c
		}
	}
	return nil
}

// Payload renders the Data of channel.* events that have none, from the rows as
// they are now.
func (s *Service) Payload(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
	var ids []string
	for _, ev := range events {
		if wanted(ev) {
			ids = append(ids, ev.Subject)
		}
	}
	ids = distinct(ids)
	if len(ids) == 0 {
		return nil
	}
	found, err := readChannels(ctx, q, ids)
	if err != nil {
		return err
	}
	last, err := s.timeline.LastPositions(ctx, q, ids)
	if err != nil {
		return fmt.Errorf("read last positions: %w", err)
	}
	for _, ev := range events {
		c, ok := found[ev.Subject]
		if !ok || !wanted(ev) {
			continue
		}
		c.LastPosition = last[c.ID]
		if ev.Data, err = payload(c, ev.Scope); err != nil {
			return err
		}
	}
	return nil
}

func wanted(ev *contracts.Event) bool {
	switch ev.Type {
	case contracts.EventChannelCreated, contracts.EventChannelUpdated, contracts.EventChannelArchived, contracts.EventChannelUnarchived:
		return ev.Data == nil
	}
	return false
}

// Count fills in the figures about channels.
func (s *Service) Count(ctx context.Context, q eventlog.Querier, stats *contracts.Stats) error {
	err := q.QueryRowContext(ctx, `SELECT count(*), count(archived_at) FROM channels`).Scan(&stats.Channels, &stats.ArchivedChannels)
	if err != nil {
		return fmt.Errorf("count channels: %w", err)
	}
	return nil
}

// readChannels reads channels as nobody in particular sees them.
func readChannels(ctx context.Context, q eventlog.Querier, ids []string) (map[string]contracts.Channel, error) {
	found := make(map[string]contracts.Channel, len(ids))
	err := sqldb.EachIn(ctx, q, `SELECT `+placeColumns+fromPlaces+`WHERE c.id`, []any{""}, ids, func(scan sqldb.Scan) error {
		c, err := scanChannel(scan)
		found[c.ID] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	return found, nil
}
