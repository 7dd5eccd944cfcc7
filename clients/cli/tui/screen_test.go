package tui

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

var (
	noon   = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	member = contracts.User{ID: "usr_member", Username: "member", DisplayName: "Member", State: contracts.UserActive}
	guest  = contracts.User{ID: "usr_guest", Username: "guest", DisplayName: "Guest Ö", State: contracts.UserActive}
	other  = contracts.User{ID: "usr_other", Username: "other", DisplayName: "Other", State: contracts.UserActive}
	robot  = contracts.User{ID: "usr_robot", Username: "robot", DisplayName: "Robot", State: contracts.UserActive}
)

func ref(u contracts.User) contracts.UserRef {
	return contracts.UserRef{ID: u.ID, Username: u.Username, DisplayName: u.DisplayName}
}

func channel(id, name string, unread, mentions int64) contracts.Membership {
	return contracts.Membership{ConversationID: id, Kind: contracts.KindPublic, LastPosition: 10, LastReadPosition: 10 - unread, Unread: unread, Mentions: mentions,
		Channel: &contracts.Channel{ID: id, Name: name, Kind: contracts.KindPublic, MemberCount: 4}}
}

func direct(id string, unread int64, at time.Time, with ...contracts.User) contracts.Membership {
	d := contracts.DirectConversation{ID: id, Kind: contracts.KindDirect}
	for _, u := range with {
		d.Participants = append(d.Participants, ref(u))
	}
	return contracts.Membership{ConversationID: id, Kind: contracts.KindDirect, LastPosition: 10, LastReadPosition: 10 - unread, Unread: unread, LastPostAt: &at, Direct: &d}
}

func world() dankerchat.Sync {
	private := channel("cnv_sec", "secret-plans", 0, 0)
	private.Kind, private.Channel.Kind = contracts.KindPrivate, contracts.KindPrivate
	general := channel("cnv_gen", "general", 0, 0)
	general.Channel.Topic = "Whatever concerns everybody"
	return dankerchat.Sync{
		Me: member, Workspace: dankerchat.Workspace{Name: "Example"}, Users: []contracts.User{member, guest, other, robot},
		Presence: []dankerchat.Presence{{UserID: guest.ID, State: "online"}, {UserID: other.ID, State: "away"}},
		Conversations: []contracts.Membership{
			general, channel("cnv_dep", "deploys", 3, 0), channel("cnv_ops", "ops", 2, 1), private,
			direct("cnv_guest", 2, noon, member, guest), direct("cnv_other", 0, noon.Add(-time.Hour), member, other),
			direct("cnv_all", 0, noon.Add(-2*time.Hour), member, guest, other), direct("cnv_me", 0, noon.Add(-3*time.Hour), member),
		},
	}
}

// said makes messages from 1 on: "guest 0s hello", author, time after the one before,
// text.
func said(conv string, first int64, start time.Time, lines ...string) []contracts.Message {
	people := map[string]contracts.User{"member": member, "guest": guest, "other": other, "robot": robot}
	var list []contracts.Message
	for i, line := range lines {
		parts := strings.SplitN(line, " ", 3)
		d, err := time.ParseDuration(parts[1])
		if err != nil {
			panic(err)
		}
		start = start.Add(d)
		m := contracts.Message{ID: fmt.Sprintf("msg_%s_%d", conv, first+int64(i)), ConversationID: conv, Position: first + int64(i), Kind: contracts.MessageUser,
			Author: ref(people[parts[0]]), Text: parts[2], Version: 1, CreatedAt: start}
		if name, ok := strings.CutPrefix(parts[0], "*"); ok { // "*other" did it, "*" nobody
			m.Kind, m.Author = contracts.MessageSystem, ref(people[name])
		}
		if strings.Contains(m.Text, "@member") {
			m.Mentions = []string{member.ID}
		}
		list = append(list, m)
	}
	return list
}

// A screen is a chat without a server: what a server would say is put in.
type screen struct {
	*Model
	t    *testing.T
	time time.Time
}

func newScreen(t *testing.T, width, height int) *screen {
	t.Helper()
	s := &screen{t: t, time: noon}
	s.Model = New(Options{Mono: true, Now: func() time.Time { return s.time }, Zone: time.UTC})
	s.live = true
	s.composer.Focus()
	s.put(tea.WindowSizeMsg{Width: width, Height: height})
	s.put(syncedMsg{sync: world()})
	return s
}

func (s *screen) put(msgs ...tea.Msg) {
	s.t.Helper()
	for _, msg := range msgs {
		s.Update(msg)
		s.check()
	}
}

// check holds for every screen: as high as the terminal, no line wider or narrower.
func (s *screen) check() {
	s.t.Helper()
	lines := strings.Split(s.View().Content, "\n")
	if s.state == nil || s.width < leastWidth || s.height < leastHeight {
		return
	}
	if len(lines) != s.height {
		s.t.Fatalf("%d lines, want %d:\n%s", len(lines), s.height, s.text())
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w != s.width {
			s.t.Fatalf("line %d is %d columns wide, want %d: %q", i, w, s.width, line)
		}
	}
}

func (s *screen) page(conv string, more bool, messages ...contracts.Message) {
	s.t.Helper()
	s.put(pageMsg{conversation: conv, history: dankerchat.History{Messages: messages, HasBefore: more}})
}

// event puts an event in as the stream would.
func (s *screen) event(kind string, data any) {
	s.t.Helper()
	b, err := json.Marshal(data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(eventMsg(dankerchat.Event{Event: contracts.Event{Type: kind, Data: b}}))
}

// press presses keys by name ("ctrl+k", "alt+up"); text is typed.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.put(keyPress(k))
	}
}

func (s *screen) write(text string) {
	s.t.Helper()
	for _, r := range text {
		s.put(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func keyPress(name string) tea.KeyPressMsg {
	var k tea.KeyPressMsg
	parts := strings.Split(name, "+")
	for _, mod := range parts[:len(parts)-1] {
		k.Mod |= map[string]tea.KeyMod{"ctrl": tea.ModCtrl, "alt": tea.ModAlt, "shift": tea.ModShift}[mod]
	}
	last := parts[len(parts)-1]
	special := map[string]rune{"enter": tea.KeyEnter, "up": tea.KeyUp, "down": tea.KeyDown, "esc": tea.KeyEscape, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
		"end": tea.KeyEnd, "f1": tea.KeyF1, "backspace": tea.KeyBackspace}
	if code, ok := special[last]; ok {
		k.Code = code
		return k
	}
	k.Code = []rune(last)[0]
	if k.Mod == 0 {
		k.Text = last
	}
	return k
}

func (s *screen) text() string {
	var b strings.Builder
	for line := range strings.SplitSeq(ansi.Strip(s.View().Content), "\n") {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// golden compares the screen with testdata/NAME.txt; UPDATE_SCREENS=1 writes it.
func (s *screen) golden(name string) {
	s.t.Helper()
	path := filepath.Join("testdata", fmt.Sprintf("%s-%dx%d.txt", name, s.width, s.height))
	got := s.text()
	if os.Getenv("UPDATE_SCREENS") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if got != string(want) {
		s.t.Errorf("%s is not as expected; got\n%s\nwant\n%s", path, got, want)
	}
}

// wants fails unless the screen has all of these in it.
func (s *screen) wants(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(s.text(), p) {
			s.t.Errorf("the screen has no %q:\n%s", p, s.text())
		}
	}
}

func (s *screen) lacks(parts ...string) {
	s.t.Helper()
	for _, p := range parts {
		if strings.Contains(s.text(), p) {
			s.t.Errorf("the screen has %q:\n%s", p, s.text())
		}
	}
}

var colours = regexp.MustCompile(`\x1b\[[0-9;:]*\b(3[0-9]|4[0-9]|9[0-7]|10[0-7])\b[0-9;:]*m`)

func TestScreens(t *testing.T) {
	t.Parallel()
	yesterday := noon.Add(-20 * time.Hour)
	talk := append(said("cnv_ops", 4, yesterday, "*other 0s joined the channel", "* 1s Welcome to Example", "other 1m the night was quiet"),
		said("cnv_ops", 7, noon.Add(-30*time.Minute),
			"guest 0s good morning", "guest 1m the new version is out, and so far nobody has complained about it, which I take for a good sign although it is early",
			"other 2m @member 日本語とemoji 👩‍👩‍👧‍👦 stand in their columns", "guest 9m a later one of mine")...)
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, size[0], size[1])
			s.page("cnv_ops", false, talk...)
			s.golden("talk")
			if found := colours.FindString(s.View().Content); found != "" {
				t.Errorf("the monochrome screen has a colour: %q", found)
			}

			s.write("an answer")
			s.press("alt+enter")
			s.write("in two lines")
			s.event(contracts.EventTyping, map[string]string{"conversation_id": "cnv_ops", "user_id": guest.ID})
			s.golden("composing")

			s.press("enter")
			s.put(postedMsg{conversation: "cnv_ops", id: s.current().log.outbox[0].id, err: contracts.ErrUnavailable.With("cannot reach http://127.0.0.1:8080")})
			s.put(stateMsg(dankerchat.State{RetryIn: 3 * time.Second, Err: contracts.ErrUnavailable}))
			s.time = s.time.Add(5 * time.Second)
			s.golden("failed")

			s.press("ctrl+k")
			s.write("o")
			s.golden("switcher")
			s.press("esc", "f1")
			s.golden("help")
		})
	}
}

func TestTooSmall(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 20, 5)
	if got := s.text(); !strings.Contains(got, "needs") {
		t.Errorf("%q", got)
	}
	s.put(tea.WindowSizeMsg{Width: leastWidth, Height: leastHeight})
	s.wants("#ops")
}
