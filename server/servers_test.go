package server

import (
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Two servers on one PostgreSQL are one workspace.
func TestTwoServersOnOneDatabase(t *testing.T) {
	t.Parallel()
	url := freshDatabase(t, "postgres")
	first, second := serve(t, url), serve(t, url)
	owner := first.setUp()
	member := second.newUser("member", contracts.RoleMember)
	general := owner.channel("general").ID
	a, b := owner.connect(nil), member.connect(nil)
	for at(t, a.expect("presence").D, "/user_id") != member.user.ID { // first comes one's own
	}

	var slowest time.Duration
	for range 20 {
		began := time.Now()
		m := owner.post(general, "from the first")
		if got := b.expect(contracts.EventMessageCreated).message(t); got.ID != m.ID {
			t.Fatalf("member got %+v", got)
		}
		slowest = max(slowest, time.Since(began))
	}
	t.Logf("slowest of 20 across servers: %s", slowest)
	b.op("typing", map[string]any{"conversation_id": general})
	if f := a.expect("typing"); at(t, f.D, "/user_id") != member.user.ID {
		t.Errorf("typing: %s", f.D)
	}

	// Read-your-writes on the other server, and its idea of who may do what.
	here := &client{w: second, t: t, token: owner.token, user: owner.user}
	if h := here.channel("general"); h.LastPosition < 20 {
		t.Errorf("the second server sees position %d", h.LastPosition)
	}
	began := time.Now()
	owner.must(200, "PATCH", "/admin/users/"+member.user.ID, map[string]any{"state": "suspended"}, nil)
	if c := b.ended(); c.code != 4403 && c.code != 4410 {
		t.Errorf("closed with %d", c.code)
	}
	t.Logf("suspension reached the other server's socket after %s", time.Since(began))
	member.must(403, "GET", "/me", nil, nil)

	// A socket of the first resumes at the second.
	cursor := a.cursor
	first.stop()
	third := second.newUser("third", contracts.RoleMember)
	third.post(general, "after the first has gone")
	back := here.connect(&cursor)
	if !back.hello.Resumed {
		t.Fatalf("hello: %+v", back.hello)
	}
	for {
		if back.expect(contracts.EventMessageCreated).message(t).Text == "after the first has gone" {
			break
		}
	}
}
