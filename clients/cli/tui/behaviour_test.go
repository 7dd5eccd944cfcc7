package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

func open(t *testing.T, lines ...string) *screen {
	t.Helper()
	s := newScreen(t, 80, 24)
	s.page("cnv_ops", false, said("cnv_ops", 1, noon.Add(-time.Hour), lines...)...)
	return s
}

func many(conv string, first int64, n int) []contracts.Message {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("guest 10m line %d", first+int64(i))
	}
	return said(conv, first, noon.Add(-100*time.Hour), lines...)
}

// The reader's place stays where it is, whatever comes above and below.
func TestScrolledBackNothingMoves(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24)
	s.page("cnv_ops", true, many("cnv_ops", 101, 50)...)
	s.wants("line 150")
	for range 3 {
		s.press("pgup")
	}
	top := strings.Split(s.text(), "\n")[2:10]
	same := func(what string) {
		t.Helper()
		if now := strings.Split(s.text(), "\n")[2:10]; !slices.Equal(now, top) {
			t.Errorf("%s moved the window:\n%s\nwas\n%s", what, strings.Join(now, "\n"), strings.Join(top, "\n"))
		}
	}
	s.event(contracts.EventMessageCreated, said("cnv_ops", 151, noon, "other 0s something new")[0])
	same("a new message")
	s.wants("new below")
	s.put(pageMsg{conversation: "cnv_ops", history: dankerchat.History{Messages: many("cnv_ops", 51, 50), HasBefore: true}, older: true})
	same("a page of older messages")
	deleted := many("cnv_ops", 149, 1)[0]
	deleted.Version, deleted.Text, deleted.DeletedAt = 2, "", &noon
	s.event(contracts.EventMessageDeleted, deleted)
	same("a deletion below")
	s.event(contracts.EventTyping, map[string]string{"conversation_id": "cnv_ops", "user_id": guest.ID})
	same("typing")
	s.press("end")
	s.wants("something new", "(deleted)")
	for range 40 {
		s.press("pgup")
	}
	s.wants("line 51")
	s.put(tea.WindowSizeMsg{Width: 120, Height: 40})
	s.wants("line 51")
}

func TestAskingForOlderPages(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24)
	s.page("cnv_ops", true, many("cnv_ops", 101, 50)...)
	for range 10 {
		s.press("pgup")
	}
	if !s.current().log.loading {
		t.Error("near the top nothing is loaded")
	}
	s.wants("loading older messages…")
	s.put(pageMsg{conversation: "cnv_ops", history: dankerchat.History{Messages: many("cnv_ops", 1, 100)}, older: true})
	for range 40 {
		s.press("pgup")
	}
	s.wants("this is the beginning of #ops")
	if s.current().log.loading {
		t.Error("at the beginning it still loads")
	}
}

// What one writes shows at once, in order, and becomes the stored message whichever
// of the answer and the event comes first.
func TestSending(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.write("one")
	s.press("enter")
	s.write("two")
	s.press("enter")
	s.wants("◌ one", "◌ two")
	c := s.current()
	first, second := c.log.outbox[0], c.log.outbox[1]
	if !first.tried || second.tried {
		t.Errorf("both are on their way at once: %+v", c.log.outbox)
	}
	stored := said("cnv_ops", 11, noon, "member 0s one", "member 1s two")
	stored[0].ClientMsgID, stored[1].ClientMsgID = first.id, second.id
	s.event(contracts.EventMessageCreated, stored[0])
	s.put(postedMsg{conversation: "cnv_ops", id: first.id, message: stored[0]})
	if len(c.log.outbox) != 1 || !c.log.outbox[0].tried {
		t.Errorf("after the first the second is not sent: %+v", c.log.outbox)
	}
	s.put(postedMsg{conversation: "cnv_ops", id: second.id, message: stored[1]})
	s.event(contracts.EventMessageCreated, stored[1])
	s.lacks("◌")
	if n := strings.Count(s.text(), "  one\n"); n != 1 {
		t.Errorf("the message shows %d times:\n%s", n, s.text())
	}
	if c.Unread != 0 || c.Mentions != 0 || c.LastReadPosition != 12 {
		t.Errorf("own posts are read: %+v", c.Membership)
	}
}

func TestWhatFails(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.write("one")
	s.press("enter")
	s.write("two")
	s.press("enter")
	c := s.current()
	id := c.log.outbox[0].id
	s.put(postedMsg{conversation: "cnv_ops", id: id, err: contracts.ErrForbidden.With("not allowed here")})
	s.wants("✗ one", "not sent: not allowed here", "◌ two")
	if c.log.outbox[1].tried {
		t.Error("the second overtook the first")
	}
	s.press("alt+r")
	if c.log.outbox[0].id != id || !c.log.outbox[0].tried || c.log.outbox[0].failed != nil {
		t.Errorf("a retry must use the same id: %+v", c.log.outbox[0])
	}
	s.put(postedMsg{conversation: "cnv_ops", id: id, err: contracts.ErrForbidden})
	s.press("alt+x")
	if s.composer.Value() != "one" || len(c.log.outbox) != 1 || !c.log.outbox[0].tried {
		t.Errorf("taken back: %q, %+v", s.composer.Value(), c.log.outbox)
	}
	// A broken connection mends itself, and what failed by it with it.
	s.put(postedMsg{conversation: "cnv_ops", id: c.log.outbox[0].id, err: contracts.ErrUnavailable})
	s.put(stateMsg(dankerchat.State{Err: errors.New("gone"), RetryIn: time.Second}), stateMsg(dankerchat.State{Live: true}))
	if c.log.outbox[0].failed != nil || !c.log.outbox[0].tried {
		t.Errorf("after the reconnect: %+v", c.log.outbox[0])
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.press("enter")
	s.write("   ")
	s.press("enter")
	if len(s.current().log.outbox) != 0 {
		t.Error("an empty message was sent")
	}
	s.composer.SetValue(strings.Repeat("x", contracts.MaxTextRunes+1))
	s.press("enter")
	s.wants("! the text is too long")
	if len(s.composer.Value()) != contracts.MaxTextRunes+1 {
		t.Error("what was written is lost")
	}
}

func TestEditing(t *testing.T) {
	t.Parallel()
	s := open(t, "member 0s frist", "guest 1m reply")
	s.press("up")
	s.wants("editing your message", "✎ frist")
	s.press("esc")
	s.lacks("editing", "✎")
	s.press("up")
	s.composer.SetValue("first")
	s.press("enter")
	if s.editing != nil || s.composer.Value() != "" || len(s.current().log.outbox) != 0 {
		t.Error("the edit was not handed over")
	}
	m := said("cnv_ops", 1, noon.Add(-time.Hour), "member 0s first")[0]
	m.Version, m.EditedAt = 2, &noon
	s.put(editedMsg{message: m})
	s.wants("first (edited)")
	s.put(editedMsg{text: "mine", err: contracts.ErrForbidden.With("too late")})
	s.wants("! not changed: too late", "> mine")
}

func TestMovingAround(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	at := func(want string) {
		t.Helper()
		if got := s.title(s.current()); got != want {
			t.Errorf("open is %s, want %s", got, want)
		}
	}
	at("#ops") // which mentions one
	s.write("half a thought")
	s.press("alt+down")
	at("#secret-plans")
	s.press("alt+up")
	at("#ops")
	if s.composer.Value() != "half a thought" {
		t.Errorf("the draft is %q", s.composer.Value())
	}
	s.event(contracts.EventReadUpdated, contracts.ReadState{ConversationID: "cnv_ops", LastReadPosition: 10, LastPosition: 10})
	s.press("alt+a")
	at("Guest Ö")
	s.event(contracts.EventReadUpdated, contracts.ReadState{ConversationID: "cnv_guest", LastReadPosition: 10, LastPosition: 10})
	s.press("alt+a")
	at("#deploys")
	s.event(contracts.EventReadUpdated, contracts.ReadState{ConversationID: "cnv_dep", LastReadPosition: 10, LastPosition: 10})
	s.press("alt+a")
	s.wants("! everything is read")
	s.press("ctrl+k")
	s.write("gnrl")
	s.press("enter")
	at("#general")
	s.press("ctrl+k")
	s.write("@other")
	s.press("enter")
	at("Other")
	s.press("ctrl+k")
	s.write("xyz")
	s.wants("nothing is called that")
	s.press("esc")
	at("Other")
}

func TestWhatHappensElsewhere(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	s.event(contracts.EventMessageCreated, said("cnv_gen", 11, noon, "guest 0s hi @member")[0])
	s.event(contracts.EventMessageCreated, said("cnv_gen", 11, noon, "guest 0s hi @member")[0])
	s.wants("•# general             (1)")
	s.event(contracts.EventPresence, dankerchat.Presence{UserID: guest.ID, State: "offline"})
	s.wants("○ Guest Ö")
	renamed := guest
	renamed.DisplayName = "Renamed"
	s.event(contracts.EventUserUpdated, renamed)
	s.wants("○ Renamed")
	s.event(contracts.EventChannelUpdated, contracts.Channel{ID: "cnv_dep", Name: "releases", Kind: contracts.KindPublic})
	s.wants("# releases")
	s.event(contracts.EventChannelUpdated, contracts.Channel{ID: "cnv_dep", Kind: contracts.KindPrivate})
	s.wants("# releases")
	s.event(contracts.EventChannelArchived, contracts.Channel{ID: "cnv_dep", Name: "releases", Kind: contracts.KindPublic, Archived: true})
	s.lacks("releases")
	s.event(contracts.EventDirectCreated, contracts.DirectConversation{ID: "cnv_new", Kind: contracts.KindDirect, Participants: []contracts.UserRef{ref(member), ref(robot)}, CreatedAt: noon})
	s.wants("○ Robot")
	s.event(contracts.EventMemberLeft, map[string]any{"conversation_id": "cnv_sec", "user": ref(member)})
	s.lacks("secret-plans")
	s.event(contracts.EventMemberJoined, map[string]any{"conversation_id": "cnv_x", "user": ref(member)})
	s.answer(channel("cnv_x", "extra", 0, 0), nil)
	s.wants("# extra")
	s.event(contracts.EventMemberLeft, map[string]any{"conversation_id": "cnv_ops", "user": ref(member)})
	s.lacks("#ops")
	s.wants("#general")
	s.event(contracts.EventSettingsChanged, map[string]string{"name": "Renamed"})
	s.wants("Renamed")
}

// That somebody joined is no news, here as on the server; the line stands before what is.
func TestWhatTheSystemSaysIsNotUnread(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40)
	unread := func(want int64) {
		t.Helper()
		if c := s.state.conversations["cnv_gen"]; c.Unread != want {
			t.Errorf("%d unread, want %d: %+v", c.Unread, want, c.Membership)
		}
	}
	was := s.state.conversations["cnv_gen"].Unread
	joined := said("cnv_gen", 11, noon, "guest 0s joined")[0]
	joined.Kind = contracts.MessageSystem
	s.event(contracts.EventMessageCreated, joined)
	unread(was)
	s.event(contracts.EventReadUpdated, contracts.ReadState{ConversationID: "cnv_gen", LastReadPosition: 10, LastPosition: 11, Quiet: 1})
	unread(0)
	s.event(contracts.EventMessageCreated, said("cnv_gen", 12, noon, "guest 0s hello")[0])
	unread(1)
	late := contracts.ReadState{ConversationID: "cnv_gen", LastReadPosition: 11, LastPosition: 11, Quiet: 1, ReadQuiet: 1}
	s.event(contracts.EventReadUpdated, late)
	unread(1)
	s.event(contracts.EventMessageCreated, said("cnv_gen", 13, noon, "member 0s hello yourself")[0])
	unread(0)
}

// After a resync the state is the fresh one; drafts and what waits to be sent stay.
func TestResync(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.write("waits")
	s.press("enter")
	s.event(dankerchat.Resync, map[string]string{"reason": "too_old"})
	fresh := world()
	fresh.Conversations[2].LastPosition = 40
	s.put(syncedMsg{sync: fresh, of: s.syncs})
	if c := s.current(); c.log.loaded || len(c.log.outbox) != 1 || c.LastPosition != 40 {
		t.Errorf("%+v", c)
	}
	s.page("cnv_ops", true, many("cnv_ops", 31, 10)...)
	s.wants("line 40", "◌ waits")
}

func TestMarkingRead(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24)
	if s.reading {
		t.Error("marked before anything was seen")
	}
	s.put(tea.BlurMsg{})
	s.page("cnv_ops", false, many("cnv_ops", 1, 10)...)
	if s.reading {
		t.Error("marked in a window that nobody looks at")
	}
	s.put(tea.FocusMsg{})
	if !s.reading {
		t.Error("not marked though the end is seen")
	}
	s.put(readMsg{err: contracts.ErrRateLimited})
	if s.reading {
		t.Error("after a failure it asks again at once")
	}
	s.time = s.time.Add(10 * time.Second)
	s.put(tea.FocusMsg{})
	if !s.reading {
		t.Error("after a failure it never asks again")
	}
	s.put(readMsg{state: contracts.ReadState{ConversationID: "cnv_ops", LastReadPosition: 10, LastPosition: 10}})
	if s.reading || s.current().Unread != 0 {
		t.Errorf("%v %+v", s.reading, s.current().Membership)
	}
	s.wants("── new ──") // stays while one looks
	s.press("esc")
	s.lacks("── new ──")
}

func TestHelpAndLeaving(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.press("?")
	s.wants("Keys")
	s.press("?")
	s.wants("> ?")
	s.press("?")
	s.lacks("Keys")
	quits := func(key string) bool {
		cmd := s.update(keyPress(key))
		if cmd == nil {
			return false
		}
		_, ok := cmd().(tea.QuitMsg)
		return ok
	}
	if quits("ctrl+c") {
		t.Error("the first Ctrl+C forgot what was written")
	}
	s.wants("Ctrl+C again leaves")
	if !quits("ctrl+c") {
		t.Error("the second Ctrl+C stays")
	}
	s.put(tea.PasteMsg{Content: "pasted\nlines"})
	if s.composer.Value() != "??pasted\nlines" {
		t.Errorf("pasted: %q", s.composer.Value())
	}
}

// On a small screen the whole help can be read: what does not fit is scrolled to.
func TestHelpOnASmallScreen(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.put(tea.WindowSizeMsg{Width: 40, Height: 15})
	s.press("f1")
	seen := ""
	for range 60 {
		seen += s.text()
		s.press("down")
	}
	s.wants("any other key goes back")
	for _, h := range help {
		words := strings.Fields(h[1])
		for _, word := range []string{h[0], words[0], words[len(words)-1]} {
			if !strings.Contains(seen, word) {
				t.Errorf("%q of %q is never shown", word, h)
			}
		}
	}
	s.press("pgup", "up", "pgup", "pgup", "pgup")
	s.wants("Keys")
	s.press("x")
	s.lacks("Keys")
}

func TestEndings(t *testing.T) {
	t.Parallel()
	s := open(t, "guest 0s hello")
	s.put(endedMsg{contracts.ErrSuspended})
	if !errors.Is(s.fatal, contracts.ErrSuspended) {
		t.Errorf("%v", s.fatal)
	}
	s = newScreen(t, 80, 24)
	s.state = nil
	s.put(syncedMsg{err: contracts.ErrUnavailable})
	if !errors.Is(s.fatal, contracts.ErrUnavailable) {
		t.Errorf("%v", s.fatal)
	}
}
