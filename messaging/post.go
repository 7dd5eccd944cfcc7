package messaging

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/dankerchat/dankerchat/contracts"
)

// maxBatch is how many posts one transaction writes.
const maxBatch = 256

// Post writes a message in the actor's name. When it returns nil the message is
// durable, has its position and its event, and counts as read by its author.
//
// Posts that wait at the same moment are written together. ctx decides only how
// long the caller waits: when it ends before the message is being written, nothing
// is written and Post returns ctx.Err(); when it ends later, Post returns
// [contracts.ErrOutcomeUnknown] as well, and repeating with the same ClientMsgID
// finds out.
//
// With a ClientMsgID that the author has used before, the first message is returned
// with duplicate true, or [contracts.ErrDuplicate] when text or conversation differ.
//
// Errors: [contracts.ErrInvalid] for the text; [contracts.ErrNotFound] when the
// actor does not take part; [contracts.ErrArchived] for a frozen channel;
// [contracts.ErrCannotMessage] in a direct conversation of two of whom one blocks the
// other;
// [contracts.ErrBusy] when too many posts wait; those of [sqldb.DB.Write].
func (s *Service) Post(ctx context.Context, actor contracts.Actor, m contracts.NewMessage) (msg contracts.Message, duplicate bool, err error) {
	if err := mayWrite(actor); err != nil {
		return msg, false, err
	}
	if err := m.Validate(); err != nil {
		return msg, false, err
	}
	if !contracts.ValidID(contracts.PrefixConversation, m.ConversationID) {
		return msg, false, errHidden
	}
	p := &post{done: make(chan struct{}), hash: requestHash(m), msg: contracts.Message{
		ConversationID: m.ConversationID, Kind: contracts.MessageUser, Text: m.Text, ClientMsgID: m.ClientMsgID, Version: 1,
	}}
	if p.msg.Author, err = s.ref(ctx, actor.UserID); err != nil {
		return msg, false, err
	}
	if p.msg.Mentions, p.msg.MentionAll, err = s.mentioned(ctx, m.Text); err != nil {
		return msg, false, err
	}
	if err := ctx.Err(); err != nil {
		return msg, false, err
	}
	if err := s.posts.add(p, s.maxQueue, s.writePosts); err != nil {
		return msg, false, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		if s.posts.leave(p) {
			return msg, false, ctx.Err()
		}
		return msg, false, fmt.Errorf("%w: %w", contracts.ErrOutcomeUnknown, ctx.Err())
	}
	return p.answer.msg, p.answer.duplicate, p.answer.err
}

// SystemTx writes a message of the system's own within tx: "@member joined". about is
// the user it is about, "" for nobody. Its text names nobody, and it may stand in a
// frozen conversation. Errors: [contracts.ErrNotFound] for an unknown conversation.
func (s *Service) SystemTx(ctx context.Context, tx *sql.Tx, conversation, about, text string) (contracts.Message, error) {
	if err := contracts.ValidateText(text); err != nil {
		return contracts.Message{}, err
	}
	p := &post{msg: contracts.Message{
		ConversationID: conversation, Kind: contracts.MessageSystem, Author: contracts.UserRef{ID: about}, Text: text, Version: 1,
	}}
	answers, err := s.postAll(ctx, tx, []*post{p})
	if err != nil {
		return contracts.Message{}, err
	}
	return answers[0].msg, answers[0].err
}

// post is one message on its way.
type post struct {
	msg    contracts.Message // position, id and time are still to come
	hash   string
	done   chan struct{}
	answer answer // valid when done is closed
}

type answer struct {
	msg       contracts.Message
	duplicate bool
	err       error
}

func requestHash(m contracts.NewMessage) string {
	if m.ClientMsgID == "" {
		return ""
	}
	h := sha256.New()
	h.Write([]byte(m.ConversationID))
	h.Write([]byte{0})
	h.Write([]byte(m.Text))
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)[:18])
}

// postQueue gathers what waits. A goroutine writes while there is something to
// write, one batch after the other; no timer is involved, so that a lone post is
// written at once and a crowd makes its own batches.
type postQueue struct {
	mu      sync.Mutex // guards all below
	waiting []*post
	running bool
}

func (q *postQueue) add(p *post, limit int, write func([]*post)) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= limit {
		return contracts.ErrBusy.With("too many messages are waiting to be written").After(1)
	}
	q.waiting = append(q.waiting, p)
	if !q.running {
		q.running = true
		go q.drain(write)
	}
	return nil
}

// leave takes p out of the queue; false when it is being written.
func (q *postQueue) leave(p *post) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting {
		if w == p {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (q *postQueue) drain(write func([]*post)) {
	for {
		// Those whom the last batch has just answered may come back at once: let them.
		runtime.Gosched()
		q.mu.Lock()
		n := min(len(q.waiting), maxBatch)
		batch := q.waiting[:n:n]
		if q.waiting = q.waiting[n:]; len(q.waiting) == 0 {
			q.waiting = nil
		}
		q.running = n > 0
		q.mu.Unlock()
		if n == 0 {
			return
		}
		write(batch)
	}
}

// slowPiece is how many posts are written at once when a whole batch took longer than a
// transaction may.
const slowPiece = 16

// writePosts writes a batch and answers each sender.
func (s *Service) writePosts(batch []*post) {
	answers, err := s.tryPosts(batch)
	var known *contracts.Error
	switch {
	case tooSlow(err) && len(batch) > slowPiece:
		s.writePieces(batch)
		return
	case err != nil && len(batch) > 1 && !errors.As(err, &known):
		// One of them broke the statement for all: alone, each gets his own answer.
		for _, p := range batch {
			s.writePosts([]*post{p})
		}
		return
	}
	for i, p := range batch {
		if err != nil {
			p.answer.err = err
		} else {
			p.answer = answers[i]
		}
		close(p.done)
	}
}

// writePieces writes a batch that took too long as a whole, where the same senders would
// otherwise meet again in the next. A piece that takes too long as well ends it: then it is
// not their number.
func (s *Service) writePieces(batch []*post) {
	var slow error
	for piece := range slices.Chunk(batch, slowPiece) {
		if slow == nil {
			s.writePosts(piece)
			if err := piece[0].answer.err; tooSlow(err) {
				slow = err
			}
			continue
		}
		for _, p := range piece {
			p.answer.err = slow
			close(p.done)
		}
	}
}

// tooSlow reports whether a transaction was given up because its time was over, so that
// nothing of it was written.
func tooSlow(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, contracts.ErrOutcomeUnknown)
}

func (s *Service) tryPosts(batch []*post) (answers []answer, err error) {
	defer func() {
		if v := recover(); v != nil { // a panic must not leave the senders waiting
			err = contracts.ErrOutcomeUnknown.With("posting failed")
			s.log.Error().Interface("panic", v).Msg("post batch panicked")
		}
	}()
	// No sender's context: one who leaves must not take the others' messages along.
	err = s.write(context.Background(), "post", func(ctx context.Context, tx *sql.Tx) error {
		got, err := s.postAll(ctx, tx, batch)
		if err == nil {
			answers = got
		}
		return err
	})
	return answers, err
}
