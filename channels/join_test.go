package channels_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// A channel's life from the door's side.
func TestJoinAndLeave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("lobby", contracts.KindPublic)
		joined := expect.OK(w.Join(ctx, w.bob, c.ID))(t)
		if !joined.Joined || joined.MemberCount != 2 || joined.LastPosition != 2 {
			t.Errorf("joined %+v", joined)
		}
		if again := expect.OK(w.Join(ctx, w.bob, c.ID))(t); again != joined {
			t.Errorf("joining again: %+v, want %+v", again, joined)
		}
		expect.Equal(t, "members", w.roles(c.ID), "alice:owner bob:member")
		expect.Equal(t, "takes part", len(w.in[c.ID]), 2)

		expect.Code(t, "leave", w.Leave(ctx, w.bob, c.ID), "")
		expect.Code(t, "leave again", w.Leave(ctx, w.bob, c.ID), "")
		expect.Equal(t, "members", w.roles(c.ID), "alice:owner")
		expect.Equal(t, "timeline", strings.Join(w.said[c.ID], ", "), "alice: created the channel, bob: joined the channel, bob: left the channel")
	})
}

func TestTheLastOwnerHandsTheChannelOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("crew", contracts.KindPublic, w.bob)
		expect.OK(w.Join(ctx, w.carol, c.ID))(t)
		expect.OK(w.Join(ctx, w.dave, c.ID))(t)
		expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.dave.UserID, contracts.ChannelModerator))(t)

		_, err := w.SetMemberRole(ctx, w.alice, c.ID, w.alice.UserID, contracts.ChannelMember)
		expect.Code(t, "the only owner becomes a member", err, contracts.CodeLastOwner)

		expect.Code(t, "alice leaves", w.Leave(ctx, w.alice, c.ID), "")
		expect.Equal(t, "the moderator comes first", w.roles(c.ID), "bob:member carol:member dave:owner")

		w.suspended[w.bob.UserID] = true
		expect.Code(t, "an administrator removes dave", w.RemoveMember(ctx, w.admin, c.ID, w.dave.UserID), "")
		expect.Equal(t, "then the longest-standing active member", w.roles(c.ID), "bob:member carol:owner")

		expect.Code(t, "carol leaves", w.Leave(ctx, w.carol, c.ID), "")
		expect.Equal(t, "then one who is suspended", w.roles(c.ID), "bob:owner")
		expect.Code(t, "bob leaves", w.Leave(ctx, w.bob, c.ID), "")
		expect.Equal(t, "nobody is left", w.roles(c.ID), "")
		expect.OK(w.Join(ctx, w.carol, c.ID))(t)
		expect.Equal(t, "the first to come owns it", w.roles(c.ID), "carol:owner")
		expect.Equal(t, "what the workspace's power did", w.recorded, "[admin channel.member_remove "+c.ID+"]")
		expect.Equal(t, "role changes", strings.Count(strings.Join(w.events(), ","), "member.role_changed"), 5)
	})
}

func TestTwoOwners(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("duo", contracts.KindPrivate, w.bob, w.carol)
		m := expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.bob.UserID, contracts.ChannelOwner))(t)
		if m.Role != contracts.ChannelOwner || m.Username != "bob" || m.DisplayName != "BOB" || m.UserID != w.bob.UserID {
			t.Errorf("member %+v", m)
		}
		log := len(w.events())
		expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.bob.UserID, contracts.ChannelOwner))(t)
		expect.Equal(t, "the same role again is no event", len(w.events()), log)
		expect.Code(t, "owners remove owners", w.RemoveMember(ctx, w.bob, c.ID, w.alice.UserID), "")
		expect.Equal(t, "members", w.roles(c.ID), "bob:owner carol:member")
		_, err := w.Channel(ctx, w.alice, c.ID)
		expect.Code(t, "the removed one looks", err, contracts.CodeNotFound)
		_, err = w.SetMemberRole(ctx, w.bob, c.ID, w.carol.UserID, contracts.RoleAdmin)
		expect.Code(t, "a role that is none of channels", err, contracts.CodeInvalid)
	})
}

func TestTheLastMemberArchivesAPrivateChannel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("diary", contracts.KindPrivate)
		expect.Code(t, "leave", w.Leave(ctx, w.alice, c.ID), "")
		got := expect.OK(w.Channel(ctx, w.admin, c.ID))(t)
		if !got.Archived || got.MemberCount != 0 || !w.frozen[c.ID] {
			t.Errorf("channel %+v, frozen %t", got, w.frozen[c.ID])
		}
		expect.Equal(t, "timeline", w.said[c.ID], "[alice: created the channel alice: left the channel alice: archived the channel]")
	})
}

func TestModeratorsRemoveOrdinaryMembers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("forum", contracts.KindPublic, w.bob, w.carol, w.dave)
		for _, m := range []contracts.Actor{w.bob, w.carol} {
			expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, m.UserID, contracts.ChannelModerator))(t)
		}
		expect.Code(t, "a moderator", w.RemoveMember(ctx, w.bob, c.ID, w.carol.UserID), contracts.CodeForbidden)
		expect.Code(t, "an owner", w.RemoveMember(ctx, w.bob, c.ID, w.alice.UserID), contracts.CodeForbidden)
		expect.Code(t, "a member", w.RemoveMember(ctx, w.bob, c.ID, w.dave.UserID), "")
		expect.Code(t, "one who is not in it", w.RemoveMember(ctx, w.bob, c.ID, w.dave.UserID), contracts.CodeNotFound)
		expect.Code(t, "oneself", w.RemoveMember(ctx, w.bob, c.ID, w.bob.UserID), "")
		expect.Equal(t, "members", w.roles(c.ID), "alice:owner carol:moderator")
		token := w.alice
		token.Scopes = []string{"channels:read", "messages:moderate"}
		expect.Code(t, "the owner's token that only moderates removes a moderator", w.RemoveMember(ctx, token, c.ID, w.carol.UserID), contracts.CodeForbidden)
		expect.Equal(t, "timeline", strings.Join(w.said[c.ID][3:], ", "), "dave: was removed from the channel, bob: left the channel")
	})
}

// A guest whom somebody made an owner stays without power.
func TestGuestsHaveNoPowerThroughARole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("mixed", contracts.KindPublic, w.guest)
		expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.guest.UserID, contracts.ChannelOwner))(t)
		_, err := w.Archive(ctx, w.guest, c.ID)
		expect.Code(t, "archive", err, contracts.CodeForbidden)
		expect.Code(t, "remove", w.RemoveMember(ctx, w.guest, c.ID, w.alice.UserID), contracts.CodeForbidden)
		_, err = w.AddMembers(ctx, w.guest, c.ID, []string{w.bob.UserID})
		expect.Code(t, "add", err, contracts.CodeForbidden)
		expect.Code(t, "leave", w.Leave(ctx, w.guest, c.ID), "")
		_, err = w.Channel(ctx, w.guest, c.ID)
		expect.Code(t, "look from outside", err, contracts.CodeNotFound)
	})
}

func TestAddMembers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("team", contracts.KindPrivate, w.bob)
		got := expect.OK(w.AddMembers(ctx, w.bob, c.ID, []string{w.guest.UserID, w.alice.UserID, w.carol.UserID, w.guest.UserID}))(t)
		list := ""
		for _, m := range got {
			list += m.Username + ":" + string(m.Role) + " "
		}
		expect.Equal(t, "answer", list, "guest:member alice:owner carol:member ")
		expect.Equal(t, "members", w.roles(c.ID), "alice:owner bob:member carol:member guest:member")
		expect.Equal(t, "timeline", strings.Join(w.said[c.ID][1:], ", "), "guest: was added to the channel, carol: was added to the channel")

		for _, users := range [][]string{nil, {"usr_nobody"}, {w.dave.UserID, "x\x00"}, make([]string, 201)} {
			_, err := w.AddMembers(ctx, w.bob, c.ID, users)
			expect.Code(t, fmt.Sprint(len(users), " users"), err, contracts.CodeInvalid)
		}
		expect.Equal(t, "all or none", expect.OK(w.Channel(ctx, w.bob, c.ID))(t).MemberCount, 4)

		expect.OK(w.AddMembers(ctx, w.admin, c.ID, []string{w.admin.UserID}))(t)
		expect.Equal(t, "an administrator who lets himself in is recorded", w.recorded, "[admin channel.member_add "+c.ID+"]")
		expect.OK(w.AddMembers(ctx, w.admin, c.ID, []string{w.dave.UserID}))(t)
		expect.Equal(t, "as a member he is one of them", len(w.recorded), 1)

		crowd := make([]string, channels.MaxAdd)
		for i := range crowd {
			crowd[i] = w.user(fmt.Sprintf("u%d", i), contracts.RoleMember).UserID
		}
		expect.Equal(t, "200 at once", len(expect.OK(w.AddMembers(ctx, w.alice, c.ID, crowd))(t)), 200)
		expect.Equal(t, "one sentence for a crowd", w.said[c.ID][len(w.said[c.ID])-1], "alice: added 200 people to the channel")
	})
}

func TestDefaultChannels(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		general := expect.OK(w.Create(ctx, w.owner, channels.NewChannel{Name: "general", Default: true}))(t)
		random := expect.OK(w.Create(ctx, w.owner, channels.NewChannel{Name: "random", Default: true}))(t)
		extra := expect.OK(w.Create(ctx, w.owner, channels.NewChannel{Name: "extra", Kind: contracts.KindPrivate}))(t)
		gone := expect.OK(w.Create(ctx, w.owner, channels.NewChannel{Name: "gone"}))(t)
		expect.OK(w.Archive(ctx, w.owner, gone.ID))(t)
		_, err := w.Create(ctx, w.alice, channels.NewChannel{Name: "mine", Default: true})
		expect.Code(t, "a member makes a default channel", err, contracts.CodeForbidden)

		join := func(actor contracts.Actor, bot bool, extra ...string) {
			t.Helper()
			err := w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
				return w.JoinDefaultsTx(ctx, tx, contracts.User{ID: actor.UserID, Role: actor.Role, Bot: bot}, extra)
			})
			expect.Code(t, "join the defaults", err, "")
		}
		join(w.alice, false, extra.ID, gone.ID, contracts.NewID(contracts.PrefixConversation), general.ID, "x")
		join(w.guest, false, extra.ID)
		join(w.bob, true)
		expect.Equal(t, "general", w.roles(general.ID), "owner:owner alice:member")
		expect.Equal(t, "random", w.roles(random.ID), "owner:owner alice:member")
		expect.Equal(t, "extra", w.roles(extra.ID), "owner:owner alice:member guest:member")
		expect.Equal(t, "gone", w.roles(gone.ID), "owner:owner")
		join(w.alice, false)
		expect.Equal(t, "once more changes nothing", w.roles(general.ID), "owner:owner alice:member")

		private, name := contracts.KindPrivate, "hall"
		expect.Code(t, "leave everybody's channel", w.Leave(ctx, w.alice, general.ID), contracts.CodeConflict)
		_, err = w.Archive(ctx, w.owner, general.ID)
		expect.Code(t, "archive it", err, contracts.CodeConflict)
		_, err = w.Update(ctx, w.owner, general.ID, channels.ChannelUpdate{Kind: &private})
		expect.Code(t, "make it private", err, contracts.CodeConflict)
		_, err = w.Update(ctx, w.owner, general.ID, channels.ChannelUpdate{Name: &name})
		expect.Code(t, "rename it", err, "")
		expect.Code(t, "an administrator removes somebody", w.RemoveMember(ctx, w.admin, general.ID, w.alice.UserID), "")
		expect.OK(w.AddMembers(ctx, w.owner, general.ID, []string{w.guest.UserID}))(t)
		expect.Code(t, "a guest leaves it", w.Leave(ctx, w.guest, general.ID), "")

		expect.Code(t, "leave another default channel", w.Leave(ctx, w.alice, random.ID), "")
		_, err = w.Update(ctx, w.owner, random.ID, channels.ChannelUpdate{Kind: &private})
		expect.Code(t, "make another default channel private", err, "")
		join(w.carol, false)
		expect.Equal(t, "then it is no default any more", w.roles(random.ID), "owner:owner")
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		w := newWorld(t, db, func(cfg *channels.Config) { cfg.MaxMembers, cfg.MaxJoined = 3, 2 })
		full := w.create("full", contracts.KindPublic, w.bob)
		expect.OK(w.Join(ctx, w.carol, full.ID))(t)
		_, err := w.Join(ctx, w.dave, full.ID)
		expect.Code(t, "the fourth of three", err, contracts.CodeConflict)
		_, err = w.AddMembers(ctx, w.alice, full.ID, []string{w.dave.UserID})
		expect.Code(t, "added as the fourth", err, contracts.CodeConflict)
		expect.OK(w.AddMembers(ctx, w.alice, full.ID, []string{w.bob.UserID}))(t)

		second := w.create("second", contracts.KindPublic)
		_, err = w.Create(ctx, w.alice, channels.NewChannel{Name: "third"})
		expect.Code(t, "the third channel of two", err, contracts.CodeConflict)
		expect.OK(w.Join(ctx, w.bob, second.ID))(t)
		other := expect.OK(w.Create(ctx, w.carol, channels.NewChannel{Name: "other"}))(t)
		_, err = w.Join(ctx, w.bob, other.ID)
		expect.Code(t, "joining a third", err, contracts.CodeConflict)
		_, err = w.AddMembers(ctx, w.carol, other.ID, []string{w.dave.UserID, w.bob.UserID})
		expect.Code(t, "being added to a third", err, contracts.CodeConflict)
		expect.Equal(t, "all or none", w.roles(other.ID), "carol:owner")
		expect.Code(t, "leaving makes room", w.Leave(ctx, w.bob, second.ID), "")
		expect.OK(w.Join(ctx, w.bob, other.ID))(t)

		hall := expect.OK(w.Create(ctx, w.owner, channels.NewChannel{Name: "hall", Default: true}))(t)
		for _, actor := range []contracts.Actor{w.admin, w.dave, w.erin, w.user("six", contracts.RoleMember)} {
			expect.OK(w.Join(ctx, actor, hall.ID))(t)
		}
		expect.Equal(t, "a default channel is for everybody", expect.OK(w.Channel(ctx, w.owner, hall.ID))(t).MemberCount, 5)
	}, channels.Migrations)
}

// The real limits, with rows written directly.
func TestLimitsAtFullSize(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("crowd", contracts.KindPublic)
		w.fill(`INSERT INTO channel_members (channel_id, user_id, role, joined_at) VALUES `, 9_998, func(i int) []any {
			return []any{c.ID, fmt.Sprintf("usr_x%d", i), "member", 1}
		})
		w.exec(`UPDATE channels SET member_count = 9999 WHERE id = $1`, c.ID)
		expect.OK(w.Join(ctx, w.bob, c.ID))(t)
		_, err := w.Join(ctx, w.carol, c.ID)
		expect.Code(t, "member 10,001", err, contracts.CodeConflict)
		expect.Code(t, "the owner of 10,000 leaves", w.Leave(ctx, w.alice, c.ID), "")

		w.fill(`INSERT INTO channels (id, name, look, kind, topic, purpose, auto_join, required, member_count, created_by, created_at) VALUES `, 999, func(i int) []any {
			name := fmt.Sprintf("c%d", i)
			return []any{name, name, name, "public", "", "", false, false, 1, "", 1}
		})
		w.fill(`INSERT INTO channel_members (channel_id, user_id, role, joined_at) VALUES `, 999, func(i int) []any {
			return []any{fmt.Sprintf("c%d", i), w.dave.UserID, "member", 1}
		})
		expect.OK(w.Create(ctx, w.dave, channels.NewChannel{Name: "number-1000"}))(t)
		_, err = w.Create(ctx, w.dave, channels.NewChannel{Name: "number-1001"})
		expect.Code(t, "channel 1,001 of one user", err, contracts.CodeConflict)
	})
}
