package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "recompute positions and unread counts and compare",
		UsageText:   "chat-messaging verify\nchat-messaging verify --format json",
		Description: "May run beside a server. Exit code 6 when something does not add up; --verbose or json tell what.",
		Action: command.Do(func(ctx context.Context, _ *cli.Context, s command.Session) error {
			if !s.Actor.Operator {
				return contracts.ErrForbidden.With("only the operator verifies").WithHint("Leave out --as.")
			}
			bar := s.Out.Start("verifying", 0)
			r, err := s.Messaging.Verify(ctx)
			bar.Stop()
			if err != nil {
				return err
			}
			if r.Found > 0 {
				for _, p := range r.Problems {
					s.Out.Warnf("%s %s %s: %s", p.Code, p.ConversationID, p.UserID, p.Detail)
				}
				return contracts.ErrConflict.With(fmt.Sprintf("%d things do not add up", r.Found))
			}
			return s.Out.One("report", r, "conversations", "participants", "messages", "found")
		}),
	}
}
