package channels_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/expect"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// chat stands in for the libraries that keep messages and accounts.
type chat struct {
	in        map[string][]string // conversation → who takes part
	kinds     map[string]contracts.ConversationKind
	frozen    map[string]bool
	said      map[string][]string // conversation → system messages, "user: text"
	messages  map[string]contracts.Message
	users     map[string]contracts.UserRef
	suspended map[string]bool
	fail      error // of the next call inside a transaction
}

func newChat() *chat {
	return &chat{
		in: map[string][]string{}, kinds: map[string]contracts.ConversationKind{}, frozen: map[string]bool{}, said: map[string][]string{},
		messages: map[string]contracts.Message{}, users: map[string]contracts.UserRef{}, suspended: map[string]bool{},
	}
}

func (c *chat) account(name string, role contracts.Role) contracts.Actor {
	id := fmt.Sprintf("usr_%026d", len(c.users)+1) // in the order of their making, also in one millisecond
	c.users[id] = contracts.UserRef{ID: id, Username: name, DisplayName: strings.ToUpper(name)}
	return contracts.Actor{UserID: id, Username: name, Role: role}
}

func (c *chat) failing() error { err := c.fail; c.fail = nil; return err }

func (c *chat) CreateConversationTx(_ context.Context, _ *sql.Tx, conv contracts.NewConversation) error {
	c.in[conv.ID], c.kinds[conv.ID] = slices.Clone(conv.Members), conv.Kind
	return c.failing()
}

func (c *chat) JoinTx(_ context.Context, _ *sql.Tx, conv, _ string, users ...string) ([]string, error) {
	c.in[conv] = append(c.in[conv], users...)
	return users, c.failing()
}

func (c *chat) LeaveTx(_ context.Context, _ *sql.Tx, conv, _ string, users ...string) ([]string, error) {
	c.in[conv] = slices.DeleteFunc(c.in[conv], func(id string) bool { return slices.Contains(users, id) })
	return users, c.failing()
}

func (c *chat) FreezeTx(_ context.Context, _ *sql.Tx, conv string, frozen bool) error {
	c.frozen[conv] = frozen
	return c.failing()
}

func (c *chat) SetKindTx(_ context.Context, _ *sql.Tx, conv string, kind contracts.ConversationKind) error {
	c.kinds[conv] = kind
	return c.failing()
}

func (c *chat) MentionsAll(text string) bool { return strings.Contains(text, "@channel") }

func (c *chat) SystemTx(_ context.Context, _ *sql.Tx, conv, about, text string) (contracts.Message, error) {
	if c.frozen[conv] {
		return contracts.Message{}, contracts.ErrArchived
	}
	c.said[conv] = append(c.said[conv], c.users[about].Username+": "+text)
	return contracts.Message{}, nil
}

func (c *chat) LastPositions(_ context.Context, _ eventlog.Querier, convs []string) (map[string]int64, error) {
	last := map[string]int64{}
	for _, id := range convs {
		last[id] = int64(len(c.said[id]))
	}
	return last, nil
}

func (c *chat) Post(_ context.Context, actor contracts.Actor, m contracts.NewMessage) (contracts.Message, bool, error) {
	switch {
	case !slices.Contains(c.in[m.ConversationID], actor.UserID):
		return contracts.Message{}, false, contracts.ErrNotFound
	case c.frozen[m.ConversationID]:
		return contracts.Message{}, false, contracts.ErrArchived
	}
	msg := contracts.Message{ID: contracts.NewID(contracts.PrefixMessage), ConversationID: m.ConversationID, Kind: contracts.MessageUser,
		Text: m.Text, Author: c.users[actor.UserID], Version: 1}
	c.messages[msg.ID] = msg
	return msg, false, nil
}

func (c *chat) Message(_ context.Context, _ contracts.Actor, id string) (contracts.Message, error) {
	if m, ok := c.messages[id]; ok {
		return m, nil
	}
	return contracts.Message{}, contracts.ErrNotFound
}

func (c *chat) Delete(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error) {
	m := c.messages[id]
	switch {
	case !slices.Contains(c.in[m.ConversationID], actor.UserID):
		return contracts.Message{}, contracts.ErrNotFound
	case m.Author.ID != actor.UserID:
		return contracts.Message{}, contracts.ErrForbidden
	}
	return c.RemoveTx(ctx, nil, actor, id)
}

func (c *chat) RemoveTx(_ context.Context, _ *sql.Tx, _ contracts.Actor, id string) (contracts.Message, error) {
	m := c.messages[id]
	m.Text, m.Version = "", m.Version+1
	c.messages[id] = m
	return m, c.failing()
}

func (c *chat) Refs(_ context.Context, ids []string) (map[string]contracts.UserRef, error) {
	found := maps.Clone(c.users)
	maps.DeleteFunc(found, func(id string, _ contracts.UserRef) bool { return !slices.Contains(ids, id) })
	return found, nil
}

func (c *chat) ByUsername(_ context.Context, names []string) (map[string]string, error) {
	found := map[string]string{}
	for id, u := range c.users {
		if slices.Contains(names, u.Username) && !c.suspended[id] {
			found[u.Username] = id
		}
	}
	return found, nil
}

// world is a workspace with people: an owner and an admin of the workspace, and
// members and a guest.
type world struct {
	*channels.Service
	*chat
	t   *testing.T
	db  *sqldb.DB
	now time.Time // one millisecond later at each look

	owner, admin, alice, bob, carol, dave, erin, guest contracts.Actor
	recorded                                           []string // "user action target"
}

func newWorld(t *testing.T, db *sqldb.DB, change ...func(*channels.Config)) *world {
	w := &world{t: t, db: db, now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), chat: newChat()}
	w.owner, w.admin = w.user("owner", contracts.RoleOwner), w.user("admin", contracts.RoleAdmin)
	w.alice, w.bob = w.user("alice", contracts.RoleMember), w.user("bob", contracts.RoleMember)
	w.carol, w.dave = w.user("carol", contracts.RoleMember), w.user("dave", contracts.RoleMember)
	w.erin, w.guest = w.user("erin", contracts.RoleMember), w.user("guest", contracts.RoleGuest)
	cfg := channels.Config{
		Now:           func() time.Time { w.now = w.now.Add(time.Millisecond); return w.now },
		Conversations: w.chat, Kinds: w.chat, Timeline: w.chat, Moderation: w.chat, People: w.chat,
		Record: func(_ context.Context, _ *sql.Tx, actor contracts.Actor, action, target string, _, _ any) error {
			w.recorded = append(w.recorded, actor.Username+" "+action+" "+target)
			return nil
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	w.Service = channels.New(db, cfg)
	return w
}

func (w *world) user(name string, role contracts.Role) contracts.Actor { return w.account(name, role) }

// create makes a channel whose owner is alice, with further members.
func (w *world) create(name string, kind contracts.ConversationKind, members ...contracts.Actor) contracts.Channel {
	w.t.Helper()
	n := channels.NewChannel{Name: name, Kind: kind}
	for _, m := range members {
		n.Members = append(n.Members, m.UserID)
	}
	return expect.OK(w.Create(w.t.Context(), w.alice, n))(w.t)
}

// events returns the log as "type scope subject" with ids replaced by names.
func (w *world) events() []string {
	w.t.Helper()
	var list []string
	for _, ev := range expect.OK(eventlog.Since(w.t.Context(), w.db.Read, 0, 1000))(w.t) {
		scope, subject := ev.Scope, ev.Subject
		if strings.HasPrefix(scope, "cnv_") {
			scope = "conversation"
		}
		if u, ok := w.users[subject]; ok {
			subject = u.Username
		} else {
			subject = "channel"
		}
		list = append(list, fmt.Sprintf("%s %s %s", ev.Type, scope, subject))
	}
	return list
}

// roles returns a channel's members as "name:role", longest first.
func (w *world) roles(id string) string {
	w.t.Helper()
	var list []string
	for _, m := range expect.OK(w.Members(w.t.Context(), contracts.Operator, id, contracts.PageRequest{Limit: 200}))(w.t).Data {
		list = append(list, m.Username+":"+string(m.Role))
	}
	count := expect.OK(w.Channel(w.t.Context(), contracts.Operator, id))(w.t).MemberCount
	if count != len(list) || len(w.in[id]) != count {
		w.t.Errorf("member_count is %d, %d are listed, %d take part", count, len(list), len(w.in[id]))
	}
	return strings.Join(list, " ")
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newWorld(t, db)) }, channels.Migrations)
}

// exec writes past the library.
func (w *world) exec(query string, args ...any) { sqldbtest.Exec(w.t, w.db, query, args...) }

// fill inserts n rows past the library.
func (w *world) fill(insert string, n int, row func(i int) []any) {
	w.t.Helper()
	for i := 0; i < n; {
		var args []any
		rows := min(500, n-i)
		for range rows {
			args = append(args, row(i)...)
			i++
		}
		w.exec(insert+sqldb.Placeholders(rows, len(args)/rows), args...)
	}
}

func (w *world) Post(ctx context.Context, actor contracts.Actor, m contracts.NewMessage) (contracts.Message, bool, error) {
	return w.Service.Post(ctx, actor, m)
}
