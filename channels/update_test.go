package channels_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func newChannel(name string) channels.NewChannel { return channels.NewChannel{Name: name} }

func TestUpdate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("old-name", contracts.KindPublic)
		name, topic, purpose, empty := "#New-Name", "today", "why", ""
		got := expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Name: &name, Topic: &topic, Purpose: &purpose}))(t)
		if got.Name != "new-name" || got.Topic != "today" || got.Purpose != "why" || !got.Joined || got.LastPosition != 4 {
			t.Errorf("updated %+v", got)
		}
		if again := expect.OK(w.Channel(ctx, w.alice, c.ID))(t); again != got {
			t.Errorf("read %+v, answered %+v", again, got)
		}
		log := len(w.events())
		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Name: &got.Name, Topic: &topic}))(t)
		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{}))(t)
		expect.Equal(t, "nothing changed, no event", len(w.events()), log)
		expect.OK(w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Topic: &empty}))(t)
		expect.Equal(t, "timeline", strings.Join(w.said[c.ID][1:], ", "),
			"alice: renamed the channel from #old-name to #new-name, alice: set the topic to: today, alice: set the purpose to: why, alice: cleared the topic")
		_, err := w.ByName(ctx, w.alice, "old-name")
		expect.Code(t, "the old name", err, contracts.CodeNotFound)
		expect.OK(w.Create(ctx, w.bob, newChannel("old-name")))(t)

		expect.OK(w.Update(ctx, w.admin, c.ID, channels.ChannelUpdate{Topic: &topic}))(t)
		expect.Equal(t, "the workspace's power is recorded", w.recorded, "[admin channel.update "+c.ID+"]")
		bad, kind := "a b", contracts.ConversationKind("dm")
		long := strings.Repeat("x", 1025)
		for _, u := range []channels.ChannelUpdate{{Name: &bad}, {Topic: &long}, {Purpose: &long}, {Kind: &kind}, {Name: &empty}} {
			_, err := w.Update(ctx, w.alice, c.ID, u)
			expect.Code(t, "bad input", err, contracts.CodeInvalid)
		}
	})
}

func TestArchive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("project", contracts.KindPrivate, w.bob)
		got := expect.OK(w.Archive(ctx, w.alice, c.ID))(t)
		if !got.Archived || !w.frozen[c.ID] {
			t.Errorf("archived %+v, frozen %t", got, w.frozen[c.ID])
		}
		log := len(w.events())
		if again := expect.OK(w.Archive(ctx, w.alice, c.ID))(t); again != got || len(w.events()) != log {
			t.Errorf("archived again: %+v, %d events more", again, len(w.events())-log)
		}
		expect.Code(t, "a member leaves", w.Leave(ctx, w.bob, c.ID), "")
		got = expect.OK(w.Unarchive(ctx, w.admin, c.ID))(t)
		if got.Archived || w.frozen[c.ID] || got.MemberCount != 1 {
			t.Errorf("unarchived %+v, frozen %t", got, w.frozen[c.ID])
		}
		expect.OK(w.Unarchive(ctx, w.admin, c.ID))(t)
		expect.Equal(t, "timeline", strings.Join(w.said[c.ID][1:], ", "), "alice: archived the channel, admin: unarchived the channel")
		expect.Equal(t, "recorded", w.recorded, "[admin channel.unarchive "+c.ID+"]")
		expect.Equal(t, "events", strings.Join(w.events()[1:], ", "), "channel.archived conversation channel, channel.unarchived conversation channel")
	})
}

func TestSetOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("orphan", contracts.KindPrivate, w.bob)
		expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.bob.UserID, contracts.ChannelOwner))(t)
		set := func(actor contracts.Actor, user string) (former []string, err error) {
			err = w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
				_, before, err := w.SetOwnerTx(ctx, tx, actor, c.ID, user)
				former = before
				return err
			})
			return former, err
		}
		_, err := set(w.alice, w.carol.UserID)
		expect.Code(t, "an owner of the channel", err, contracts.CodeForbidden)
		former := expect.OK(set(w.admin, w.carol.UserID))(t)
		expect.Equal(t, "owners before", former, []string{w.alice.UserID, w.bob.UserID})
		expect.Equal(t, "members", w.roles(c.ID), "alice:moderator bob:moderator carol:owner")
		log := len(w.events())
		expect.OK(set(w.admin, w.carol.UserID))(t)
		expect.Equal(t, "once more is no event", len(w.events()), log)
		expect.OK(w.Archive(ctx, w.admin, c.ID))(t)
		expect.OK(set(w.admin, w.bob.UserID))(t)
		expect.Equal(t, "of an archived channel", w.roles(c.ID), "alice:moderator bob:owner carol:moderator")
	})
}
