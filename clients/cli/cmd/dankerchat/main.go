// Command dankerchat is DankerChat in a terminal: one-shot commands for people and
// scripts, and without any the live chat.
package main

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

func main() {
	os.Exit(cliutil.Run(context.Background(), newApp(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

func newApp() *cli.App {
	return &cli.App{
		Name: "dankerchat", Usage: "chat from a terminal",
		UsageText: `dankerchat login chat.example.com
echo hi | dankerchat send '#general' -
dankerchat tail -f '#general' --format=jsonl`,
		Description: `Without a command, on a terminal, it opens the live chat.

A TARGET is #channel, @user (@a,@b for a group), an id, or a link. Which server and
who one is come from the flags, else from DANKERCHAT_SERVER, DANKERCHAT_TOKEN and
DANKERCHAT_PROFILE, else from the profile that login made.

--dry-run sends nothing that changes anything: it checks the command line, finds what
it names, and asks whether names are free. What a role in the workspace or in a channel
allows, limits and lengths are the server's to refuse when it is done.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "server", EnvVars: []string{"DANKERCHAT_SERVER"}, Usage: "speak to the server at `URL`"},
			&cli.StringFlag{Name: "profile", EnvVars: []string{"DANKERCHAT_PROFILE"}, Usage: "use the server and account of profile `NAME`"},
			&cli.StringFlag{Name: "token-file", Usage: "take the API token from `PATH`, - is stdin; else from $DANKERCHAT_TOKEN"},
		},
		Action: openChat,
		Commands: []*cli.Command{
			loginCommand(), logoutCommand(), whoamiCommand(),
			sendCommand(), readCommand(), tailCommand(), inboxCommand(), editCommand(), deleteCommand(),
			dmCommand(), channelCommand(), userCommand(), statusCommand(), tokenCommand(), sessionCommand(), profileCommand(),
		},
	}
}
