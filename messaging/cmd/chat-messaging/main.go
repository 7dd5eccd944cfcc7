// Command chat-messaging reads and writes messages in DankerChat's database, with
// or without a running server.
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
		Name: "chat-messaging", Usage: "direct messages, history and events",
		UsageText: `echo "backup done" | chat-messaging send --as @backup @owner -
chat-messaging list '#general' --limit 20
chat-messaging tail -f --format jsonl`,
		Description: "Works on the database itself, as the operator, who may read everything, or with --as in a user's name.\nWhat is written in somebody's name needs --as. A running server shows it at once.",
		Flags:       command.Flags(),
		Commands: []*cli.Command{
			dmCommand(), sendCommand(), listCommand(), aroundCommand(), getCommand(), editCommand(), command.DeleteMessages("chat-messaging"), historyCommand(),
			unreadCommand(), readCommand(), mutedCommand(), tailCommand(), verifyCommand(), command.Migrate("chat-messaging"),
		},
	}
}
