// Command examples lets people meet in a private channel: who may not know of it does not
// find it, and its owner hands it over by leaving. It is a module of its own, as a program
// outside would be.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "channels")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sqldb.Open(ctx, "sqlite://"+dir+"/app.db", sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, channels.Migrations}})
	if err != nil {
		return err
	}
	defer db.Close()
	rooms := channels.New(db, channels.Config{}) // Config takes your people, and what keeps messages

	garden, err := rooms.Create(ctx, member("ana"), channels.NewChannel{Name: "garden", Kind: contracts.KindPrivate, Members: []string{"ben"}})
	if err != nil {
		return err
	}
	_, err = rooms.ByName(ctx, member("cleo"), "garden")
	fmt.Println("cleo looks for #garden:", err)
	if err := rooms.Leave(ctx, member("ana"), garden.ID); err != nil {
		return err
	}
	role, err := rooms.Role(ctx, member("ben"), garden.ID)
	fmt.Println("ben is now:", role)
	return err
}

func member(id string) contracts.Actor {
	return contracts.Actor{UserID: id, Role: contracts.RoleMember}
}
