// Command chat-auth manages accounts, sessions, tokens, invites and signing keys
// in DankerChat's database, with or without a running server.
package main

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	// The engines that --db may name.
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func main() {
	os.Exit(cliutil.Run(context.Background(), newApp(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

func newApp() *cli.App {
	return &cli.App{
		Name: "chat-auth", Usage: "accounts, sessions, tokens, invites and keys",
		UsageText: `chat-auth user create newcomer --role admin
chat-auth user list --format json
chat-auth token create --user @member --name backup --scope messages:read`,
		Description: "Works on the database itself, as the operator, who may do everything, or with --as in a user's name.\nA running server shows the change at once.",
		Flags:       append(command.Flags(), command.PepperFlag()),
		Commands: []*cli.Command{
			userCommand(), passwordCommand(), factorCommand(), passkeyCommand(), identityCommand(), sessionCommand(), tokenCommand(), inviteCommand(), keyCommand(),
			hashCommand(), verifyCommand(), checkLoginCommand(), command.Migrate("chat-auth"),
			{Name: "db", Usage: "the database itself", Subcommands: []*cli.Command{command.CheckDatabase("chat-auth db")}},
		},
	}
}
