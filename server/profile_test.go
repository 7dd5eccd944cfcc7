package server

import (
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// What was written to somebody is theirs under every name: the message, the count of
// mentions, an edit of it, and what is written with the old name later.
func TestARenameKeepsMentions(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, named, other := w.setUp(), w.newUser("before", contracts.RoleMember), w.newUser("other", contracts.RoleMember)
		var ch contracts.Channel
		owner.must(201, "POST", "/channels", map[string]any{"name": "mentions", "kind": "public"}, &ch)
		for _, c := range []*client{named, other} {
			c.must(200, "POST", "/channels/"+ch.ID+"/join", nil, nil)
		}
		msg := owner.post(ch.ID, "ask @before about it")
		if !slices.Equal(msg.Mentions, []string{named.user.ID}) {
			t.Fatalf("mentions %q", msg.Mentions)
		}
		var me contracts.User
		named.must(200, "PATCH", "/me", map[string]any{"username": "После"}, &me)
		if me.Username != "после" || !slices.Equal(me.FormerNames, []string{"before"}) {
			t.Fatalf("renamed to %+v", me)
		}
		if a := other.do("PATCH", "/me", map[string]any{"username": "before"}); a.status != 409 || a.code() != "name_taken" {
			t.Errorf("another takes the name: %d %s", a.status, a.body)
		}
		owner.must(200, "GET", "/messages/"+msg.ID, nil, &msg)
		if !slices.Equal(msg.Mentions, []string{named.user.ID}) || msg.Text != "ask @before about it" {
			t.Errorf("after the rename: %+v", msg)
		}
		owner.must(200, "PATCH", "/messages/"+msg.ID, map[string]any{"text": "ask @before about all of it"}, &msg)
		if !slices.Equal(msg.Mentions, []string{named.user.ID}) {
			t.Errorf("after an edit: %+v", msg)
		}
		if m := owner.post(ch.ID, "@before, @ПОСЛЕ and @other"); !slices.Equal(m.Mentions, []string{named.user.ID, other.user.ID}) {
			t.Errorf("both names in one message: %q", m.Mentions)
		}
		var state contracts.Membership
		named.must(200, "GET", "/conversations/"+ch.ID, nil, &state)
		if state.Mentions != 2 {
			t.Errorf("%d mentions unread, want 2", state.Mentions)
		}
		var found contracts.User
		owner.must(200, "GET", "/users/"+named.user.ID, nil, &found)
		if found.Username != "после" {
			t.Errorf("read as %+v", found)
		}
	})
}
