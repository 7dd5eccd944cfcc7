// Command examples makes a user in a fresh SQLite database, signs in, and shows whose
// the credential is. It is a module of its own, as a program outside would be.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/auth"
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
	dir, err := os.MkdirTemp("", "auth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sqldb.Open(ctx, "sqlite://"+dir+"/app.db", sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, auth.Migrations}})
	if err != nil {
		return err
	}
	defer db.Close()
	users, err := auth.New(ctx, db, auth.Config{})
	if err != nil {
		return err
	}
	defer users.Close()

	const password = "four words make this"
	if _, err := users.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: "member1", Password: password}); err != nil {
		return err
	}
	in, err := users.Login(ctx, auth.LoginInput{Username: "member1", Password: password, Client: "example/1"})
	if err != nil {
		return err
	}
	actor, err := users.Authenticate(ctx, in.Access.Reveal())
	fmt.Printf("%s is a %s, signed in as %s; the token prints as %v\n", actor.Username, actor.Role, actor.SessionID, in.Access)
	return err
}
