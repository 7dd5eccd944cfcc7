package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func migrateCommand() *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "bring the database to this program's schema, making it when there is none",
		UsageText:   "chat-channels migrate\nchat-channels migrate --db postgres://chat@localhost/chat --dry-run",
		Description: "Safe to repeat, and for several programs to run at once. It migrates the whole workspace.",
		Flags:       cliutil.WriteFlags(),
		Action: func(c *cli.Context) error {
			m, err := operator.Migrate(c.Context, options(c))
			if err != nil {
				return err
			}
			return cliutil.Output(c).One("migration", m)
		},
	}
}
