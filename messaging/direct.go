package messaging

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

var errDirectSize = contracts.Invalid("/user_ids", "a direct conversation has 1 to 9 participants, you included").
	WithHint("Make a channel for more people.")

// OpenDirect returns the direct conversation between the actor and users, making
// it when it does not exist yet; created says which. The same set of people always
// has the same conversation, also when several open it at once; the actor alone
// has notes to himself. Users may hold the actor and repeats. One that exists is found
// whoever blocks whom; what can't be written in can be read.
//
// Errors: [contracts.ErrInvalid] for more than 9 participants or an unknown user;
// [contracts.ErrCannotMessage] for a new one with somebody who blocks the actor, or
// whom he blocks.
func (s *Service) OpenDirect(ctx context.Context, actor contracts.Actor, users []string) (direct contracts.DirectConversation, created bool, err error) {
	if err := mayWrite(actor); err != nil {
		return direct, false, err
	}
	members := unique(append([]string{actor.UserID}, users...))
	if len(members) > contracts.MaxDirectParticipants {
		return direct, false, errDirectSize
	}
	known, err := s.people.Refs(ctx, members)
	if err != nil {
		return direct, false, fmt.Errorf("look up participants: %w", err)
	}
	for _, m := range members {
		if _, ok := known[m]; !ok {
			return direct, false, contracts.Invalid("/user_ids", "there is no user "+quoted(m))
		}
	}
	id, err := findDirect(ctx, s.db.Read, members)
	if err != nil {
		return direct, false, err
	}
	if id == "" {
		err = s.write(ctx, "open direct conversation", func(ctx context.Context, tx *sql.Tx) error {
			got, fresh, err := s.OpenDirectTx(ctx, tx, actor.UserID, members)
			if err != nil {
				return err
			}
			id, created = got, fresh
			return nil
		})
		if err != nil {
			return direct, false, err
		}
	}
	found, err := s.directs(ctx, s.db.Read, []string{id})
	if err != nil {
		return direct, false, err
	}
	return found[id], created, nil
}

// OpenDirectTx is [Service.OpenDirect] within tx: members are all participants,
// the creator included, and exist. It returns the conversation's id.
func (s *Service) OpenDirectTx(ctx context.Context, tx *sql.Tx, createdBy string, members []string) (id string, created bool, err error) {
	members = unique(members)
	// Write transactions are serial, so nobody makes it between the look and the insert.
	if id, err = findDirect(ctx, tx, members); err != nil || id != "" {
		return id, false, err
	}
	if err := reachable(ctx, tx, createdBy, members); err != nil {
		return "", false, err
	}
	id = contracts.NewID(contracts.PrefixConversation)
	err = s.CreateConversationTx(ctx, tx, contracts.NewConversation{ID: id, Kind: contracts.KindDirect, CreatedBy: createdBy, Members: members})
	return id, err == nil, err
}

// Direct returns a direct conversation that the actor takes part in.
func (s *Service) Direct(ctx context.Context, actor contracts.Actor, id string) (contracts.DirectConversation, error) {
	if err := mayRead(actor); err != nil {
		return contracts.DirectConversation{}, err
	}
	if err := s.mayRead(ctx, s.db.Read, actor, id); err != nil {
		return contracts.DirectConversation{}, err
	}
	found, err := s.directs(ctx, s.db.Read, []string{id})
	if err != nil {
		return contracts.DirectConversation{}, err
	}
	d, ok := found[id]
	if !ok {
		return contracts.DirectConversation{}, errHidden
	}
	return d, nil
}

// Directs returns the actor's direct conversations, the one last written in first.
func (s *Service) Directs(ctx context.Context, actor contracts.Actor, req contracts.PageRequest) (contracts.Page[contracts.DirectConversation], error) {
	var page contracts.Page[contracts.DirectConversation]
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return page, err
	}
	limit, err := req.Check()
	if err != nil {
		return page, err
	}
	lastAt, lastID := int64(1)<<62, ""
	if req.After != "" {
		if err := contracts.DecodeCursor(req.After, &lastAt, &lastID); err != nil {
			return page, err
		}
	}
	type row struct {
		id string
		at int64
	}
	var found []row
	err = sqldb.Each(ctx, s.db.Read, `SELECT id, at FROM (
			SELECT c.id AS id, coalesce(c.last_post_at, c.created_at) AS at
			FROM participants p JOIN conversations c ON c.id = p.conversation_id
			WHERE p.user_id = $1 AND c.kind = 'dm') AS mine
		WHERE (at, id) < (cast($2 AS bigint), $3) ORDER BY at DESC, id DESC LIMIT $4`, []any{actor.UserID, lastAt, lastID, limit + 1}, func(scan sqldb.Scan) error {
		var r row
		err := scan(&r.id, &r.at)
		found = append(found, r)
		return err
	})
	if err != nil {
		return page, fmt.Errorf("list direct conversations: %w", err)
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.id
	}
	byID, err := s.directs(ctx, s.db.Read, ids)
	if err != nil {
		return page, err
	}
	keys := contracts.NewPage(found, limit, func(r row) string { return contracts.EncodeCursor(r.at, r.id) })
	page.Page = keys.Page
	page.Data = make([]contracts.DirectConversation, len(keys.Data))
	for i, r := range keys.Data {
		page.Data[i] = byID[r.id]
	}
	return page, nil
}

// findDirect returns the id of the conversation between exactly members, or "".
func findDirect(ctx context.Context, q eventlog.Querier, members []string) (string, error) {
	var id string
	err := q.QueryRowContext(ctx, `SELECT id FROM conversations WHERE direct_key = $1`, directKey(members)).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find direct conversation: %w", err)
	}
	return id, nil
}

// directs returns those of ids that are direct conversations, participants filled in.
func (s *Service) directs(ctx context.Context, q eventlog.Querier, ids []string) (map[string]contracts.DirectConversation, error) {
	out := make(map[string]contracts.DirectConversation, len(ids))
	members := map[string][]string{}
	var people []string
	for part := range slices.Chunk(unique(ids), 500) {
		err := sqldb.Each(ctx, q, `SELECT c.id, c.last_position, c.created_at, p.user_id
			FROM conversations c JOIN participants p ON p.conversation_id = c.id
			WHERE c.kind = 'dm' AND c.id IN (`+in(1, len(part))+`) ORDER BY c.id, p.user_id`, list(part), func(scan sqldb.Scan) error {
			d := contracts.DirectConversation{Kind: contracts.KindDirect}
			var created int64
			var user string
			if err := scan(&d.ID, &d.LastPosition, &created, &user); err != nil {
				return err
			}
			d.CreatedAt = at(created)
			out[d.ID] = d
			members[d.ID] = append(members[d.ID], user)
			people = append(people, user)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read direct conversations: %w", err)
		}
	}
	ref, err := s.refs(ctx, people)
	if err != nil {
		return nil, err
	}
	for id, d := range out {
		for _, u := range members[id] {
			d.Participants = append(d.Participants, ref(u))
		}
		out[id] = d
	}
	return out, nil
}

// quoted shortens an input that is repeated in an error.
func quoted(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return fmt.Sprintf("%q", s)
}
