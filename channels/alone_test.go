package channels_test

import (
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// Channels work as groups with roles in a program that keeps neither messages nor
// accounts; only what needs messages says so.
func TestChannelsWithoutMessages(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		s := channels.New(db, channels.Config{})
		ana, ben := contracts.Actor{UserID: "ana", Role: contracts.RoleMember}, contracts.Actor{UserID: "ben", Role: contracts.RoleMember}
		c := expect.OK(s.Create(ctx, ana, channels.NewChannel{Name: "garden", Members: []string{"ben"}}))(t)
		expect.Equal(t, "last position", c.LastPosition, 0)
		expect.Code(t, "leave", s.Leave(ctx, ana, c.ID), "")
		expect.Equal(t, "role of who is left", expect.OK(s.Role(ctx, ben, c.ID))(t), contracts.ChannelOwner)
		expect.OK(s.Archive(ctx, ben, c.ID))(t)
		members := expect.OK(s.Members(ctx, ben, c.ID, contracts.PageRequest{}))(t).Data
		expect.Equal(t, "members", []any{len(members), members[0].Username}, []any{1, "ben"})
		_, _, err := s.Post(ctx, ben, contracts.NewMessage{ConversationID: c.ID, Text: "hello"})
		expect.Code(t, "post", err, contracts.CodeUnavailable)
		_, err = s.DeleteMessage(ctx, ben, contracts.NewID(contracts.PrefixMessage), "")
		expect.Code(t, "delete", err, contracts.CodeUnavailable)
	}, channels.Migrations)
}

// Half of a host is a mistake, which must not go unnoticed until somebody posts.
func TestHalfAHostIsRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a service was made")
		}
	}()
	channels.New(sqldbtest.Open(t, sqldb.SQLite), channels.Config{Conversations: newChat()})
}
