package server

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// Of a muted person nothing calls, on any of one's devices, and the other learns nothing.
func TestAMutedPersonIsNotHeard(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		member, third := w.newUser("member", contracts.RoleMember), w.newUser("third", contracts.RoleMember)
		general := owner.channel("general").ID
		first, second, theirs := owner.connect(nil), owner.connect(nil), member.connect(nil)
		member.post(general, "hello @owner")
		first.expect(contracts.EventMessageCreated)
		second.expect(contracts.EventMessageCreated)

		var muted contracts.MutedUser
		owner.must(200, "PUT", "/me/muted-users/"+member.user.ID, obj{"level": "muted"}, &muted)
		var change contracts.MutedUserChange
		for _, s := range []*socket{first, second} {
			if err := json.Unmarshal(s.expect(contracts.EventMutedUserUpdated).D, &change); err != nil {
				t.Fatal(err)
			}
			if change.MutedUser == nil || *change.MutedUser != muted || len(change.ReadStates) != 1 || change.ReadStates[0].Mentions != 0 || change.ReadStates[0].Hushed != 1 {
				t.Errorf("a device hears %+v", change)
			}
		}
		theirs.op("typing", obj{"conversation_id": general})
		typist := third.connect(nil)
		typist.op("typing", obj{"conversation_id": general})
		if f := first.expect(contracts.EventTyping); at(t, f.D, "/user_id") != third.user.ID {
			t.Errorf("typing of %s is shown", f.D)
		}
		member.post(general, "@owner @third again")
		var state contracts.Membership
		owner.must(200, "GET", "/conversations/"+general, nil, &state)
		if state.Mentions != 0 || state.Unread != 0 || state.Hushed != 2 {
			t.Errorf("owner has %+v", state)
		}
		third.must(200, "GET", "/conversations/"+general, nil, &state)
		if state.Mentions != 1 || state.Unread != 2 {
			t.Errorf("third has %+v", state)
		}
		theirs.quiet(100*time.Millisecond, contracts.EventMutedUserUpdated)
		owner.must(204, "DELETE", "/me/muted-users/"+member.user.ID, nil, nil)
		change = contracts.MutedUserChange{}
		if err := json.Unmarshal(second.expect(contracts.EventMutedUserUpdated).D, &change); err != nil {
			t.Fatal(err)
		}
		if change.MutedUser != nil || len(change.ReadStates) != 1 || change.ReadStates[0].Mentions != 2 {
			t.Errorf("unmuted: %+v", change)
		}
	})
}

// Between two of whom one blocks the other nothing goes directly; what both share goes on.
func TestABlockedPersonCannotWriteDirectly(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		member, third := w.newUser("member", contracts.RoleMember), w.newUser("third", contracts.RoleMember)
		var direct contracts.DirectConversation
		member.must(201, "POST", "/dms", obj{"user_ids": []string{owner.user.ID}}, &direct)
		said := member.post(direct.ID, "hello")
		owner.must(200, "PUT", "/me/muted-users/"+member.user.ID, obj{"level": "blocked"}, nil)

		for c, hint := range map[*client]string{member: "What was written before stays readable. In channels you can write on.", owner: "Unblock them to write to one another again."} {
			var p problem
			c.must(403, "POST", "/conversations/"+direct.ID+"/messages", obj{"text": "hello?"}, &p)
			if p.Code != contracts.CodeCannotMessage || p.Hint != hint {
				t.Errorf("%s is told %+v", c.user.Username, p)
			}
			s := c.connect(nil)
			if f := s.op("message.send", obj{"conversation_id": direct.ID, "text": "hello?", "client_msg_id": "m"}); f.Error.Code != contracts.CodeCannotMessage {
				t.Errorf("over the socket %s is told %+v", c.user.Username, f)
			}
			c.must(200, "GET", "/conversations/"+direct.ID+"/messages", nil, nil)
			c.must(403, "POST", "/dms", obj{"user_ids": []string{owner.user.ID, member.user.ID, third.user.ID}}, nil)
		}
		member.must(403, "PATCH", "/messages/"+said.ID, obj{"text": "hello??"}, nil)
		member.must(200, "POST", "/dms", obj{"user_ids": []string{owner.user.ID}}, nil) // it exists
		loud := member.post(owner.channel("general").ID, "hello all")

		// A block stops no administration.
		member.must(200, "PUT", "/me/muted-users/"+owner.user.ID, obj{"level": "blocked"}, nil)
		owner.must(200, "PATCH", "/admin/users/"+member.user.ID, obj{"role": "guest"}, nil)
		owner.must(200, "DELETE", "/messages/"+loud.ID, nil, nil)
		var list contracts.Page[contracts.MutedUser]
		member.must(200, "GET", "/me/muted-users", nil, &list)
		if len(list.Data) != 1 || list.Data[0].User.ID != owner.user.ID || list.Data[0].Level != contracts.LevelBlocked {
			t.Errorf("list: %+v", list)
		}
		if _, err := w.ws.DeleteUser(t.Context(), contracts.Operator, member.user.ID); err != nil {
			t.Fatal(err)
		}
		var state workspace.Sync
		owner.must(200, "GET", "/sync", nil, &state)
		if len(state.MutedUsers) != 0 {
			t.Errorf("a deleted user is muted still: %+v", state.MutedUsers)
		}
		if report, err := w.ws.Messaging.Verify(t.Context()); err != nil || !report.OK {
			t.Errorf("verify: %+v, %v", report, err)
		}
	})
}
