// Command examples runs channels over accounts and messages of its own: two people
// meet in a channel, one who may not know of it does not find it, and its owner
// hands it over by leaving.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "channels-example")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "app.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := sqldb.Migrate(ctx, db, eventlog.Migrations, channels.Migrations); err != nil {
		return err
	}
	h := newHost("ana", "ben", "cleo")
	rooms := channels.New(db, channels.Config{Conversations: h, Kinds: h, Timeline: h, Moderation: h, People: h})

	garden, err := rooms.Create(ctx, actor("ana"), channels.NewChannel{Name: "garden", Kind: contracts.KindPrivate, Members: []string{"ben"}})
	if err != nil {
		return err
	}
	if _, _, err := rooms.Post(ctx, actor("ben"), contracts.NewMessage{ConversationID: garden.ID, Text: "the beans are up"}); err != nil {
		return err
	}
	_, err = rooms.ByName(ctx, actor("cleo"), "garden")
	fmt.Println("cleo looks for #garden:", err)
	if err := rooms.Leave(ctx, actor("ana"), garden.ID); err != nil {
		return err
	}
	role, err := rooms.Role(ctx, actor("ben"), garden.ID)
	fmt.Println("ben is now:", role)
	for _, line := range h.lines {
		fmt.Println(line)
	}
	return err
}

func actor(id string) contracts.Actor { return contracts.Actor{UserID: id, Role: contracts.RoleMember} }
