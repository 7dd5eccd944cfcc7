package channels_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// The host is whatever keeps accounts and messages: messaging and auth in
// DankerChat, here what the tests use.
func Example() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "channels")
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "app.db"), sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, channels.Migrations}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	host := newChat()
	ana, ben := host.account("ana", contracts.RoleMember), host.account("ben", contracts.RoleMember)
	rooms := channels.New(db, channels.Config{Conversations: host, Kinds: host, Timeline: host, Moderation: host, People: host})

	garden, err := rooms.Create(ctx, ana, channels.NewChannel{Name: "#Garden", Topic: "beans"})
	fmt.Println(garden.Name, garden.Kind, garden.MemberCount, err)
	_, _, err = rooms.Post(ctx, ben, contracts.NewMessage{ConversationID: garden.ID, Text: "they are up"})
	fmt.Println("from outside:", contracts.CodeOf(err))
	garden, err = rooms.Join(ctx, ben, garden.ID)
	fmt.Println(garden.MemberCount, garden.Joined, err)
	_, err = rooms.Archive(ctx, ben, garden.ID)
	fmt.Println("a member archives it:", contracts.CodeOf(err))
	// Output:
	// garden public 1 <nil>
	// from outside: not_found
	// 2 true <nil>
	// a member archives it: forbidden
}

func ExampleCleanName() {
	for _, name := range []string{"#Dev-Ops", "dev ops", "gеneral"} {
		clean, err := channels.CleanName(name)
		fmt.Printf("%q %v\n", clean, err)
	}
	// Output:
	// "dev-ops" <nil>
	// "" invalid: the channel name contains a space (/name)
	// "" invalid: the channel name has letters of Latin and Cyrillic, which can imitate another name (/name)
}
