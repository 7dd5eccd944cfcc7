package messaging

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// maxProblems is how many problems a report lists; further ones are counted only.
const maxProblems = 100

// Report is what [Service.Verify] found.
type Report struct {
	OK            bool      `json:"ok"` // nothing was found
	Conversations int64     `json:"conversations"`
	Participants  int64     `json:"participants"`
	Messages      int64     `json:"messages"`
	Found         int64     `json:"found"`    // problems, all of them
	Problems      []Problem `json:"problems"` // the first 100
}

// Problem is one thing that does not add up.
type Problem struct {
	Code           string `json:"code"` // positions, counters, read_position, stays, participants or blocks
	ConversationID string `json:"conversation_id"`
	UserID         string `json:"user_id,omitempty"`
	Detail         string `json:"detail"`
}

func (r *Report) add(code, conversation, user, detail string) {
	r.Found++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, Problem{code, conversation, user, detail})
	}
}

// Verify recomputes what is kept for speed and compares: positions have no gaps and
// end at the conversation's last one, unread mentions are those that a count finds,
// read positions lie within, participants are those with an open stay, the
// participants of a direct conversation are those of its key, and it is frozen when one
// of two blocks the other. It may run beside
// writers: each statement sees one state.
func (s *Service) Verify(ctx context.Context) (Report, error) {
	r := Report{Problems: []Problem{}}
	for _, check := range []func(context.Context, *Report) error{s.verifyPositions, s.verifyCounters, s.verifyStays, s.verifyDirects, s.verifyBlocks} {
		if err := check(ctx, &r); err != nil {
			return r, fmt.Errorf("verify: %w", err)
		}
	}
	r.OK = r.Found == 0
	return r, nil
}

func (s *Service) verifyPositions(ctx context.Context, r *Report) error {
	return s.pages(ctx, 20, `SELECT c.id, c.last_position, count(m.position), coalesce(min(m.position), 1), coalesce(max(m.position), 0),
			c.quiet, count(CASE WHEN m.kind = 'system' THEN 1 END)
		FROM (SELECT id, last_position, quiet FROM conversations WHERE id > $1 ORDER BY id LIMIT $2) AS c
		LEFT JOIN messages m ON m.conversation_id = c.id GROUP BY c.id, c.last_position, c.quiet ORDER BY c.id`,
		func(scan sqldb.Scan) (string, error) {
			var id string
			var last, n, lowest, highest, quiet, system int64
			if err := scan(&id, &last, &n, &lowest, &highest, &quiet, &system); err != nil {
				return "", err
			}
			r.Conversations++
			r.Messages += n
			if n != last || lowest != 1 || highest != last {
				r.add("positions", id, "", fmt.Sprintf("last_position is %d, but there are %d messages from %d to %d", last, n, lowest, highest))
			}
			if quiet != system {
				r.add("counters", id, "", fmt.Sprintf("%d quiet messages are counted, %d are there", quiet, system))
			}
			return id, nil
		})
}

func (s *Service) verifyCounters(ctx context.Context, r *Report) error {
	return s.pages(ctx, 20, `SELECT c.id, p.user_id, p.last_read_position, c.last_position, p.mentions, c.all_mentions - p.all_mentions,
			(SELECT count(*) FROM mentions n WHERE n.user_id = p.user_id AND n.conversation_id = c.id AND n.position > p.last_read_position),
			(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.position > p.last_read_position AND m.mention_all AND m.author <> p.user_id),
			p.read_quiet, (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.position <= p.last_read_position AND m.kind = 'system')
		FROM (SELECT id, last_position, all_mentions FROM conversations WHERE id > $1 ORDER BY id LIMIT $2) AS c
		LEFT JOIN participants p ON p.conversation_id = c.id ORDER BY c.id, p.user_id`,
		func(scan sqldb.Scan) (string, error) {
			var id string
			var user sql.NullString
			var read, mentions, all, quiet sql.NullInt64
			var last, direct, everybody, system int64
			if err := scan(&id, &user, &read, &last, &mentions, &all, &direct, &everybody, &quiet, &system); err != nil {
				return "", err
			}
			if !user.Valid { // nobody takes part
				return id, nil
			}
			r.Participants++
			if read.Int64 < 0 || read.Int64 > last {
				r.add("read_position", id, user.String, fmt.Sprintf("read up to %d of %d", read.Int64, last))
			}
			if mentions.Int64 != direct || all.Int64 != everybody {
				r.add("counters", id, user.String, fmt.Sprintf("%d mentions and %d of everybody are counted, %d and %d are there", mentions.Int64, all.Int64, direct, everybody))
			}
			if quiet.Int64 != system {
				r.add("counters", id, user.String, fmt.Sprintf("%d quiet messages are counted as read, %d are there", quiet.Int64, system))
			}
			return id, nil
		})
}

func (s *Service) verifyStays(ctx context.Context, r *Report) error {
	return sqldb.Each(ctx, s.db.Read, `SELECT conversation_id, user_id, 'takes part without an open stay' FROM participants p
			WHERE NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = p.user_id AND m.conversation_id = p.conversation_id
				AND m.from_event = p.from_event AND m.to_event IS NULL)
		UNION ALL
		SELECT conversation_id, user_id, 'has an open stay but does not take part' FROM memberships m
			WHERE m.to_event IS NULL AND NOT EXISTS (SELECT 1 FROM participants p WHERE p.user_id = m.user_id
				AND p.conversation_id = m.conversation_id AND p.from_event = m.from_event)
		LIMIT 1000`, nil, func(scan sqldb.Scan) error {
		var conversation, user, detail string
		err := scan(&conversation, &user, &detail)
		r.add("stays", conversation, user, detail)
		return err
	})
}

func (s *Service) verifyDirects(ctx context.Context, r *Report) error {
	var id, key string
	var members []string
	check := func() {
		if id != "" && directKey(members) != key {
			r.add("participants", id, "", "the participants of the direct conversation are not those of its key")
		}
	}
	err := s.pages(ctx, 200, `SELECT c.id, c.direct_key, coalesce(p.user_id, '')
		FROM (SELECT id, direct_key FROM conversations WHERE id > $1 AND kind = 'dm' ORDER BY id LIMIT $2) AS c
		LEFT JOIN participants p ON p.conversation_id = c.id ORDER BY c.id, p.user_id`,
		func(scan sqldb.Scan) (string, error) {
			var conversation, k, user string
			if err := scan(&conversation, &k, &user); err != nil {
				return "", err
			}
			if conversation != id {
				check()
				id, key, members = conversation, k, nil
			}
			members = append(members, user)
			return conversation, nil
		})
	check()
	return err
}

func (s *Service) verifyBlocks(ctx context.Context, r *Report) error {
	return s.pages(ctx, 200, `SELECT c.id, c.frozen, (SELECT count(*) FROM participants p WHERE p.conversation_id = c.id) = 2
			AND EXISTS (SELECT 1 FROM participants p JOIN muted_users u ON u.user_id = p.user_id AND u.blocked
				JOIN participants o ON o.conversation_id = p.conversation_id AND o.user_id = u.muted_id WHERE p.conversation_id = c.id)
		FROM (SELECT id, frozen FROM conversations WHERE id > $1 AND kind = 'dm' ORDER BY id LIMIT $2) AS c ORDER BY c.id`,
		func(scan sqldb.Scan) (string, error) {
			var id string
			var frozen, blocked bool
			err := scan(&id, &frozen, &blocked)
			if frozen != blocked {
				r.add("blocks", id, "", fmt.Sprintf("frozen is %v, that one of two blocks the other is %v", frozen, blocked))
			}
			return id, err
		})
}

// pages runs a query over conversations page by page ($1 the last id, $2 the size),
// so that no statement sees more than a few of them.
func (s *Service) pages(ctx context.Context, size int, query string, fn func(sqldb.Scan) (id string, err error)) error {
	for after := ""; ; {
		n := 0
		err := sqldb.Each(ctx, s.db.Read, query, []any{after, size}, func(scan sqldb.Scan) error {
			id, err := fn(scan)
			if id != after {
				n++
			}
			after = id
			return err
		})
		if err != nil {
			return err
		}
		if n < size {
			return nil
		}
	}
}
