package channels_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func TestBrowse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.create("open", contracts.KindPublic)
		w.create("open-too", contracts.KindPublic, w.bob, w.guest)
		w.create("closed", contracts.KindPrivate)
		w.create("closed_too", contracts.KindPrivate, w.bob)
		expect.OK(w.Archive(ctx, w.alice, w.create("open-old", contracts.KindPublic).ID))(t)
		expect.OK(w.Archive(ctx, w.alice, w.create("closed-old", contracts.KindPrivate, w.guest).ID))(t)
		yes, no := true, false
		for _, test := range []struct {
			what  string
			actor contracts.Actor
			req   channels.ChannelsRequest
			want  string
		}{
			{"a member sees public ones and his own", w.bob, channels.ChannelsRequest{}, "closed_too open open-old open-too"},
			{"a guest sees his own", w.guest, channels.ChannelsRequest{}, "closed-old open-too"},
			{"an administrator who does not ask for all", w.admin, channels.ChannelsRequest{}, "open open-old open-too"},
			{"an administrator who asks for all", w.admin, channels.ChannelsRequest{All: true}, "closed closed-old closed_too open open-old open-too"},
			{"the operator", contracts.Operator, channels.ChannelsRequest{}, "closed closed-old closed_too open open-old open-too"},
			{"live ones", w.bob, channels.ChannelsRequest{Archived: &no}, "closed_too open open-too"},
			{"archived ones", w.bob, channels.ChannelsRequest{Archived: &yes}, "open-old"},
			{"joined ones", w.bob, channels.ChannelsRequest{Joined: &yes}, "closed_too open-too"},
			{"others", w.bob, channels.ChannelsRequest{Joined: &no}, "open open-old"},
			{"part of a name", w.bob, channels.ChannelsRequest{Query: "#TOO"}, "closed_too open-too"},
			{"_ is a letter", w.bob, channels.ChannelsRequest{Query: "_"}, "closed_too"},
			{"% is a letter", w.bob, channels.ChannelsRequest{Query: "%"}, ""},
			{"nothing", w.bob, channels.ChannelsRequest{Query: `\`}, ""},
		} {
			page := expect.OK(w.Channels(ctx, test.actor, test.req))(t)
			var names []string
			for _, c := range page.Data {
				names = append(names, c.Name)
			}
			slices.Sort(names) // engines sort - and _ differently
			expect.Equal(t, test.what, strings.Join(names, " "), test.want)
			if page.Data == nil || page.Page.HasMore {
				t.Errorf("%s: %+v", test.what, page)
			}
		}
		for what, test := range map[string]struct {
			actor contracts.Actor
			req   channels.ChannelsRequest
			code  contracts.Code
		}{
			"a member asks for all":    {w.alice, channels.ChannelsRequest{All: true}, contracts.CodeForbidden},
			"nobody":                   {contracts.Actor{}, channels.ChannelsRequest{}, contracts.CodeForbidden},
			"a strange cursor":         {w.alice, channels.ChannelsRequest{PageRequest: contracts.PageRequest{After: "x"}}, contracts.CodeInvalid},
			"a cursor of another list": {w.alice, channels.ChannelsRequest{PageRequest: contracts.PageRequest{After: contracts.EncodeCursor(1, "x")}}, contracts.CodeInvalid},
			"a page of 201":            {w.alice, channels.ChannelsRequest{PageRequest: contracts.PageRequest{Limit: 201}}, contracts.CodeInvalid},
			"a query in broken UTF-8":  {w.alice, channels.ChannelsRequest{Query: "\xff"}, contracts.CodeInvalid},
			"a query with NUL":         {w.alice, channels.ChannelsRequest{Query: "a\x00"}, contracts.CodeInvalid},
			"a query that never ends":  {w.alice, channels.ChannelsRequest{Query: strings.Repeat("x", 10_000)}, contracts.CodeInvalid},
			"a cursor with NUL in it":  {w.alice, channels.ChannelsRequest{PageRequest: contracts.PageRequest{After: contracts.EncodeCursor("a\x00")}}, ""},
			"a token that reads no channels": {contracts.Actor{UserID: w.alice.UserID, Role: contracts.RoleMember, Scopes: []string{"messages:read"}},
				channels.ChannelsRequest{}, contracts.CodeForbidden},
		} {
			_, err := w.Channels(ctx, test.actor, test.req)
			expect.Code(t, what, err, test.code)
		}
	})
}

func TestPagesAreWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var users []string
		for i := range 23 {
			w.create(fmt.Sprintf("room-%02d", i), contracts.KindPublic)
			users = append(users, w.user(fmt.Sprintf("m%d", i), contracts.RoleMember).UserID)
		}
		c := w.create("big", contracts.KindPublic)
		expect.OK(w.AddMembers(ctx, w.alice, c.ID, users))(t) // all in the same millisecond
		var names []string
		for req := (channels.ChannelsRequest{PageRequest: contracts.PageRequest{Limit: 5}}); ; {
			page := expect.OK(w.Channels(ctx, w.bob, req))(t)
			for _, c := range page.Data {
				names = append(names, c.Name)
			}
			if !page.Page.HasMore {
				break
			}
			req.After = *page.Page.Next
		}
		if len(names) != 24 || !slices.IsSorted(names) || len(slices.Compact(names)) != 24 {
			t.Errorf("channels page by page: %v", names)
		}
		var members []string
		for req := (contracts.PageRequest{Limit: 7}); ; {
			page := expect.OK(w.Members(ctx, w.bob, c.ID, req))(t)
			for _, m := range page.Data {
				members = append(members, m.UserID)
			}
			if !page.Page.HasMore {
				break
			}
			req.After = *page.Page.Next
		}
		expect.Equal(t, "members page by page", members, append([]string{w.alice.UserID}, users...))
	})
}
