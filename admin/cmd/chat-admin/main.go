// Command chat-admin administers a workspace in DankerChat's database, with or
// without a running server.
package main

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	// The engines that --db may name.
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func main() {
	os.Exit(cliutil.Run(context.Background(), newApp(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

func newApp() *cli.App {
	return &cli.App{
		Name: "chat-admin", Usage: "settings, people, channels, audit and retention of a workspace",
		UsageText: `chat-admin status
chat-admin user suspend @member
chat-admin audit list --action user.suspend --format json`,
		Description: "Works on the database itself, as the operator, who may do everything, or with --as in a user's name.\nEvery change is written to the audit log. A running server shows it at once.",
		Flags:       command.Flags(),
		Commands: []*cli.Command{
			statusCommand(), statsCommand(), userCommand(), channelCommand(), messageCommand(), settingsCommand(), auditCommand(),
			retentionCommand(),
			{Name: "db", Usage: "the database itself", Subcommands: []*cli.Command{command.Migrate("chat-admin db"), command.CheckDatabase("chat-admin db")}},
			documentCommand("openapi", "print the description of the REST interface (OpenAPI 3.1, YAML)", string(contracts.OpenAPI)),
			documentCommand("asyncapi", "print the description of the WebSocket (AsyncAPI 3.0, YAML)", string(contracts.AsyncAPI)),
			documentCommand("llms", "print what a language model needs to know of the library (llms.txt)", admin.LLMs),
		},
	}
}
