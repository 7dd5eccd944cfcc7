// Command directory lets auth sign in the people of a program that keeps them in its own
// table, and shows that what the program changes there holds for who is signed in. An
// account that there was before the table is linked with its person. It prints what
// happened and ends.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// people is this program's table. Nothing in it is known to auth but what these two
// methods say.
type people struct{}

const schema = `CREATE TABLE people (id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, left_us BOOLEAN NOT NULL)`

func (people) ByLogin(ctx context.Context, q eventlog.Querier, login string) (auth.Person, error) {
	return person(q.QueryRowContext(ctx, `SELECT id, login, name, left_us FROM people WHERE login = lower($1)`, login))
}

func (people) ByID(ctx context.Context, q eventlog.Querier, id string) (auth.Person, error) {
	return person(q.QueryRowContext(ctx, `SELECT id, login, name, left_us FROM people WHERE id = $1`, id))
}

func person(row *sql.Row) (p auth.Person, err error) {
	err = row.Scan(&p.ID, &p.Username, &p.DisplayName, &p.Suspended)
	if errors.Is(err, sql.ErrNoRows) {
		return p, contracts.ErrNotFound
	}
	return p, err
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "directory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sqldb.Open(ctx, "sqlite://"+dir+"/app.db", sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, auth.Migrations}})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := before(ctx, db); err != nil {
		return err
	}
	users, err := auth.New(ctx, db, auth.Config{Directory: people{}, CacheTTL: 200 * time.Millisecond})
	if err != nil {
		return err
	}
	defer users.Close()
	if err := link(ctx, db, users); err != nil {
		return err
	}

	// The program makes a person, and auth gets to know them, in one transaction.
	var u contracts.User
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO people VALUES ('p-42', 'member1@example.org', 'First Member', FALSE)`); err != nil {
			return err
		}
		u, err = users.MirrorTx(ctx, tx, "p-42")
		return err
	})
	if err != nil {
		return err
	}
	if err := users.SetPassword(ctx, contracts.Operator, u.ID, "four words make this"); err != nil {
		return err
	}
	in, err := users.Login(ctx, auth.LoginInput{Username: "Member1@example.org", Password: "four words make this"})
	if err != nil {
		return err
	}
	fmt.Printf("%s signed in as %s\n", in.User.DisplayName, in.User.Username)

	// The program changes its table and tells nobody.
	for _, change := range []string{
		`UPDATE people SET login = 'renamed@example.org' WHERE id = 'p-42'`,
		`UPDATE people SET left_us = TRUE WHERE id = 'p-42'`,
	} {
		err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, change)
			return err
		})
		if err != nil {
			return err
		}
		time.Sleep(250 * time.Millisecond) // CacheTTL and a bit
		actor, err := users.Authenticate(ctx, in.Access.Reveal())
		fmt.Printf("after %q: %q, %v\n", change, actor.Username, err)
	}
	if _, err := users.Authenticate(ctx, in.Access.Reveal()); !errors.Is(err, contracts.ErrSuspended) {
		return fmt.Errorf("somebody who left still gets in: %w", err)
	}
	return nil
}

const oldPassword = "four other words here"

// before is a time when auth kept the people itself.
func before(ctx context.Context, db *sqldb.DB) error {
	users, err := auth.New(ctx, db, auth.Config{})
	if err != nil {
		return err
	}
	defer users.Close()
	_, err = users.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: "first", Email: "member0@example.org", Password: oldPassword})
	return err
}

// link makes the table, and the accounts there were those of its people: by the address,
// where that is proved.
func link(ctx context.Context, db *sqldb.DB, users *auth.Service) error {
	account, err := users.ByProvedEmail(ctx, "member0@example.org")
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO people VALUES ('p-1', 'member0@example.org', 'The First', FALSE)`); err != nil {
			return err
		}
		_, err := users.LinkPersonTx(ctx, tx, contracts.Operator, account.ID, "p-1")
		return err
	})
	if err != nil {
		return err
	}
	in, err := users.Login(ctx, auth.LoginInput{Username: "member0@example.org", Password: oldPassword})
	if err != nil {
		return err
	}
	fmt.Printf("%s signed in with the password from before, as the same account: %v\n", in.User.DisplayName, in.User.ID == account.ID)
	return nil
}
