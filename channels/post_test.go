package channels_test

import (
	"errors"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func TestPost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("talk", contracts.KindPublic, w.bob, w.guest)
		direct := contracts.NewID(contracts.PrefixConversation)
		w.in[direct] = []string{w.guest.UserID, w.bob.UserID}
		moderator := w.user("mod", contracts.RoleMember)
		expect.OK(w.AddMembers(ctx, w.alice, c.ID, []string{moderator.UserID}))(t)
		expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, moderator.UserID, contracts.ChannelModerator))(t)
		token := func(a contracts.Actor, scopes ...string) contracts.Actor { a.Scopes = scopes; return a }
		const all = "look here @channel"
		for _, test := range []struct {
			what  string
			actor contracts.Actor
			conv  string
			text  string
			code  contracts.Code
		}{
			{"a member", w.bob, c.ID, "hello", ""},
			{"a member to all", w.bob, c.ID, all, ""},
			{"a guest", w.guest, c.ID, "hello", ""},
			{"a guest to all", w.guest, c.ID, all, contracts.CodeForbidden},
			{"a guest to all in a direct conversation", w.guest, direct, all, ""},
			{"an outsider", w.carol, c.ID, "hello", contracts.CodeNotFound},
			{"an outsider to all", w.carol, c.ID, all, contracts.CodeNotFound},
			{"an outsider's token to all, without the scope", token(w.carol, "messages:write"), c.ID, all, contracts.CodeNotFound},
			{"an administrator who is not in it", w.admin, c.ID, "hello", contracts.CodeNotFound},
			{"a member's token without the scope", token(w.bob, "messages:read"), c.ID, "hello", contracts.CodeForbidden},
			{"a member's token to all without that scope", token(w.bob, "messages:write"), c.ID, all, contracts.CodeForbidden},
			{"a moderator's token to all without that scope", token(moderator, "messages:write"), c.ID, all, contracts.CodeForbidden},
			{"a moderator's token to all with that scope", token(moderator, "messages:write", "mentions:all"), c.ID, all, ""},
			{"to a conversation that is not there", w.bob, contracts.NewID(contracts.PrefixConversation), "hello", contracts.CodeNotFound},
			{"nobody", contracts.Actor{}, c.ID, "hello", contracts.CodeForbidden},
		} {
			_, duplicate, err := w.Post(ctx, test.actor, contracts.NewMessage{ConversationID: test.conv, Text: test.text})
			expect.Code(t, test.what, err, test.code)
			if duplicate {
				t.Errorf("%s: a duplicate", test.what)
			}
		}
		_, _, err := w.Post(ctx, w.guest, contracts.NewMessage{ConversationID: c.ID, Text: all})
		var own *contracts.Error
		if !errors.As(err, &own) || own.Field != "/text" || own.Hint == "" {
			t.Errorf("the refusal names no field or no way out: %+v", own)
		}
		expect.OK(w.Archive(ctx, w.alice, c.ID))(t)
		_, _, err = w.Post(ctx, w.bob, contracts.NewMessage{ConversationID: c.ID, Text: "hello"})
		expect.Code(t, "to an archived channel", err, contracts.CodeArchived)
	})
}

func TestDeleteMessage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		public := w.create("open", contracts.KindPublic, w.bob, w.carol, w.dave, w.guest)
		private := w.create("closed", contracts.KindPrivate, w.bob, w.carol, w.dave, w.guest, w.owner)
		for _, c := range []contracts.Channel{public, private} {
			expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.carol.UserID, contracts.ChannelModerator))(t)
			expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.guest.UserID, contracts.ChannelModerator))(t)
		}
		direct := contracts.NewID(contracts.PrefixConversation)
		w.in[direct] = []string{w.bob.UserID, w.carol.UserID}
		reader := w.alice
		reader.Scopes = []string{"messages:read", "messages:write"}
		for _, test := range []struct {
			what  string
			actor contracts.Actor
			conv  string
			code  contracts.Code
			power bool // recorded as an act by the power of the workspace
		}{
			{"the author", w.bob, public.ID, "", false},
			{"the channel's owner", w.alice, public.ID, "", false},
			{"the channel's owner's token without the scope", reader, public.ID, contracts.CodeForbidden, false},
			{"a moderator", w.carol, public.ID, "", false},
			{"a member", w.dave, public.ID, contracts.CodeForbidden, false},
			{"a guest who is a moderator", w.guest, public.ID, contracts.CodeForbidden, false},
			{"an outsider", w.erin, public.ID, contracts.CodeNotFound, false},
			{"an administrator from outside", w.admin, public.ID, "", true},
			{"nobody", contracts.Actor{}, public.ID, contracts.CodeForbidden, false},
			{"a moderator of the private channel", w.carol, private.ID, "", false},
			{"an outsider of the private channel", w.erin, private.ID, contracts.CodeNotFound, false},
			{"an administrator who may not read the private channel", w.admin, private.ID, contracts.CodeNotFound, false},
			{"an administrator in the private channel", w.owner, private.ID, "", true},
			{"the operator", contracts.Operator, private.ID, "", true},
			{"the author of a direct message", w.bob, direct, "", false},
			{"the other one", w.carol, direct, contracts.CodeForbidden, false},
			{"an administrator, of a direct message", w.admin, direct, contracts.CodeNotFound, false},
			{"the operator, of a direct message", contracts.Operator, direct, "", true},
		} {
			m, _, err := w.Post(ctx, w.bob, contracts.NewMessage{ConversationID: test.conv, Text: "words"})
			if err != nil {
				t.Fatal(err)
			}
			w.recorded = nil
			got, err := w.DeleteMessage(ctx, test.actor, m.ID, test.conv)
			expect.Code(t, test.what, err, test.code)
			if gone := w.messages[m.ID].Text == ""; gone != (test.code == "") || err == nil && got.ID != m.ID {
				t.Errorf("%s: gone is %t, answer %+v", test.what, gone, got)
			}
			if (len(w.recorded) == 1) != test.power {
				t.Errorf("%s: recorded %v", test.what, w.recorded)
			}
		}
		// A moderator of one channel cannot reach into another by naming his own.
		own := expect.OK(w.Create(ctx, w.erin, newChannel("erins")))(t)
		m, _, err := w.Post(ctx, w.bob, contracts.NewMessage{ConversationID: private.ID, Text: "words"})
		expect.Code(t, "post", err, "")
		_, err = w.DeleteMessage(ctx, w.erin, m.ID, own.ID)
		expect.Code(t, "a message of another channel", err, contracts.CodeNotFound)
		_, err = w.DeleteMessage(ctx, w.alice, m.ID, public.ID)
		expect.Code(t, "a message of one's other channel", err, contracts.CodeNotFound)
		_, missing := w.DeleteMessage(ctx, w.erin, contracts.NewID(contracts.PrefixMessage), "")
		_, hidden := w.DeleteMessage(ctx, w.erin, m.ID, "")
		if missing.Error() != hidden.Error() || w.messages[m.ID].Text == "" {
			t.Errorf("missing: %v; hidden: %v", missing, hidden)
		}
	})
}
