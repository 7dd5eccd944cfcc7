package command

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

// Migrate is the command "migrate" below parent ("chat-auth", "chat-admin db").
func Migrate(parent string) *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "bring the database to this program's schema, making it when there is none",
		UsageText:   parent + " migrate\n" + parent + " migrate --db postgres://chat@localhost/chat --dry-run",
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

// CheckDatabase is the command "check" below parent ("chat-auth db").
func CheckDatabase(parent string) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "look whether the database can be read and is sound",
		UsageText:   parent + " check\n" + parent + " check --db sqlite:///srv/chat/dankerchat.db --format json",
		Description: "Exit code 6 when something is wrong with it.",
		Action: Do(func(ctx context.Context, _ *cli.Context, s Session) error {
			bar := s.Out.Start("checking", 0)
			r, err := s.Check(ctx)
			bar.Stop()
			if err != nil {
				return err
			}
			if !r.OK {
				return contracts.ErrConflict.With("the database is damaged: " + r.Problems[0]).WithHint("Stop the server and restore a backup.")
			}
			return s.Out.One("report", r)
		}),
	}
}
