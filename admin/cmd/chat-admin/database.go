package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func migrateCommand() *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "bring the database to this program's schema, making it when there is none",
		UsageText:   "chat-admin db migrate\nchat-admin db migrate --db postgres://chat@localhost/chat --dry-run",
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

func dbCommand() *cli.Command {
	return &cli.Command{Name: "db", Usage: "the database itself", Subcommands: []*cli.Command{migrateCommand(), {
		Name: "check", Usage: "look whether the database can be read and is sound",
		UsageText:   "chat-admin db check\nchat-admin db check --db sqlite:///srv/chat/dankerchat.db --format json",
		Description: "Exit code 6 when something is wrong with it.",
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				bar := s.out.Start("checking", 0)
				r, err := s.Check(ctx)
				bar.Stop()
				if err != nil {
					return err
				}
				if !r.OK {
					return contracts.ErrConflict.With("the database is damaged: " + r.Problems[0]).WithHint("Stop the server and restore a backup.")
				}
				return s.out.One("report", r)
			})
		},
	}}}
}
