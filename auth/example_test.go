package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// open opens a database in a temporary folder. A program that is not a test imports
// the driver: _ "modernc.org/sqlite".
func open(ctx context.Context) (*auth.Service, *sqldb.DB, func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "chat.db"), sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, auth.Migrations}})
	if err != nil {
		log.Fatal(err)
	}
	service, err := auth.New(ctx, db, auth.Config{})
	if err != nil {
		log.Fatal(err)
	}
	return service, db, func() { _ = errors.Join(service.Close(), db.Close(), os.RemoveAll(dir)) }
}

func Example() {
	ctx := context.Background()
	service, _, done := open(ctx)
	defer done()

	_, err := service.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: "member1", Password: "four words make this"})
	if err != nil {
		log.Fatal(err)
	}
	in, err := service.Login(ctx, auth.LoginInput{Username: "member1", Password: "four words make this", Client: "example"})
	if err != nil {
		log.Fatal(err)
	}
	// The client sends in.Access with each request; the server asks whose it is.
	actor, err := service.Authenticate(ctx, in.Access.Reveal())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(actor.Username, actor.Role, in.Access)

	_ = service.Logout(ctx, actor)
	_, err = service.Authenticate(ctx, in.Access.Reveal())
	fmt.Println(errors.Is(err, contracts.ErrUnauthenticated))
	// Output:
	// member1 member [redacted]
	// true
}

// The first owner, in the transaction that makes the rest of the workspace.
func ExampleService_ClaimTx() {
	ctx := context.Background()
	service, db, done := open(ctx)
	defer done()

	code, err := service.NewClaim(ctx) // shown to whoever started the server
	if err != nil {
		log.Fatal(err)
	}
	claim, err := service.PrepareClaim(ctx, auth.ClaimInput{Code: code, Username: "member1", Password: "four words make this"})
	if err != nil {
		log.Fatal(err)
	}
	var owner contracts.User
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		u, err := service.ClaimTx(ctx, tx, claim)
		owner = u
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = service.NewClaim(ctx)
	fmt.Println(owner.Username, owner.Role, contracts.CodeOf(err))
	// Output: member1 owner already_set_up
}

// An invite needs no mail server: its code travels in a link.
func ExampleService_Signup() {
	ctx := context.Background()
	service, _, done := open(ctx)
	defer done()

	invite, err := service.CreateInvite(ctx, contracts.Operator, auth.NewInvite{Role: contracts.RoleGuest})
	if err != nil {
		log.Fatal(err)
	}
	in, err := service.Signup(ctx, auth.SignupInput{Code: auth.Secret(invite.Code), Username: "guest1", Password: "four words make this"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = service.InviteByCode(ctx, auth.Secret(invite.Code))
	fmt.Println(in.User.Username, in.User.Role, contracts.CodeOf(err))
	// Output: guest1 guest gone
}

// A bot has no password; it acts through a token that is limited to what it needs.
func ExampleService_CreateToken() {
	ctx := context.Background()
	service, _, done := open(ctx)
	defer done()

	bot, err := service.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: "deploys", Bot: true})
	if err != nil {
		log.Fatal(err)
	}
	token, secret, err := service.CreateToken(ctx, contracts.Operator, auth.NewToken{UserID: bot.ID, Name: "ci", Scopes: []string{"messages:write"}})
	if err != nil {
		log.Fatal(err)
	}
	actor, err := service.Authenticate(ctx, secret.Reveal())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Name, actor.Username, actor.Can(contracts.PermWriteMessages), actor.Can(contracts.PermReadMessages))
	// Output: ci deploys true false
}
