package tui

import (
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

func mutes(user contracts.User, level contracts.MuteLevel, states ...contracts.ReadState) contracts.MutedUserChange {
	change := contracts.MutedUserChange{UserID: user.ID, ReadStates: states}
	if level != "" {
		change.MutedUser = &contracts.MutedUser{User: ref(user), Level: level, Since: noon}
	}
	return change
}

// What a muted person writes is folded and calls for nothing, here as on the server.
func TestMutedPeopleAreFolded(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s loud @member", "other 1m calm")
	s.wants("loud @member", "calm")
	s.event(contracts.EventTyping, map[string]string{"conversation_id": "cnv_ops", "user_id": guest.ID})
	s.wants("Guest Ö is typing")
	s.event(contracts.EventMutedUserUpdated, mutes(guest, contracts.LevelMuted,
		contracts.ReadState{ConversationID: "cnv_dep", LastReadPosition: 7, LastPosition: 10, Hushed: 2, Unread: 1},
		contracts.ReadState{ConversationID: "cnv_guest", LastReadPosition: 8, LastPosition: 10, Hushed: 2}))
	s.wants("Message from a muted person · Alt+M shows it", "calm")
	s.lacks("loud", "is typing")
	s.event(contracts.EventTyping, map[string]string{"conversation_id": "cnv_ops", "user_id": guest.ID})
	s.lacks("is typing")

	s.event(contracts.EventMessageCreated, said("cnv_dep", 11, noon, "guest 0s @member")[0])
	s.event(contracts.EventMessageCreated, said("cnv_dep", 12, noon, "other 0s @member")[0])
	s.event(contracts.EventMessageCreated, said("cnv_guest", 11, noon, "guest 0s are you there?")[0])
	dep, direct := s.state.conversations["cnv_dep"], s.state.conversations["cnv_guest"]
	if dep.Hushed != 3 || dep.Unread != 2 || dep.Mentions != 1 || direct.Unread != 0 || direct.Hushed != 3 {
		t.Errorf("counted %+v and %+v", dep.Membership, direct.Membership)
	}
	s.press("alt+m")
	s.wants("loud @member", "calm")
	s.press("alt+m")
	s.lacks("loud")
	s.event(contracts.EventMutedUserUpdated, mutes(guest, "", contracts.ReadState{ConversationID: "cnv_guest", LastReadPosition: 8, LastPosition: 11, Unread: 3}))
	s.wants("loud @member")
	if direct.Unread != 3 || direct.Hushed != 0 {
		t.Errorf("unmuted: %+v", direct.Membership)
	}
}

func TestNothingIsSentToWhomOneBlocks(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.event(contracts.EventMutedUserUpdated, mutes(guest, contracts.LevelBlocked))
	s.show("cnv_guest")
	s.page("cnv_guest", false, said("cnv_guest", 1, noon.Add(-time.Hour), "guest 0s hello")...)
	s.write("hello?")
	s.press("enter")
	s.wants("you have blocked this person; Alt+P takes it back", "hello?")
	if len(s.current().log.outbox) != 0 {
		t.Error("it is on its way")
	}
}
