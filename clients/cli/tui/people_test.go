package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// Alt+P shows whom one has muted and blocked, and who writes here; letters find
// everybody else but oneself.
func TestPeopleAreFoundAndSeen(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello", "robot 1s beep", "member 1s mine")
	s.event(contracts.EventMutedUserUpdated, mutes(other, contracts.LevelBlocked))
	s.press("alt+p")
	s.wants("People:", "some letters of a name", "@other  Other · blocked", "@robot  Robot", "@guest  Guest Ö", "Enter only mutes", "Ctrl+B unblocks", "Esc")
	s.lacks("@member")
	s.press("down")
	s.wants("Enter mutes", "Ctrl+B blocks")
	s.write("gue")
	s.wants("@guest  Guest Ö")
	s.lacks("@other", "@robot")
	s.press("backspace", "backspace", "backspace")
	s.write("member")
	s.wants("nobody is called that")
	s.put(tea.PasteMsg{Content: "\x1b[31m\n"})
	s.lacks("\x1b")
	s.press("esc")
	s.lacks("People:")
	s.wants("hello")
}

// What an answer brings is not taken for the state: events do, in their order.
func TestMutingTellsWhatFails(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s loud")
	s.press("alt+p")
	if _, cmd := s.Update(keyPress("enter")); cmd == nil {
		t.Error("Enter asks for nothing")
	}
	s.wants("@guest  Guest Ö …")
	if _, cmd := s.Update(keyPress("enter")); cmd != nil {
		t.Error("it is asked for twice")
	}
	s.put(mutedMsg{err: contracts.ErrUnavailable.With("cannot reach it")})
	s.wants("cannot reach it")
	s.lacks("…")
	s.event(contracts.EventMutedUserUpdated, mutes(guest, contracts.LevelMuted))
	s.wants("@guest  Guest Ö · muted", "Enter unmutes")
	s.press("esc")
	s.wants("Message from a muted person")
	s.press("ctrl+k")
	s.press("esc")
}

// Who is muted but no longer known by name is shown, so that it can be taken back.
func TestAMutedStrangerIsShown(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.event(contracts.EventMutedUserUpdated, mutes(contracts.User{ID: "usr_gone", Username: "gone", DisplayName: "Gone"}, contracts.LevelMuted))
	s.press("alt+p")
	s.wants("@gone  Gone · muted")
}

func TestPeopleOnAServer(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t)
	me := server.Client(t, servertest.Owner)
	server.NewUser(t, "member", "Member")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s := &screen{t: t}
	s.Model = New(Options{Client: me, Mono: true, Zone: time.UTC})
	s.following = true // events are put in by hand
	sync := must(me.Sync(ctx))
	s.put(tea.WindowSizeMsg{Width: 80, Height: 24}, syncedMsg{sync: sync})
	events := me.Stream(dankerchat.StreamOptions{From: &sync.Cursor}).Events(ctx)
	for _, step := range []struct {
		key   string
		level contracts.MuteLevel
	}{{"enter", contracts.LevelMuted}, {"ctrl+b", contracts.LevelBlocked}, {"enter", contracts.LevelMuted}, {"enter", ""}, {"ctrl+b", contracts.LevelBlocked}, {"ctrl+b", ""}} {
		s.press("alt+p")
		s.write("member")
		_, cmd := s.Update(keyPress(step.key))
		s.runs(cmd)
		for ev, err := range events {
			if err != nil {
				t.Fatal(err)
			}
			s.put(eventMsg(ev))
			if ev.Type == contracts.EventMutedUserUpdated {
				sync.Cursor = ev.Cursor
				break
			}
		}
		events = me.Stream(dankerchat.StreamOptions{From: &sync.Cursor}).Events(ctx)
		var level contracts.MuteLevel
		if list := must(me.MutedUsers(ctx)); len(list) > 0 {
			level = list[0].Level
		}
		shown := ""
		if level != "" {
			shown = " · " + string(level)
		}
		if level != step.level || !strings.Contains(s.text(), "@member  Member"+shown+"\n") {
			t.Errorf("%s made %q, want %q:\n%s", step.key, level, step.level, s.text())
		}
		s.press("esc")
	}
}

// runs does what an update asked for and puts the answers in.
func (s *screen) runs(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.runs(c)
		}
	default:
		s.put(msg)
	}
}
