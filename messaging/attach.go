package messaging

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Attach connects a subscriber: it calls sub.Start with exactly the events after
// from that the user missed and may see now, and everything after them is
// delivered, nothing twice and nothing left out in between. Without from, or when
// from cannot be resumed (Resume.Reason says why), delivery begins at Resume.Cursor
// and the state must be fetched anew.
//
// Replayed are events of conversations in which the user takes part now, as far as
// they fall into one of his stays, his own member.left, and what is meant for him
// or for everybody.
//
// A credential that was checked before Attach must be checked once more after it:
// a revocation in between found nobody to tell.
func (h *Hub) Attach(ctx context.Context, sub Subscriber, from *contracts.Cursor) error {
	select {
	case <-h.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if from == nil && h.attachKnown(sub) {
		return nil
	}
	for {
		r := &resuming{user: sub.UserID(), guest: sub.Guest(), from: from}
		if err := h.look(ctx, r); err != nil {
			return fmt.Errorf("attach subscriber: %w", err)
		}
		if err := h.reach(ctx, r.at); err != nil {
			return err
		}
		if err := h.collect(ctx, r); err != nil {
			return fmt.Errorf("replay events: %w", err)
		}
		if h.handOver(sub, r) {
			return nil
		}
	}
}

// attachKnown attaches another connection of a user who has one, without asking
// the database.
func (h *Hub) attachKnown(sub Subscriber) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[sub.UserID()]
	if u == nil {
		return false
	}
	u.subs = append(u.subs, sub)
	sub.Start(Resume{Cursor: h.head, Reason: ReasonNew})
	return true
}

// resuming is a connection on its way from a cursor to live.
type resuming struct {
	user   string
	guest  bool
	from   *contracts.Cursor
	at     int64              // the log position of what is below
	stays  map[string][]visit // by conversation, oldest first
	muted  map[string]bool
	reason string  // why it cannot be resumed, "" when it can
	found  []entry // from the database: after from, up to at
}

// visit is a stay by log positions; to is 0 while it is open.
type visit struct{ from, to int64 }

// look reads, as of one moment, the user's stays and whether the cursor is good.
func (h *Hub) look(ctx context.Context, r *resuming) error {
	epoch := h.Head().Epoch
	return h.db.Snapshot(ctx, func(ctx context.Context, tx *sql.Tx, head int64) error {
		var now string
		if err := tx.QueryRowContext(ctx, `SELECT epoch FROM event_head WHERE id = 1`).Scan(&now); err != nil {
			return err
		}
		if now != epoch {
			h.fail(errHistory)
			return contracts.ErrUnavailable.With("the database was replaced")
		}
		r.at, r.stays, r.muted, r.reason = head, map[string][]visit{}, map[string]bool{}, ReasonNew
		since := head
		if r.from != nil {
			since = r.from.Position
			var err error
			if r.reason, err = cursorReason(ctx, tx, *r.from, epoch, head); err != nil {
				return err
			}
		}
		err := sqldb.Each(ctx, tx, `SELECT conversation_id, from_event, coalesce(to_event, 0) FROM memberships
			WHERE user_id = $1 AND (to_event IS NULL OR to_event > $2) ORDER BY from_event`, []any{r.user, since}, func(scan sqldb.Scan) error {
			var conversation string
			var v visit
			if err := scan(&conversation, &v.from, &v.to); err != nil {
				return err
			}
			r.stays[conversation] = append(r.stays[conversation], v)
			return nil
		})
		if err != nil {
			return err
		}
		muted, err := column(ctx, tx, `SELECT muted_id FROM muted_users WHERE user_id = $1`, r.user)
		for _, id := range muted {
			r.muted[id] = true
		}
		return err
	})
}

// cursorReason returns why a cursor cannot be resumed, or "".
func cursorReason(ctx context.Context, q eventlog.Querier, c contracts.Cursor, epoch string, head int64) (string, error) {
	switch {
	case c.Epoch != epoch:
		return ReasonEpoch, nil
	case c.Position > head:
		return ReasonAhead, nil
	case c.Position < 0:
		return ReasonTooOld, nil
	}
	if c.Position == 0 { // before the first event
		oldest, err := eventlog.Oldest(ctx, q)
		if err == nil && oldest > 1 {
			return ReasonTooOld, nil
		}
		return "", err
	}
	ev, found, err := eventlog.At(ctx, q, c.Position)
	switch {
	case err != nil:
		return "", err
	case !found:
		return ReasonTooOld, nil
	case ev.Mark != c.Mark:
		return ReasonMark, nil
	}
	return "", nil
}

// reach waits until the hub has come to a log position.
func (h *Hub) reach(ctx context.Context, position int64) error {
	for {
		h.mu.Lock()
		head := h.head.Position
		if h.moved == nil {
			h.moved = make(chan struct{})
		}
		moved := h.moved
		h.mu.Unlock()
		if head >= position {
			return nil
		}
		h.inbox.hint()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect reads from the log what the memory no longer holds.
func (h *Hub) collect(ctx context.Context, r *resuming) error {
	if r.reason != "" {
		return nil
	}
	h.mu.Lock()
	_, recent := h.recent.after(r.from.Position, h.head.Position)
	h.mu.Unlock()
	if recent {
		r.at = min(r.at, r.from.Position) // all of it comes from memory
		return nil
	}
	scopes := []string{r.user, contracts.ScopeWorkspace, contracts.ScopeMembers}
	for conversation := range r.stays { // with those just left: of them he gets his member.left
		scopes = append(scopes, conversation)
	}
	scanned := 0
	for after := r.from.Position; ; {
		events, err := eventlog.SinceScopes(ctx, h.db.Read, after, r.at, scopes, readChunk)
		if err != nil {
			return err
		}
		if err := h.found(ctx, r, events); err != nil {
			return err
		}
		// Hidden events cost reading too.
		if scanned += len(events); scanned > 4*h.cfg.Replay || len(r.found) > h.cfg.Replay {
			r.reason, r.found = ReasonTooMany, nil
			return nil
		}
		if len(events) < readChunk {
			return nil
		}
		after = events[len(events)-1].Position
	}
}

// found keeps those of events that the user may see.
func (h *Hub) found(ctx context.Context, r *resuming, events []contracts.Event) error {
	var visible []*contracts.Event
	for i := range events {
		if ev := &events[i]; shown(ev.Type) && r.sees(ev) {
			visible = append(visible, ev)
		}
	}
	visible, err := h.render(ctx, visible)
	if err != nil {
		return err
	}
	for _, ev := range visible {
		if ev.Data != nil {
			r.found = append(r.found, entry{event: ev, frame: newFrame(ev)})
		}
	}
	return nil
}

// handOver attaches sub as live at the hub's head; false when the memory no longer
// reaches back to what was read, and it must be read again.
func (h *Hub) handOver(sub Subscriber, r *resuming) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[r.user]
	missed, ok := h.recent.after(r.at, h.head.Position)
	if !ok {
		return false
	}
	for _, e := range missed { // what became of his stays in the meantime
		r.follow(e)
	}
	if u == nil {
		u = &listener{id: r.user, rooms: map[*room]struct{}{}, muted: r.muted}
		h.users[r.user] = u
		for conversation, visits := range r.stays {
			if last := visits[len(visits)-1]; last.to == 0 {
				h.join(u, conversation, last.from)
			}
		}
	}
	u.subs = append(u.subs, sub)
	sub.Start(r.answer(h.head, missed, h.cfg.Replay))
	return true
}

func (r *resuming) answer(head contracts.Cursor, missed []entry, limit int) Resume {
	answer := Resume{Cursor: head, Reason: r.reason}
	if r.reason != "" {
		return answer
	}
	for _, part := range [][]entry{r.found, missed} {
		for _, e := range part {
			if e.frame != nil && e.event.Position > r.from.Position && r.sees(e.event) {
				answer.Replayed = append(answer.Replayed, e.frame)
			}
		}
	}
	if len(answer.Replayed) > limit {
		return Resume{Cursor: head, Reason: ReasonTooMany}
	}
	answer.Resumed = true
	return answer
}

// follow keeps the stays true over one more event.
func (r *resuming) follow(e entry) {
	visits := r.stays[e.event.Scope]
	open := len(visits) > 0 && visits[len(visits)-1].to == 0
	switch e.event.Type {
	case contracts.EventMemberJoined:
		if e.event.Subject == r.user && !open && !r.knows(e.event) {
			r.stays[e.event.Scope] = append(visits, visit{from: e.event.Position})
		}
	case contracts.EventMemberLeft:
		if e.event.Subject == r.user && open && visits[len(visits)-1].from < e.event.Position {
			visits[len(visits)-1].to = e.event.Position
		}
	case contracts.EventMutedUserUpdated:
		if e.event.Scope == r.user {
			follow(r.muted, e.event)
		}
	case contracts.EventDirectCreated:
		for _, id := range e.users {
			if id == r.user && !open {
				r.stays[e.event.Scope] = append(visits, visit{from: e.event.Position})
			}
		}
	}
}

// knows reports whether a join is part of a stay that is known.
func (r *resuming) knows(ev *contracts.Event) bool {
	for _, v := range r.stays[ev.Scope] {
		if v.from == ev.Position {
			return true
		}
	}
	return false
}

// sees reports whether the user may see an event now.
func (r *resuming) sees(ev *contracts.Event) bool {
	conversation := ev.Scope
	switch {
	case ev.Scope == r.user, ev.Scope == contracts.ScopeWorkspace, ev.Scope == contracts.ScopeMembers && !r.guest:
		return true
	case ev.Scope == contracts.ScopeMembers && ev.Subject == r.user:
		return true
	case ev.Scope == contracts.ScopeMembers: // of these a guest sees what is about his conversations
		conversation = ev.Subject
	case ev.Type == contracts.EventMemberLeft && ev.Subject == r.user:
		return true
	}
	visits := r.stays[conversation]
	if len(visits) == 0 || visits[len(visits)-1].to != 0 {
		return false
	}
	for _, v := range visits {
		if ev.Position >= v.from && (v.to == 0 || ev.Position <= v.to) {
			return true
		}
	}
	return false
}
