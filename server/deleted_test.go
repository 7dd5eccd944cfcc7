package server

import (
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// A deleted account is in no list of members any more, and open clients hear so; what it
// wrote stays, by a "Deleted user".
func TestADeletedAccountLeavesItsChannels(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member, gone := w.setUp(), w.newUser("member", contracts.RoleMember), w.newUser("gone", contracts.RoleMember)
		general := owner.channel("general")
		var crew contracts.Channel
		gone.must(201, "POST", "/channels", obj{"name": "crew", "kind": "private"}, &crew)
		gone.must(204, "POST", "/channels/"+crew.ID+"/members", obj{"user_ids": []string{member.user.ID}}, nil)
		said := gone.post(general.ID, "what I wrote")
		s := member.connect(nil)

		if _, err := w.ws.DeleteUser(t.Context(), contracts.Operator, gone.user.ID); err != nil {
			t.Fatal(err)
		}
		left := map[string]bool{}
		for len(left) < 3 { // everybody's channels are two
			f := s.expect(contracts.EventMemberLeft)
			if who := at(t, f.D, "/user/id"); who != gone.user.ID {
				t.Fatalf("another one left: %s", f.D)
			}
			left[at(t, f.D, "/conversation_id")] = true
		}
		if !left[general.ID] || !left[crew.ID] {
			t.Errorf("told of %v", left)
		}
		for id, count := range map[string]int{general.ID: 2, crew.ID: 1} {
			var members contracts.Page[contracts.Member]
			body := string(member.must(200, "GET", "/channels/"+id+"/members", nil, &members).body)
			var ch contracts.Channel
			member.must(200, "GET", "/channels/"+id, nil, &ch)
			if len(members.Data) != count || ch.MemberCount != count || strings.Contains(body, gone.user.ID) {
				t.Errorf("%s has %d members, counts %d: %s", ch.Name, len(members.Data), ch.MemberCount, body)
			}
		}
		member.must(200, "PATCH", "/channels/"+crew.ID, obj{"topic": "mine now"}, nil) // its heir
		var m contracts.Message
		member.must(200, "GET", "/messages/"+said.ID, nil, &m)
		if m.Text != "what I wrote" || m.Author.ID != gone.user.ID || m.Author.DisplayName != "Deleted user" {
			t.Errorf("the message is now %+v", m)
		}
		if body := string(owner.must(200, "GET", "/conversations/"+general.ID+"/messages", nil, nil).body); !strings.Contains(body, "what I wrote") {
			t.Error("the message is gone from the history")
		}
	})
}
