package messaging

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// CreateConversationTx makes a conversation within tx. A channel's first members
// each get a member.joined event (role "owner" for CreatedBy, else "member"); a
// direct conversation gets one dm.created instead and must not exist yet for the
// same participants (see [Service.OpenDirectTx], which looks first).
//
// The caller has checked that the members exist. Errors: [contracts.ErrInvalid]
// for an unknown kind or a wrong number of participants, [contracts.ErrConflict]
// for an id or a set of participants that exists.
func (s *Service) CreateConversationTx(ctx context.Context, tx *sql.Tx, n contracts.NewConversation) error {
	members := unique(n.Members)
	if n.ID == "" {
		n.ID = contracts.NewID(contracts.PrefixConversation)
	}
	if !contracts.ValidID(contracts.PrefixConversation, n.ID) {
		return contracts.Invalid("/id", "not a conversation id")
	}
	var key any
	switch n.Kind {
	case contracts.KindPublic, contracts.KindPrivate:
	case contracts.KindDirect:
		if len(members) < 1 || len(members) > contracts.MaxDirectParticipants {
			return errDirectSize
		}
		key = directKey(members)
	default:
		return contracts.Invalid("/kind", fmt.Sprintf("unknown kind of conversation %q", n.Kind)).WithHint("Use public, private or dm.")
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO conversations (id, kind, direct_key, created_by, created_at) VALUES ($1, $2, $3, $4, $5)`,
		n.ID, string(n.Kind), key, n.CreatedBy, s.now())
	if sqldb.IsUnique(err) {
		return contracts.ErrConflict.With("the conversation exists already")
	}
	if err != nil {
		return fmt.Errorf("insert conversation: %w", err)
	}
	if n.Kind != contracts.KindDirect {
		return s.open(ctx, tx, stay{conversation: n.ID, by: n.CreatedBy, owner: n.CreatedBy}, members)
	}
	ev := &contracts.Event{Type: contracts.EventDirectCreated, Scope: n.ID, Actor: n.CreatedBy, Subject: n.ID}
	if err := eventlog.Append(ctx, tx, ev); err != nil {
		return err
	}
	rows := make([]opened, len(members))
	for i, u := range members {
		rows[i] = opened{u, ev.Position}
	}
	return s.insertStays(ctx, tx, stay{conversation: n.ID}, rows)
}

// FreezeTx makes a conversation refuse posts with [contracts.ErrArchived], or
// lets it take them again.
func (s *Service) FreezeTx(ctx context.Context, tx *sql.Tx, conversation string, frozen bool) error {
	return one(tx.ExecContext(ctx, `UPDATE conversations SET frozen = $1 WHERE id = $2 AND kind <> 'dm'`, frozen, conversation))
}

// SetKindTx makes a channel public or private.
func (s *Service) SetKindTx(ctx context.Context, tx *sql.Tx, conversation string, kind contracts.ConversationKind) error {
	if kind != contracts.KindPublic && kind != contracts.KindPrivate {
		return contracts.Invalid("/kind", "a channel is public or private")
	}
	return one(tx.ExecContext(ctx, `UPDATE conversations SET kind = $1 WHERE id = $2 AND kind <> 'dm'`, string(kind), conversation))
}

// LastPositions returns the newest message's position of each conversation that exists.
func (s *Service) LastPositions(ctx context.Context, q eventlog.Querier, conversations []string) (map[string]int64, error) {
	out := make(map[string]int64, len(conversations))
	for part := range slices.Chunk(unique(conversations), 500) {
		err := sqldb.Each(ctx, q, `SELECT id, last_position FROM conversations WHERE id IN (`+in(1, len(part))+`)`, list(part), func(scan sqldb.Scan) error {
			var id string
			var last int64
			if err := scan(&id, &last); err != nil {
				return err
			}
			out[id] = last
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read last positions: %w", err)
		}
	}
	return out, nil
}

// conversation is a row of conversations as far as writers need it.
type conversation struct {
	id                                 string
	kind                               contracts.ConversationKind
	last, allMentions, removedPosition int64
	frozen                             bool
}

func readConversation(ctx context.Context, q eventlog.Querier, id string) (conversation, error) {
	c := conversation{id: id}
	err := q.QueryRowContext(ctx, `SELECT kind, last_position, all_mentions, removed_position, frozen FROM conversations WHERE id = $1`, id).
		Scan(&c.kind, &c.last, &c.allMentions, &c.removedPosition, &c.frozen)
	if errors.Is(err, sql.ErrNoRows) {
		return c, errHidden
	}
	if err != nil {
		return c, fmt.Errorf("read conversation: %w", err)
	}
	return c, nil
}

// directKey is the same for the same set of participants.
func directKey(members []string) string {
	sorted := slices.Sorted(slices.Values(members))
	return strings.Join(sorted, ",")
}

// one makes [contracts.ErrNotFound] of a statement that changed nothing.
func one(res sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("update conversation: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("count changed rows: %w", err)
	}
	if n == 0 {
		return errHidden
	}
	return nil
}
