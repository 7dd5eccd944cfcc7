// Command chat-channels manages channels and writes and reads in them, in
// DankerChat's database, with or without a running server.
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
	commands := append(channelCommands(), memberCommand(), postCommand(), historyCommand(), tailCommand(), command.Migrate("chat-channels"))
	return &cli.App{
		Name: "chat-channels", Usage: "channels, their members and what is said in them",
		UsageText: `chat-channels create '#ops' --topic 'on call: @member' --member @owner
echo "deployed" | chat-channels post --as @deploy '#ops' -
chat-channels tail '#ops' -f --format jsonl`,
		Description: "Works on the database itself, as the operator, who may do everything, or with --as in a user's name.\nWhat is written in somebody's name needs --as. A running server shows it at once. Quote names: the shell takes # for a comment.",
		Flags:       command.Flags(),
		Commands:    commands,
	}
}
