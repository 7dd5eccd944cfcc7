package messaging

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Memberships returns a user's sidebar: each conversation with what is unread, the
// one last written in first. Direct is filled in; Channel is left to whoever knows
// channels. With the transaction of a [sqldb.DB.Snapshot] it is the state at that
// head.
func (s *Service) Memberships(ctx context.Context, q eventlog.Querier, user string) ([]contracts.Membership, error) {
	return s.memberships(ctx, q, `WHERE p.user_id = $1 ORDER BY coalesce(c.last_post_at, c.created_at) DESC, c.id`, user)
}

// Membership returns one conversation as [Service.Memberships] does.
func (s *Service) Membership(ctx context.Context, actor contracts.Actor, conversation string) (contracts.Membership, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return contracts.Membership{}, err
	}
	found, err := s.memberships(ctx, s.db.Read, `WHERE p.user_id = $1 AND p.conversation_id = $2`, actor.UserID, conversation)
	if err != nil {
		return contracts.Membership{}, err
	}
	if len(found) == 0 {
		return contracts.Membership{}, errHidden
	}
	return found[0], nil
}

func (s *Service) memberships(ctx context.Context, q eventlog.Querier, where string, args ...any) ([]contracts.Membership, error) {
	out := []contracts.Membership{}
	var directs []string
	err := sqldb.Each(ctx, q, `SELECT c.kind, c.last_post_at, `+readColumns+`
		FROM participants p JOIN conversations c ON c.id = p.conversation_id `+where, args, func(scan sqldb.Scan) error {
		var m contracts.Membership
		var last sql.NullInt64
		st, err := scanRead(scan, &m.Kind, &last)
		if err != nil {
			return err
		}
		m.ConversationID, m.LastReadPosition, m.LastPosition, m.LastPostAt = st.ConversationID, st.LastReadPosition, st.LastPosition, atOrNil(last)
		m.Quiet, m.ReadQuiet, m.Hushed, m.Unread, m.Mentions = st.Quiet, st.ReadQuiet, st.Hushed, st.Unread, st.Mentions
		if m.Kind == contracts.KindDirect {
			directs = append(directs, m.ConversationID)
		}
		out = append(out, m)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	byID, err := s.directs(ctx, q, directs)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if d, ok := byID[out[i].ConversationID]; ok {
			out[i].Direct = &d
		}
	}
	return out, nil
}
