// Command examples lets two people talk over a fresh SQLite database. It is a
// module of its own, as a program outside would be.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/messaging"
)

// people is the user table of this program: ids are user names.
type people []string

func (p people) Refs(_ context.Context, ids []string) (map[string]contracts.UserRef, error) {
	out := map[string]contracts.UserRef{}
	for _, id := range ids {
		out[id] = contracts.UserRef{ID: id, Username: id, DisplayName: id}
	}
	return out, nil
}

func (p people) ByUsername(_ context.Context, names []string) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range names {
		for _, id := range p {
			if id == name {
				out[name] = id
			}
		}
	}
	return out, nil
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "messaging-example")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "chat.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := sqldb.Migrate(ctx, db, eventlog.Migrations, messaging.Migrations); err != nil {
		return err
	}
	chat := messaging.New(db, messaging.Config{People: people{"ada", "bob"}})

	ada := contracts.Actor{UserID: "ada", Role: contracts.RoleMember}
	bob := contracts.Actor{UserID: "bob", Role: contracts.RoleMember}
	direct, _, err := chat.OpenDirect(ctx, ada, []string{"bob"})
	if err != nil {
		return err
	}
	if _, _, err := chat.Post(ctx, ada, contracts.NewMessage{ConversationID: direct.ID, Text: "Hello @bob"}); err != nil {
		return err
	}
	unread, err := chat.Membership(ctx, bob, direct.ID)
	if err != nil {
		return err
	}
	history, err := chat.Messages(ctx, bob, direct.ID, messaging.HistoryRequest{})
	if err != nil {
		return err
	}
	fmt.Printf("bob has %d unread and %d mention: %s: %s\n", unread.Unread, unread.Mentions, history.Messages[0].Author.Username, history.Messages[0].Text)
	return nil
}
