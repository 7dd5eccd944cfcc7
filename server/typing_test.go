package server

import (
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Typing is passed on every few seconds. A message ends it for the others, so what its
// author types next is news at once.
func TestTypingIsToldAnewAfterAMessage(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url, func(c *Config) { c.typingEvery = time.Hour })
		owner := w.setUp()
		member := w.newUser("member", contracts.RoleMember)
		general := owner.channel("general").ID
		theirs, mine := owner.connect(nil), member.connect(nil)
		mine.op("typing", obj{"conversation_id": general})
		theirs.expect(contracts.EventTyping)
		mine.op("typing", obj{"conversation_id": general})
		theirs.quiet(100*time.Millisecond, contracts.EventTyping)
		mine.op("message.send", obj{"conversation_id": general, "text": "one thought", "client_msg_id": "one"})
		theirs.expect(contracts.EventMessageCreated)
		mine.op("typing", obj{"conversation_id": general})
		theirs.expect(contracts.EventTyping)
	})
}
