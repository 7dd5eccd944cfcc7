package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "recompute positions and unread counts and compare",
		UsageText:   "chat-messaging verify\nchat-messaging verify --format json",
		Description: "May run beside a server. Exit code 6 when something does not add up; --verbose or json tell what.",
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				if !s.Actor.Operator {
					return contracts.ErrForbidden.With("only the operator verifies").WithHint("Leave out --as.")
				}
				bar := s.out.Start("verifying", 0)
				r, err := s.Messaging.Verify(ctx)
				bar.Stop()
				if err != nil {
					return err
				}
				if r.Found > 0 {
					for _, p := range r.Problems {
						s.out.Warnf("%s %s %s: %s", p.Code, p.ConversationID, p.UserID, p.Detail)
					}
					return contracts.ErrConflict.With(fmt.Sprintf("%d things do not add up", r.Found))
				}
				return s.out.One("report", r, "conversations", "participants", "messages", "found")
			})
		},
	}
}

func migrateCommand() *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "bring the database to this program's schema, making it when there is none",
		UsageText:   "chat-messaging migrate\nchat-messaging migrate --db postgres://chat@localhost/chat --dry-run",
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
