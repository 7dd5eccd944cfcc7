package admin_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/expect"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// rest stands in for the libraries that keep accounts, channels and messages.
type rest struct {
	users    map[string]contracts.User
	channel  contracts.Channel
	owners   []string
	messages []time.Time
	fail     error // of every change
}

func (r *rest) User(_ context.Context, id string) (contracts.User, error) {
	if u, ok := r.users[id]; ok {
		return u, nil
	}
	return contracts.User{}, contracts.ErrNotFound
}

func (r *rest) change(id string, f func(*contracts.User)) (contracts.User, error) {
	u := r.users[id]
	if r.fail == nil {
		f(&u)
		r.users[id] = u
	}
	return u, r.fail
}

func (r *rest) SetRoleTx(_ context.Context, _ *sql.Tx, _ contracts.Actor, id string, role contracts.Role) (contracts.User, error) {
	return r.change(id, func(u *contracts.User) { u.Role = role })
}

func (r *rest) SuspendTx(_ context.Context, _ *sql.Tx, _ contracts.Actor, id string) (contracts.User, error) {
	return r.change(id, func(u *contracts.User) { u.State = contracts.UserSuspended })
}

func (r *rest) RestoreTx(_ context.Context, _ *sql.Tx, _ contracts.Actor, id string) (contracts.User, error) {
	return r.change(id, func(u *contracts.User) { u.State = contracts.UserActive })
}

func (r *rest) archive(archived bool) (contracts.Channel, bool, error) {
	changed := r.channel.Archived != archived
	r.channel.Archived = archived
	return r.channel, changed, r.fail
}

func (r *rest) ArchiveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error) {
	return r.archive(true)
}

func (r *rest) UnarchiveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error) {
	return r.archive(false)
}

func (r *rest) SetOwnerTx(_ context.Context, _ *sql.Tx, _ contracts.Actor, _, user string) (contracts.Channel, []string, error) {
	former := r.owners
	r.owners = []string{user}
	return r.channel, former, r.fail
}

func (r *rest) ExpireBefore(_ context.Context, before time.Time, dryRun bool) (int64, error) {
	n, kept := int64(0), []time.Time{}
	for _, at := range r.messages {
		if at.Before(before) {
			n++
		} else {
			kept = append(kept, at)
		}
	}
	if !dryRun {
		r.messages = kept
	}
	return n, r.fail
}

func (r *rest) Count(_ context.Context, _ eventlog.Querier, stats *contracts.Stats) error {
	stats.Users, stats.Messages = int64(len(r.users)), int64(len(r.messages))
	return r.fail
}

type world struct {
	*admin.Service
	rest *rest
	t    *testing.T
	db   *sqldb.DB
	now  time.Time

	owner, admin, member contracts.Actor
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), rest: &rest{users: map[string]contracts.User{}}}
	w.owner, w.admin, w.member = w.user("owner", contracts.RoleOwner), w.user("admin", contracts.RoleAdmin), w.user("member", contracts.RoleMember)
	w.rest.channel = contracts.Channel{ID: contracts.NewID(contracts.PrefixConversation), Name: "room"}
	w.Service = admin.New(db, admin.Config{
		Now:   func() time.Time { w.now = w.now.Add(time.Millisecond); return w.now },
		Users: w.rest, Channels: w.rest, Messages: w.rest, Counters: []admin.Counter{w.rest},
	})
	return w
}

func (w *world) user(name string, role contracts.Role) contracts.Actor {
	id := contracts.NewID(contracts.PrefixUser)
	w.rest.users[id] = contracts.User{ID: id, Username: name, Role: role, State: contracts.UserActive, Email: name + "@example.org"}
	return contracts.Actor{UserID: id, Username: name, Role: role, IP: "192.0.2.7"}
}

// log returns the audit log, oldest first, as "sequence actor action before after".
func (w *world) log() []string {
	w.t.Helper()
	var list []string
	for _, a := range expect.OK(w.Audit(w.t.Context(), contracts.Operator, admin.AuditRequest{PageRequest: contracts.PageRequest{Limit: 200}}))(w.t).Data {
		actor := a.Actor
		if u, ok := w.rest.users[actor]; ok {
			actor = u.Username
		}
		list = append([]string{fmt.Sprintf("%d %s %s %s %s", a.Sequence, actor, a.Action, a.Before, a.After)}, list...)
	}
	return list
}

// exec writes past the library.
func (w *world) exec(query string, args ...any) { sqldbtest.Exec(w.t, w.db, query, args...) }

// events returns the log of events as "type scope data".
func (w *world) events() string {
	w.t.Helper()
	var list []*contracts.Event
	for _, ev := range expect.OK(eventlog.Since(w.t.Context(), w.db.Read, 0, 1000))(w.t) {
		list = append(list, &ev)
	}
	if err := w.Payload(w.t.Context(), w.db.Read, list); err != nil {
		w.t.Fatal(err)
	}
	var texts []string
	for _, ev := range list {
		texts = append(texts, fmt.Sprintf("%s %s %s", ev.Type, ev.Scope, ev.Data))
	}
	return strings.Join(texts, ", ")
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newWorld(t, db)) }, admin.Migrations)
}
