package tui

import (
	"context"
	"time"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// Model is the chat on the screen. It is a pointer model: Update changes it in place.
type Model struct {
	client *dankerchat.Client
	stream *dankerchat.Stream
	ctx    context.Context
	send   func(tea.Msg) // into the program, from other goroutines
	now    func() time.Time
	zone   *time.Location
	theme  theme

	width, height int
	focused       bool // the terminal window, as far as it tells

	state    *state // nil until the first answer
	open     string // the conversation shown, "" none
	divider  int64  // the first message that was unread when it was opened, 0 none
	unfolded bool   // what muted people wrote is shown in the open conversation
	scroll   int    // lines below the bottom of the window; 0 is the end
	composer textarea.Model
	editing  *contracts.Message
	overlay  overlay
	helpAt   int // the first line of the help in view
	switcher switcher
	people   people

	live      bool
	since     time.Time     // when the connection was lost
	retryIn   time.Duration // of the attempt to come
	notice    string        // one line about what went wrong, until the next key
	reading   bool          // a mark-read is on its way
	readAgain time.Time     // not before then, after one failed
	typed     time.Time     // when we last said that one is typing
	leave     bool          // Ctrl+C was pressed over a text
	fatal     error
	cache     map[string]rendered // lines of messages, by id
	cacheFor  int                 // the width for which they are
	ticking   bool
	following bool

	syncs    int // requests for the whole state
	syncing  bool
	held     []dankerchat.Event // what came meanwhile
	fetching map[string]*fetch  // by conversation
}

type overlay int

const (
	overlayNone overlay = iota
	overlayHelp
	overlaySwitcher
	overlayPeople
)

// New makes the chat. It does nothing before its program runs.
func New(o Options) *Model {
	m := &Model{
		client: o.Client, ctx: context.Background(), now: o.Now, zone: o.Zone, theme: newTheme(o.Mono),
		send: func(tea.Msg) {}, focused: true, width: 80, height: 24, cache: map[string]rendered{},
		fetching: map[string]*fetch{},
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.zone == nil {
		m.zone = time.Local
	}
	m.composer = newComposer(m.theme)
	if m.client != nil {
		m.stream = m.client.Stream(dankerchat.StreamOptions{})
	}
	return m
}

// Init fetches the state.
func (m *Model) Init() tea.Cmd { return tea.Batch(m.sync(), m.composer.Focus()) }

// current is the conversation shown, nil when there is none.
func (m *Model) current() *conversation {
	if m.state == nil {
		return nil
	}
	return m.state.conversations[m.open]
}

// Messages that come to Update from beside it.
type (
	syncedMsg struct {
		sync dankerchat.Sync
		of   int // which request it answers
		err  error
	}
	syncAgainMsg struct{}
	pageMsg      struct {
		conversation string
		history      dankerchat.History
		older        bool
		err          error
	}
	postedMsg struct {
		conversation, id string
		message          contracts.Message
		err              error
	}
	editedMsg struct {
		message contracts.Message
		text    string
		err     error
	}
	memberMsg struct {
		membership contracts.Membership
		of         *fetch // which request it answers
		err        error
	}
	memberAgainMsg string // the conversation
	talkedMsg      struct {
		membership contracts.Membership
		err        error
	}
	readMsg struct {
		state contracts.ReadState
		err   error
	}
	eventMsg dankerchat.Event
	stateMsg dankerchat.State
	endedMsg struct{ err error }
	tickMsg  struct{}
)
