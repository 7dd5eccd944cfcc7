package tui

import (
	"encoding/json"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// answer gives the answer to the request for a conversation that is under way.
func (s *screen) answer(c contracts.Membership, err error) tea.Cmd {
	s.t.Helper()
	of := s.fetching[c.ConversationID]
	if of == nil {
		s.t.Fatalf("nothing asked for %s", c.ConversationID)
	}
	return s.update(memberMsg{membership: c, of: of, err: err})
}

func (s *screen) member(kind, conversation string) {
	s.t.Helper()
	s.event(kind, map[string]any{"conversation_id": conversation, "user": ref(member)})
}

// What was asked for before one left does not come back; what was asked for after one
// is back does.
func TestLeftWhileFetched(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.member(contracts.EventMemberJoined, "cnv_x")
	late := memberMsg{membership: channel("cnv_x", "extra", 0, 0), of: s.fetching["cnv_x"]}
	s.member(contracts.EventMemberLeft, "cnv_x")
	s.put(late)
	s.lacks("extra")
	s.member(contracts.EventMemberJoined, "cnv_x")
	s.put(late)
	s.lacks("extra")
	s.answer(channel("cnv_x", "extra", 0, 0), nil)
	s.wants("# extra")
}

// A message that came while the conversation was fetched is not in an older answer: it
// is asked for again.
func TestWrittenWhileFetched(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.member(contracts.EventMemberJoined, "cnv_x")
	s.event(contracts.EventMessageCreated, said("cnv_x", 11, noon, "guest 0s hello")[0])
	if s.answer(channel("cnv_x", "extra", 0, 0), nil) == nil {
		t.Error("an overtaken answer is taken for the last word")
	}
	s.answer(channel("cnv_x", "extra", 1, 0), nil)
	if c := s.state.conversations["cnv_x"]; c.Unread != 1 {
		t.Errorf("%d unread, want 1", c.Unread)
	}
	if len(s.fetching) > 0 {
		t.Errorf("still asking for %v", s.fetching)
	}
}

// Without an answer the chat asks again, but not when the answer is that one is no member.
func TestFetchFailed(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.member(contracts.EventMemberJoined, "cnv_x")
	if s.answer(contracts.Membership{ConversationID: "cnv_x"}, contracts.ErrNotFound) != nil || len(s.fetching) > 0 {
		t.Error("what is not there is asked for again")
	}
	s.member(contracts.EventMemberJoined, "cnv_x")
	again := s.answer(contracts.Membership{ConversationID: "cnv_x"}, contracts.ErrUnavailable)
	if again == nil {
		t.Fatal("a lost answer is not asked for again")
	}
	s.put(again())
	s.answer(channel("cnv_x", "extra", 0, 0), nil)
	s.wants("# extra")
}

// Somebody writes in a conversation that is not known: it is fetched.
func TestWrittenWhereUnknown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.event(contracts.EventMessageCreated, said("cnv_x", 11, noon, "guest 0s hello")[0])
	s.answer(channel("cnv_x", "extra", 1, 0), nil)
	s.wants("# extra")
}

// After a resync the events that came while the state was fetched are applied to it,
// as far as it does not hold them.
func TestEventsWhileResyncing(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	posted := func(log, position int64) tea.Msg {
		data, err := json.Marshal(said("cnv_gen", position, noon, "guest 0s hello")[0])
		if err != nil {
			t.Fatal(err)
		}
		return eventMsg(dankerchat.Event{Event: contracts.Event{Position: log, Type: contracts.EventMessageCreated, Data: data}})
	}
	s.put(eventMsg(dankerchat.Event{Event: contracts.Event{Type: dankerchat.Resync}}))
	s.put(posted(70, 11), posted(71, 12))
	fresh := world()
	fresh.Cursor.Position = 70
	fresh.Conversations[0] = channel("cnv_gen", "general", 1, 0)
	fresh.Conversations[0].LastPosition, fresh.Conversations[0].LastReadPosition = 11, 10
	s.put(syncedMsg{sync: fresh, of: s.syncs})
	if c := s.state.conversations["cnv_gen"]; c.LastPosition != 12 || c.Unread != 2 {
		t.Errorf("last is %d with %d unread, want 12 with 2", c.LastPosition, c.Unread)
	}

	s.put(eventMsg(dankerchat.Event{Event: contracts.Event{Type: dankerchat.Resync}}))
	again := s.update(syncedMsg{err: contracts.ErrUnavailable, of: s.syncs})
	if again == nil {
		t.Fatal("a state that could not be fetched is not asked for again")
	}
	began := time.Now()
	if _, ok := again().(syncAgainMsg); !ok || time.Since(began) < time.Second {
		t.Errorf("asked for again after %v", time.Since(began))
	}
}
