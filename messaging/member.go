package messaging

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// stay says how a stay begins or ends.
type stay struct {
	conversation string
	by           string // who caused it, "" for the operator
	owner        string // whose role is "owner"
}

// opened is a stay that began at a position in the log.
type opened struct {
	user  string
	event int64
}

// memberRefs are the references of a member event.
type memberRefs struct {
	By   string         `json:"by"`
	Role contracts.Role `json:"role,omitempty"`
}

// JoinTx lets users take part in a channel's conversation from now on and returns
// those who did not yet; for each it appends member.joined. What was said before
// counts as read. It repeats safely. The caller has checked that the users exist
// and may join.
//
// Errors: [contracts.ErrNotFound]; [contracts.ErrConflict] for a direct
// conversation, whose participants are fixed.
func (s *Service) JoinTx(ctx context.Context, tx *sql.Tx, conversation, by string, users ...string) ([]string, error) {
	if err := s.open(ctx, tx, stay{conversation: conversation, by: by}, nil); err != nil {
		return nil, err
	}
	present, err := present(ctx, tx, conversation, users)
	if err != nil {
		return nil, err
	}
	joined := slices.DeleteFunc(unique(users), func(u string) bool { return present[u] })
	if err := s.open(ctx, tx, stay{conversation: conversation, by: by}, joined); err != nil {
		return nil, err
	}
	return joined, nil
}

// open opens a stay for each user, none of whom has one, with its event.
func (s *Service) open(ctx context.Context, tx *sql.Tx, st stay, users []string) error {
	c, err := readConversation(ctx, tx, st.conversation)
	if err != nil {
		return err
	}
	if c.kind == contracts.KindDirect {
		return contracts.ErrConflict.With("the participants of a direct conversation are fixed").WithHint("Open another direct conversation, or make a channel.")
	}
	if len(users) == 0 {
		return nil
	}
	events := make([]*contracts.Event, len(users))
	for i, u := range users {
		role := contracts.ChannelMember
		if u == st.owner {
			role = contracts.ChannelOwner
		}
		if events[i], err = memberEvent(contracts.EventMemberJoined, st, u, role); err != nil {
			return err
		}
	}
	if err := eventlog.Append(ctx, tx, events...); err != nil {
		return err
	}
	rows := make([]opened, len(users))
	for i, ev := range events {
		rows[i] = opened{ev.Subject, ev.Position}
	}
	return s.insertStays(ctx, tx, st, rows)
}

var insertMemberships = sqldb.Multi{
	Text: `WITH v (conversation_id, user_id, from_event, joined_at) AS (VALUES %VALUES%)
		INSERT INTO memberships (conversation_id, user_id, from_event, from_position, joined_at)
		SELECT v.conversation_id, v.user_id, v.from_event, c.last_position, v.joined_at
		FROM v JOIN conversations c ON c.id = v.conversation_id`,
	Columns: []string{"text", "text", "bigint", "bigint"},
}

var insertParticipants = sqldb.Multi{
	Text: `WITH v (conversation_id, user_id, from_event) AS (VALUES %VALUES%)
		INSERT INTO participants (conversation_id, user_id, from_event, last_read_position, read_quiet, all_mentions)
		SELECT v.conversation_id, v.user_id, v.from_event, c.last_position, c.quiet, c.all_mentions
		FROM v JOIN conversations c ON c.id = v.conversation_id`,
	Columns: []string{"text", "text", "bigint"},
}

func (s *Service) insertStays(ctx context.Context, tx *sql.Tx, st stay, stays []opened) error {
	now := s.now()
	memberships := make([][]any, len(stays))
	participants := make([][]any, len(stays))
	for i, o := range stays {
		memberships[i] = []any{st.conversation, o.user, o.event, now}
		participants[i] = []any{st.conversation, o.user, o.event}
	}
	return sqldb.ExecParts(ctx, tx,
		sqldb.Part{Name: "insert memberships", Statement: &insertMemberships, Rows: memberships},
		sqldb.Part{Name: "insert participants", Statement: &insertParticipants, Rows: participants})
}

// LeaveTx ends the stay of those of users who take part and returns them; each
// still gets his own member.left and nothing of the conversation after it. It
// repeats safely. Errors: as [Service.JoinTx].
func (s *Service) LeaveTx(ctx context.Context, tx *sql.Tx, conversation, by string, users ...string) ([]string, error) {
	st := stay{conversation: conversation, by: by}
	if err := s.open(ctx, tx, st, nil); err != nil {
		return nil, err
	}
	present, err := present(ctx, tx, conversation, users)
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(unique(users), func(u string) bool { return !present[u] })
	if len(left) == 0 {
		return nil, nil
	}
	events := make([]*contracts.Event, len(left))
	for i, u := range left {
		if events[i], err = memberEvent(contracts.EventMemberLeft, st, u, ""); err != nil {
			return nil, err
		}
	}
	if err := eventlog.Append(ctx, tx, events...); err != nil {
		return nil, err
	}
	now := s.now()
	for _, ev := range events {
		if _, err := tx.ExecContext(ctx, `UPDATE memberships
			SET to_event = $1, left_at = $2, to_position = (SELECT last_position FROM conversations WHERE id = $3)
			WHERE user_id = $4 AND conversation_id = $3 AND to_event IS NULL`, ev.Position, now, conversation, ev.Subject); err != nil {
			return nil, fmt.Errorf("close membership: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM participants WHERE conversation_id = $1 AND user_id = $2`, conversation, ev.Subject); err != nil {
			return nil, fmt.Errorf("delete participant: %w", err)
		}
	}
	return left, nil
}

func memberEvent(typ string, st stay, user string, role contracts.Role) (*contracts.Event, error) {
	refs, err := json.Marshal(memberRefs{By: st.by, Role: role})
	if err != nil {
		return nil, fmt.Errorf("encode member event: %w", err)
	}
	return &contracts.Event{Type: typ, Scope: st.conversation, Actor: st.by, Subject: user, Refs: string(refs)}, nil
}

// present returns which of users take part in a conversation now.
func present(ctx context.Context, q eventlog.Querier, conversation string, users []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range slices.Chunk(unique(users), 500) {
		err := sqldb.Each(ctx, q, `SELECT user_id FROM participants WHERE conversation_id = $1 AND user_id IN (`+in(2, len(part))+`)`, append([]any{conversation}, list(part)...), func(scan sqldb.Scan) error {
			var u string
			if err := scan(&u); err != nil {
				return err
			}
			out[u] = true
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read participants: %w", err)
		}
	}
	return out, nil
}

// Participants returns the ids of the users who take part in a conversation now,
// sorted; none when there is no such conversation.
func (s *Service) Participants(ctx context.Context, conversation string) ([]string, error) {
	return participants(ctx, s.db.Read, conversation)
}

func participants(ctx context.Context, q eventlog.Querier, conversation string) ([]string, error) {
	users, err := column(ctx, q, `SELECT user_id FROM participants WHERE conversation_id = $1 ORDER BY user_id`, conversation)
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	return users, nil
}

// MemberOf reports whether a user takes part in a conversation now.
func (s *Service) MemberOf(ctx context.Context, user, conversation string) (bool, error) {
	found, err := present(ctx, s.db.Read, conversation, []string{user})
	return found[user], err
}

// mayRead refuses who may not read a conversation: only participants may, and the operator.
func (s *Service) mayRead(ctx context.Context, q eventlog.Querier, actor contracts.Actor, conversation string) error {
	if actor.Operator {
		_, err := readConversation(ctx, q, conversation)
		return err
	}
	found, err := present(ctx, q, conversation, []string{actor.UserID})
	if err != nil {
		return err
	}
	if !found[actor.UserID] {
		return errHidden
	}
	return nil
}
