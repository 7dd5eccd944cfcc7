package messaging

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Edit replaces the text of the actor's own message; the former text stays in
// [Service.Revisions]. ifVersion must be the message's version, or 0 for any. The
// same text again changes nothing. Those newly named are counted as named; an edit
// never names everybody anew, but may stop doing so.
//
// Errors: [contracts.ErrInvalid]; [contracts.ErrNotFound]; [contracts.ErrForbidden]
// for another's message; CodePrecondition for another version; [contracts.ErrArchived];
// [contracts.ErrCannotMessage] where one of two blocks the other;
// [contracts.ErrConflict] for a deleted message, a system message, one that is too old
// (Config.EditFor) or was edited too often (Config.MaxEdits).
func (s *Service) Edit(ctx context.Context, actor contracts.Actor, id, text string, ifVersion int64) (contracts.Message, error) {
	if err := mayWrite(actor); err != nil {
		return contracts.Message{}, err
	}
	if err := contracts.ValidateText(text); err != nil {
		return contracts.Message{}, err
	}
	mentions, all, err := s.mentioned(ctx, text)
	if err != nil {
		return contracts.Message{}, err
	}
	author, err := s.ref(ctx, actor.UserID)
	if err != nil {
		return contracts.Message{}, err
	}
	var out contracts.Message
	err = s.write(ctx, "edit message", func(ctx context.Context, tx *sql.Tx) error {
		m, c, err := s.own(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		switch {
		case m.DeletedAt != nil:
			return contracts.ErrConflict.With("the message was deleted")
		case m.Kind != contracts.MessageUser:
			return contracts.ErrConflict.With("a system message cannot be edited")
		case c.frozen:
			return closed(ctx, tx, c.id, actor.UserID)
		case ifVersion != 0 && ifVersion != m.Version:
			return versionConflict(m.Version)
		case s.maxEdits > 0 && m.Version > int64(s.maxEdits):
			return contracts.ErrConflict.With(fmt.Sprintf("a message can be edited %d times", s.maxEdits)).WithHint("Post a new message.")
		case s.editFor > 0 && s.clock().Sub(m.CreatedAt) > s.editFor:
			return contracts.ErrConflict.With(fmt.Sprintf("a message can be edited for %v", s.editFor)).WithHint("Post a new message.")
		}
		m.Author = author
		if m.Text == text {
			out = m
			return nil
		}
		now := s.now()
		if _, err := tx.ExecContext(ctx, `INSERT INTO message_revisions (message_id, version, text, edited_by, at) VALUES ($1, $2, $3, $4, $5)`,
			m.ID, m.Version, m.Text, actor.UserID, now); err != nil {
			return fmt.Errorf("keep revision: %w", err)
		}
		before := m
		edited := at(now)
		m.Text, m.Version, m.EditedAt = text, m.Version+1, &edited
		m.Mentions, m.MentionAll = mentions, all && m.MentionAll
		if m.Mentions == nil {
			m.Mentions = []string{}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE messages SET text = $1, mentions = $2, mention_all = $3, version = $4, edited_at = $5 WHERE id = $6`,
			m.Text, strings.Join(m.Mentions, " "), m.MentionAll, m.Version, now, m.ID); err != nil {
			return fmt.Errorf("update message: %w", err)
		}
		if err := recount(ctx, tx, before, m); err != nil {
			return err
		}
		if err := appendMessage(ctx, tx, contracts.EventMessageUpdated, actor, m); err != nil {
			return err
		}
		out = m
		return nil
	})
	return out, err
}

func versionConflict(now int64) error {
	return &contracts.Error{Code: contracts.CodePrecondition, Message: fmt.Sprintf("the message has changed: it has version %d now", now),
		Hint: "Read it again, then repeat the edit."}
}

// Delete erases the actor's own message: its text, revisions and mentions are gone,
// its place stays. Deleting it again changes nothing. Errors:
// [contracts.ErrNotFound]; [contracts.ErrForbidden] for another's message;
// [contracts.ErrConflict] for a system message.
func (s *Service) Delete(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error) {
	if err := mayWrite(actor); err != nil {
		return contracts.Message{}, err
	}
	return s.erase(ctx, "delete message", func(ctx context.Context, tx *sql.Tx) (contracts.Message, error) {
		m, _, err := s.own(ctx, tx, actor, id)
		if err == nil && m.Kind != contracts.MessageUser {
			err = contracts.ErrConflict.With("a system message cannot be deleted by whom it is about")
		}
		if err != nil {
			return m, err
		}
		return s.deleteTx(ctx, tx, actor, m)
	})
}

// Remove erases anybody's message as [Service.Delete] does. The caller has decided
// that the actor may. Errors: [contracts.ErrNotFound].
func (s *Service) Remove(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error) {
	return s.erase(ctx, "remove message", func(ctx context.Context, tx *sql.Tx) (contracts.Message, error) {
		return s.RemoveTx(ctx, tx, actor, id)
	})
}

// RemoveTx is [Service.Remove] within tx.
func (s *Service) RemoveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Message, error) {
	m, err := readMessage(ctx, tx, id)
	if err != nil {
		return m, err
	}
	return s.deleteTx(ctx, tx, actor, m)
}

func (s *Service) erase(ctx context.Context, what string, fn func(context.Context, *sql.Tx) (contracts.Message, error)) (contracts.Message, error) {
	var out contracts.Message
	err := s.write(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		m, err := fn(ctx, tx)
		if err == nil {
			out = m
		}
		return err
	})
	if err != nil {
		return contracts.Message{}, err
	}
	out.Author, err = s.ref(ctx, out.Author.ID)
	return out, err
}

func (s *Service) deleteTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, m contracts.Message) (contracts.Message, error) {
	if m.DeletedAt != nil {
		return m, nil
	}
	before := m
	now := s.now()
	deleted := at(now)
	m.Text, m.Mentions, m.MentionAll, m.Version, m.DeletedAt = "", []string{}, false, m.Version+1, &deleted
	if _, err := tx.ExecContext(ctx, `UPDATE messages SET text = '', mentions = '', mention_all = FALSE, request_hash = '', version = $1, deleted_at = $2 WHERE id = $3`,
		m.Version, now, m.ID); err != nil {
		return m, fmt.Errorf("erase message: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM message_revisions WHERE message_id = $1`, m.ID); err != nil {
		return m, fmt.Errorf("erase revisions: %w", err)
	}
	if err := recount(ctx, tx, before, m); err != nil {
		return m, err
	}
	return m, appendMessage(ctx, tx, contracts.EventMessageDeleted, actor, m)
}

// own reads a message that the actor wrote, in a conversation he takes part in.
func (s *Service) own(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Message, conversation, error) {
	m, err := readMessage(ctx, tx, id)
	if err != nil {
		return m, conversation{}, err
	}
	// Taking part counts even for the operator: he acts as this user.
	found, err := present(ctx, tx, m.ConversationID, []string{actor.UserID})
	if err != nil {
		return m, conversation{}, err
	}
	if !found[actor.UserID] {
		return m, conversation{}, errNoMessage
	}
	if m.Author.ID != actor.UserID {
		return m, conversation{}, contracts.ErrForbidden.With("only its author may do this to a message")
	}
	c, err := readConversation(ctx, tx, m.ConversationID)
	return m, c, err
}

// appendMessage appends the event of a changed message.
func appendMessage(ctx context.Context, tx *sql.Tx, typ string, actor contracts.Actor, m contracts.Message) error {
	ev := &contracts.Event{Type: typ, Scope: m.ConversationID, Actor: actor.UserID, Subject: m.ID}
	if m.Author.Username != "" {
		data, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		ev.Data = data
	}
	return eventlog.Append(ctx, tx, ev)
}

// recount changes mention rows and counters for a message that was edited or
// deleted. A message that names everybody counts once for each, so it has no rows.
func recount(ctx context.Context, tx *sql.Tx, before, after contracts.Message) error {
	if before.MentionAll && !after.MentionAll {
		// Whoever has it unread has one unread mention of everybody less.
		if _, err := tx.ExecContext(ctx, `UPDATE participants SET all_mentions = all_mentions + 1
			WHERE conversation_id = $1 AND last_read_position < $2 AND user_id <> $3`, before.ConversationID, before.Position, before.Author.ID); err != nil {
			return fmt.Errorf("lower mention counters: %w", err)
		}
	}
	was, is := counted(before), counted(after)
	if err := countMentions(ctx, tx, after, -1, slices.DeleteFunc(slices.Clone(was), func(u string) bool { return slices.Contains(is, u) })); err != nil {
		return err
	}
	return countMentions(ctx, tx, after, 1, slices.DeleteFunc(slices.Clone(is), func(u string) bool { return slices.Contains(was, u) }))
}

// counted returns who has a row in mentions for a message.
func counted(m contracts.Message) []string {
	if m.MentionAll {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Mentions), func(u string) bool { return u == m.Author.ID })
}

func countMentions(ctx context.Context, tx *sql.Tx, m contracts.Message, by int64, users []string) error {
	if len(users) == 0 {
		return nil
	}
	var err error
	if by > 0 {
		rows := make([][]any, len(users))
		for i, u := range users {
			rows[i] = []any{u, m.ConversationID, m.Position}
		}
		err = insertMentions.Each(rows, func(query string, args []any) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
	} else {
		_, err = tx.ExecContext(ctx, `DELETE FROM mentions WHERE conversation_id = $1 AND position = $2 AND user_id IN (`+in(3, len(users))+`)`,
			append([]any{m.ConversationID, m.Position}, list(users)...)...)
	}
	if err != nil {
		return fmt.Errorf("write mentions: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE participants SET mentions = mentions + $1
		WHERE conversation_id = $2 AND last_read_position < $3 AND user_id IN (`+in(4, len(users))+`)`,
		append([]any{by, m.ConversationID, m.Position}, list(users)...)...); err != nil {
		return fmt.Errorf("count mentions: %w", err)
	}
	return nil
}
