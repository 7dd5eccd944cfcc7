package messaging

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// sortPosts tells for each post what it has to be checked against. The subqueries
// are keyed lookups whatever the planner believes about the tables' sizes. first is the
// conversation at its first post of the batch, NULL (which finds nothing) at the others.
var sortPosts = sqldb.Multi{
	Text: `WITH v (n, conversation_id, author, client_msg_id, first) AS (VALUES %VALUES%)
		SELECT v.n,
			coalesce((SELECT c.last_position FROM conversations c WHERE c.id = v.first), -1),
			coalesce((SELECT c.all_mentions FROM conversations c WHERE c.id = v.first), 0),
			coalesce((SELECT c.quiet FROM conversations c WHERE c.id = v.first), 0),
			coalesce((SELECT c.frozen FROM conversations c WHERE c.id = v.first), FALSE),
			coalesce((SELECT p.last_read_position FROM participants p WHERE p.conversation_id = v.conversation_id AND p.user_id = v.author), -1),
			coalesce((SELECT m.id FROM messages m WHERE m.author = v.author AND m.client_msg_id = v.client_msg_id), '')
		FROM v WHERE v.n IS NOT NULL`,
	Columns: []string{"bigint", "text", "text", "text", "text"},
}

var insertMessages = sqldb.Multi{
	Text: `WITH v (id, conversation_id, position, kind, author, text, mentions, mention_all, client_msg_id, request_hash, created_at) AS (VALUES %VALUES%)
		INSERT INTO messages (id, conversation_id, position, kind, author, text, mentions, mention_all, client_msg_id, request_hash, created_at)
		SELECT id, conversation_id, position, kind, author, text, mentions, mention_all, client_msg_id, request_hash, created_at
		FROM v WHERE id IS NOT NULL`,
	Columns: []string{"text", "text", "bigint", "text", "text", "text", "text", "boolean", "text", "text", "bigint"},
}

var raiseConversations = sqldb.Multi{
	Text: `WITH v (id, last_position, all_mentions, quiet, at) AS (VALUES %VALUES%)
		UPDATE conversations SET last_position = v.last_position, all_mentions = v.all_mentions, quiet = v.quiet, last_post_at = v.at
		FROM v WHERE conversations.id = v.id`,
	Columns: []string{"text", "bigint", "bigint", "bigint", "bigint"},
}

var readByAuthors = sqldb.Multi{
	Text: `WITH v (conversation_id, user_id, position, quiet, mentions, all_mentions, at) AS (VALUES %VALUES%)
		UPDATE participants SET last_read_position = v.position, read_quiet = v.quiet, mentions = v.mentions, all_mentions = v.all_mentions,
			last_post_at = coalesce(v.at, participants.last_post_at)
		FROM v WHERE participants.conversation_id = v.conversation_id AND participants.user_id = v.user_id`,
	Columns: []string{"text", "text", "bigint", "bigint", "bigint", "bigint", "bigint"},
}

var raiseMentions = sqldb.Multi{
	Text: `WITH v (conversation_id, user_id, n) AS (VALUES %VALUES%)
		UPDATE participants SET mentions = mentions + v.n
		FROM v WHERE participants.conversation_id = v.conversation_id AND participants.user_id = v.user_id`,
	Columns: []string{"text", "text", "bigint"},
}

var insertMentions = sqldb.Multi{
	Text: `WITH v (user_id, conversation_id, position) AS (VALUES %VALUES%)
		INSERT INTO mentions (user_id, conversation_id, position) SELECT user_id, conversation_id, position FROM v WHERE user_id IS NOT NULL`,
	Columns: []string{"text", "text", "bigint"},
}

// seat is a user's place in a conversation.
type seat struct{ conversation, user string }

// timeline is a conversation while a batch is written to it.
type timeline struct {
	last, allMentions, quiet int64
	frozen                   bool
	existed                  bool
}

// batch is what one call of postAll writes.
type batch struct {
	now       int64
	timelines map[string]*timeline
	reads     map[seat]int64    // how far each author had read, -1 for one who does not take part
	authors   map[seat]*reading // where each author who posts stands after the batch
	named     map[seat]int64    // mentions of others
	written   []*contracts.Message
	hashes    []string
	mentions  [][]any
	refused   map[seat]error // why, of those who wrote in a frozen conversation
}

type reading struct {
	position, quiet, mentions, allMentions int64
	at                                     any
}

// postAll is the only way in which messages are written: sorted by one SELECT into
// write, duplicate and refused, then written as multi-row statements with counters
// and events. Each post gets its own answer; err is about the batch as a whole.
func (s *Service) postAll(ctx context.Context, tx *sql.Tx, posts []*post) ([]answer, error) {
	b := &batch{now: s.now(), timelines: map[string]*timeline{}, reads: map[seat]int64{}, authors: map[seat]*reading{}, named: map[seat]int64{}, refused: map[seat]error{}}
	ids, err := b.sort(ctx, tx, posts)
	if err != nil {
		return nil, err
	}
	earlier, err := s.earlier(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	type key struct{ author, id string }
	inBatch := map[key]int{}
	answers := make([]answer, len(posts))
	for i, p := range posts {
		k := key{p.msg.Author.ID, p.msg.ClientMsgID}
		before, again := inBatch[k]
		switch {
		case ids[i] != "":
			answers[i] = repeated(earlier[ids[i]], p.hash)
		case p.msg.ClientMsgID != "" && again:
			answers[i] = repeated(first{answers[before].msg, posts[before].hash}, p.hash)
		default:
			answers[i].msg, answers[i].err = b.place(p)
			switch {
			case errors.Is(answers[i].err, contracts.ErrArchived):
				if answers[i].err, err = b.closed(ctx, tx, seat{p.msg.ConversationID, p.msg.Author.ID}); err != nil {
					return nil, err
				}
			case answers[i].err == nil && p.msg.ClientMsgID != "":
				inBatch[k] = i
			}
		}
	}
	if len(b.written) == 0 {
		return answers, nil
	}
	return answers, b.write(ctx, tx)
}

// repeated answers a client_msg_id that was used before. An erased message has no
// hash: its id alone says that it was the same.
func repeated(f first, hash string) answer {
	if f.hash != "" && f.hash != hash {
		return answer{err: contracts.ErrDuplicate.With("this client_msg_id was used for another message").At("/client_msg_id").
			WithHint("Take a new client_msg_id for each new message.")}
	}
	return answer{msg: f.msg, duplicate: true}
}

// sort reads what the posts have to be checked against and returns the ids of those
// that were written before, "" for the new ones.
func (b *batch) sort(ctx context.Context, tx *sql.Tx, posts []*post) ([]string, error) {
	earlier := make([]string, len(posts))
	in := make([][]any, len(posts))
	for i, p := range posts {
		var id, first any
		if p.msg.ClientMsgID != "" {
			id = p.msg.ClientMsgID
		}
		if b.timelines[p.msg.ConversationID] == nil {
			first = p.msg.ConversationID
			b.timelines[p.msg.ConversationID] = &timeline{}
		}
		in[i] = []any{int64(i), p.msg.ConversationID, p.msg.Author.ID, id, first}
	}
	err := sortPosts.Each(in, func(query string, args []any) error {
		return sqldb.Each(ctx, tx, query, args, func(scan sqldb.Scan) error {
			var n, last, all, quiet, read int64
			var frozen bool
			var id string
			if err := scan(&n, &last, &all, &quiet, &frozen, &read, &id); err != nil {
				return err
			}
			m := posts[n].msg
			earlier[n] = id
			if in[n][4] != nil {
				*b.timelines[m.ConversationID] = timeline{last: last, allMentions: all, quiet: quiet, frozen: frozen, existed: last >= 0}
			}
			b.reads[seat{m.ConversationID, m.Author.ID}] = read
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("sort posts: %w", err)
	}
	return earlier, nil
}

// first is a message that was written before, and the hash of its request.
type first struct {
	msg  contracts.Message
	hash string
}

// earlier reads the messages that posts repeat; there are none as a rule.
func (s *Service) earlier(ctx context.Context, tx *sql.Tx, ids []string) (map[string]first, error) {
	ids = unique(ids)
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := readMessages(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]first, len(ids))
	for id, m := range found {
		if m.Author, err = s.ref(ctx, m.Author.ID); err != nil {
			return nil, err
		}
		f := first{msg: m}
		if err := tx.QueryRowContext(ctx, `SELECT request_hash FROM messages WHERE id = $1`, id).Scan(&f.hash); err != nil {
			return nil, fmt.Errorf("read hash of request: %w", err)
		}
		out[id] = f
	}
	return out, nil
}

// closed says why an author can't write in a frozen conversation; asked once for each.
func (b *batch) closed(ctx context.Context, tx *sql.Tx, s seat) (why, err error) {
	why, known := b.refused[s]
	if !known {
		why = closed(ctx, tx, s.conversation, s.user)
		if e := (*contracts.Error)(nil); !errors.As(why, &e) {
			return nil, why
		}
		b.refused[s] = why
	}
	return why, nil
}

// place gives a post its position, or refuses it.
func (b *batch) place(p *post) (contracts.Message, error) {
	m := p.msg
	t, s := b.timelines[m.ConversationID], seat{m.ConversationID, m.Author.ID}
	system := m.Kind == contracts.MessageSystem
	read := b.reads[s]
	switch {
	case !t.existed, !system && read < 0:
		return m, errHidden
	case !system && t.frozen:
		return m, errArchived
	}
	t.last++
	m.ID, m.Position, m.CreatedAt = contracts.NewID(contracts.PrefixMessage), t.last, at(b.now)
	if m.Mentions == nil {
		m.Mentions = []string{}
	}
	if m.MentionAll {
		t.allMentions++
	}
	if system {
		t.quiet++
	}
	// A post counts as read by its author, with all before it; the system's words
	// about somebody only when there was nothing unread.
	if a, ok := b.authors[s]; !system || read >= 0 && (ok && a.position == t.last-1 || !ok && read == t.last-1) {
		r := &reading{position: t.last, quiet: t.quiet, allMentions: t.allMentions}
		if !system {
			r.at = b.now
		} else if ok {
			r.at = a.at
		}
		b.authors[s] = r
	}
	if !m.MentionAll {
		for _, u := range m.Mentions {
			if u == m.Author.ID {
				continue
			}
			b.mentions = append(b.mentions, []any{u, m.ConversationID, m.Position})
			b.named[seat{m.ConversationID, u}]++
		}
	}
	b.written = append(b.written, &m)
	b.hashes = append(b.hashes, p.hash)
	return m, nil
}

func (b *batch) write(ctx context.Context, tx *sql.Tx) error {
	messages := make([][]any, len(b.written))
	events := make([]*contracts.Event, len(b.written))
	posted := map[string]bool{}
	for i, m := range b.written {
		var clientID any
		if m.ClientMsgID != "" {
			clientID = m.ClientMsgID
		}
		messages[i] = []any{m.ID, m.ConversationID, m.Position, m.Kind, m.Author.ID, m.Text, strings.Join(m.Mentions, " "), m.MentionAll, clientID, b.hashes[i], b.now}
		posted[m.ConversationID] = true
		events[i] = &contracts.Event{Type: contracts.EventMessageCreated, Scope: m.ConversationID, Actor: m.Author.ID, Subject: m.ID, At: m.CreatedAt}
		if m.Author.Username == "" {
			continue // the system knows only the id: rendered at delivery
		}
		data, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		events[i].Data = data
	}
	var conversations [][]any
	for id := range posted {
		t := b.timelines[id]
		conversations = append(conversations, []any{id, t.last, t.allMentions, t.quiet, b.now})
	}
	authors, named := b.readings()
	log, err := eventlog.Part(ctx, events...)
	if err != nil {
		return err
	}
	return sqldb.ExecParts(ctx, tx,
		sqldb.Part{Name: "insert messages", Statement: &insertMessages, Rows: messages},
		sqldb.Part{Name: "raise positions", Statement: &raiseConversations, Rows: conversations},
		sqldb.Part{Name: "insert mentions", Statement: &insertMentions, Rows: b.mentions},
		sqldb.Part{Name: "move read positions", Statement: &readByAuthors, Rows: authors},
		sqldb.Part{Name: "raise mention counters", Statement: &raiseMentions, Rows: named},
		log)
}

// readings returns where the authors' read positions move and whose counters rise. An
// author's own counter starts anew at his last post in the batch; so no participant is
// in both.
func (b *batch) readings() (authors, named [][]any) {
	for _, row := range b.mentions {
		s := seat{row[1].(string), row[0].(string)}
		if a := b.authors[s]; a != nil && row[2].(int64) > a.position {
			a.mentions++
		}
	}
	for s, a := range b.authors {
		authors = append(authors, []any{s.conversation, s.user, a.position, a.quiet, a.mentions, a.allMentions, a.at})
	}
	for s, n := range b.named {
		if b.authors[s] == nil {
			named = append(named, []any{s.conversation, s.user, n})
		}
	}
	return authors, named
}
