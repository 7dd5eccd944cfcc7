package server

import (
	"fmt"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// A laptop that was closed while the server was started anew shows exactly what it
// missed: it is resumed, told how many, and gets those and no more.
func TestResumeAfterARestart(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		general := owner.channel("general").ID
		s := member.connect(nil)
		owner.post(general, "before")
		s.expect(contracts.EventMessageCreated)
		cursor := s.cursor
		_ = s.ws.Close()
		var hidden contracts.Channel
		owner.must(201, "POST", "/channels", map[string]any{"name": "hidden", "kind": "private"}, &hidden)
		for i := range 5 {
			owner.post(general, fmt.Sprintf("missed %d", i))
			owner.post(hidden.ID, "not for member")
		}
		w.stop()

		again := serve(t, url)
		member.w, owner.w = again, again
		back := member.connect(&cursor)
		if !back.hello.Resumed || back.hello.Replayed != 5 || back.hello.Reason != nil {
			t.Fatalf("hello: %+v", back.hello)
		}
		for i := range 5 {
			if m := back.expect(contracts.EventMessageCreated).message(t); m.Text != fmt.Sprintf("missed %d", i) {
				t.Errorf("message %d is %q", i, m.Text)
			}
		}
		owner.post(general, "live")
		if m := back.expect(contracts.EventMessageCreated).message(t); m.Text != "live" {
			t.Errorf("then came %q", m.Text)
		}
		if again.passed.has("message.list") || again.passed.has("sync.read") {
			t.Error("the history was asked for")
		}
	})
}

func TestACursorThatCannotBeResumed(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	here := owner.connect(nil).cursor
	for reason, c := range map[string]contracts.Cursor{
		"epoch":   {Epoch: "other", Position: here.Position, Mark: here.Mark},
		"mark":    {Epoch: here.Epoch, Position: here.Position, Mark: "zzzzzzzz"},
		"ahead":   {Epoch: here.Epoch, Position: here.Position + 1000, Mark: here.Mark},
		"too_old": {Epoch: here.Epoch, Position: -5, Mark: ""},
	} {
		s, _, err := owner.dial(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.write(string(encode(map[string]any{"op": "hello", "id": "h", "d": map[string]any{"resume": c}})))
		f := s.expect("hello")
		if at(t, f.D, "/resumed") != "false" || at(t, f.D, "/reason") != reason || at(t, f.D, "/replayed") != "0" {
			t.Errorf("%s: %s", reason, f.D)
		}
	}
}

// A removed member gets his own leaving and nothing after it, live or resumed.
func TestRemovalIsExact(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		var ch contracts.Channel
		owner.must(201, "POST", "/channels", map[string]any{"name": "ops", "kind": "private", "members": []string{member.user.ID}}, &ch)
		early := owner.post(ch.ID, "early")
		s := member.connect(nil)
		before := s.cursor
		owner.must(204, "DELETE", "/channels/"+ch.ID+"/members/"+member.user.ID, nil, nil)
		s.expect(contracts.EventMemberLeft)
		owner.post(ch.ID, "secret")
		owner.must(200, "PATCH", "/messages/"+early.ID, map[string]any{"text": "secret edit"}, nil)
		s.quiet(200*time.Millisecond, contracts.EventMessageCreated, contracts.EventMessageUpdated)
		back := member.connect(&before)
		back.expect(contracts.EventMemberLeft)
		back.quiet(200*time.Millisecond, contracts.EventMessageCreated, contracts.EventMessageUpdated)
		if f := s.op("typing", map[string]any{"conversation_id": ch.ID}); f.Error.Code != contracts.CodeNotFound {
			t.Errorf("typing: %+v", f)
		}
		member.must(404, "GET", "/messages/"+early.ID, nil, nil)
	})
}
