package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/messaging"
)

// staff is a user table: all that messaging needs to know of accounts.
type staff map[string]string // id: username

func (s staff) Refs(_ context.Context, ids []string) (map[string]contracts.UserRef, error) {
	out := map[string]contracts.UserRef{}
	for _, id := range ids {
		if name, ok := s[id]; ok {
			out[id] = contracts.UserRef{ID: id, Username: name, DisplayName: name}
		}
	}
	return out, nil
}

func (s staff) ByUsername(_ context.Context, names []string) (map[string]string, error) {
	out := map[string]string{}
	for id, username := range s {
		for _, name := range names {
			if name == username {
				out[name] = id
			}
		}
	}
	return out, nil
}

// open opens a database in a temporary folder. A program that is not a test imports
// the driver: _ "modernc.org/sqlite".
func open(ctx context.Context) (*messaging.Service, *sqldb.DB, func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "chat.db"), sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, messaging.Migrations}})
	if err != nil {
		log.Fatal(err)
	}
	s := messaging.New(db, messaging.Config{People: staff{"usr_ada": "ada", "usr_bob": "bob"}})
	return s, db, func() { _ = errors.Join(db.Close(), os.RemoveAll(dir)) }
}

var (
	ada = contracts.Actor{UserID: "usr_ada", Role: contracts.RoleMember}
	bob = contracts.Actor{UserID: "usr_bob", Role: contracts.RoleMember}
)

func Example() {
	ctx := context.Background()
	s, _, done := open(ctx)
	defer done()

	direct, _, err := s.OpenDirect(ctx, ada, []string{bob.UserID})
	if err != nil {
		log.Fatal(err)
	}
	nm := contracts.NewMessage{ConversationID: direct.ID, Text: "Lunch, @bob?", ClientMsgID: "1"}
	if _, _, err := s.Post(ctx, ada, nm); err != nil {
		log.Fatal(err)
	}
	_, duplicate, _ := s.Post(ctx, ada, nm) // a repeat does no harm
	m, err := s.Membership(ctx, bob, direct.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("repeated:", duplicate, "unread:", m.Unread, "mentions:", m.Mentions)

	h, err := s.Messages(ctx, bob, direct.ID, messaging.HistoryRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, msg := range h.Messages {
		fmt.Println(msg.Position, msg.Author.Username, msg.Text)
	}
	// Output:
	// repeated: true unread: 1 mentions: 1
	// 1 ada Lunch, @bob?
}

// terminal is a subscriber that passes the text of new messages on.
type terminal struct {
	user  string
	lines chan string
}

func (t *terminal) UserID() string           { return t.user }
func (t *terminal) Guest() bool              { return false }
func (t *terminal) Start(r messaging.Resume) { t.lines <- "connected: " + r.Reason }
func (t *terminal) Revoke(contracts.Event)   {}

func (t *terminal) Deliver(f *messaging.Frame) {
	select {
	case t.lines <- f.Type:
	default: // a real one closes the connection, which then resumes from its cursor
	}
}

func ExampleHub() {
	ctx, cancel := context.WithCancel(context.Background())
	s, db, done := open(ctx)
	defer done()
	hub := messaging.NewHub(db, messaging.HubConfig{Render: s.Payload})
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()

	screen := &terminal{user: bob.UserID, lines: make(chan string, 10)}
	if err := hub.Attach(ctx, screen, nil); err != nil {
		log.Fatal(err)
	}
	direct, _, err := s.OpenDirect(ctx, ada, []string{bob.UserID})
	if err != nil {
		log.Fatal(err)
	}
	if _, _, err := s.Post(ctx, ada, contracts.NewMessage{ConversationID: direct.ID, Text: "Hello"}); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		fmt.Println(<-screen.lines)
	}
	cancel()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output:
	// connected: new
	// dm.created
	// message.created
}
