// Command examples lets two people talk over a fresh SQLite database. It is a
// module of its own, as a program outside would be.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/messaging"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "messaging")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sqldb.Open(ctx, "sqlite://"+dir+"/chat.db", sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, messaging.Migrations}})
	if err != nil {
		return err
	}
	defer db.Close()
	chat := messaging.New(db, messaging.Config{}) // ids are names; Config.People takes your users

	ada, bob := contracts.Actor{UserID: "ada", Role: contracts.RoleMember}, contracts.Actor{UserID: "bob", Role: contracts.RoleMember}
	direct, _, err := chat.OpenDirect(ctx, ada, []string{"bob"})
	if err != nil {
		return err
	}
	message, _, err := chat.Post(ctx, ada, contracts.NewMessage{ConversationID: direct.ID, Text: "Hello @bob"})
	if err != nil {
		return err
	}
	unread, err := chat.Membership(ctx, bob, direct.ID)
	fmt.Printf("%s says %q; bob has %d unread and %d mention\n", message.Author.Username, message.Text, unread.Unread, unread.Mentions)
	return err
}
