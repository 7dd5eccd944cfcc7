package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

type retention struct {
	Days int64 `json:"days"` // 0 keeps messages for ever
}

func retentionCommand() *cli.Command {
	return &cli.Command{Name: "retention", Usage: "how long messages are kept", Subcommands: []*cli.Command{
		{
			Name: "get", Usage: "show how many days messages are kept, 0 for ever",
			UsageText: "chat-admin retention get",
			Action: command.Do(func(ctx context.Context, _ *cli.Context, s command.Session) error {
				set, err := settings(ctx, s)
				if err != nil {
					return err
				}
				return s.Out.One("retention", retention{set.RetentionDays})
			}),
		},
		{
			Name: "set", Usage: "set how many days messages are kept, 0 for ever", ArgsUsage: "DAYS",
			UsageText:   "chat-admin retention set 365\nchat-admin retention set 0",
			Description: "Erases nothing by itself: see retention run.",
			Flags:       cliutil.WriteFlags(),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				days, err := strconv.ParseInt(c.Args().First(), 10, 64)
				if err != nil {
					return cliutil.Usagef("DAYS must be a whole number, 0 for ever, not %q", c.Args().First())
				}
				set, err := s.Admin.UpdateSettings(ctx, s.Actor, admin.SettingsUpdate{RetentionDays: &days}, 0)
				if err != nil {
					return err
				}
				return s.Out.One("retention", retention{set.RetentionDays})
			}),
		},
		{
			Name: "run", Usage: "erase the messages that are older than that",
			UsageText:   "chat-admin retention run --dry-run\nchat-admin retention run --yes",
			Description: "Erases text, history and what replays of the log would show. What is erased is gone for ever.\nMay be broken off: the next run goes on.",
			Flags:       cliutil.WriteFlags(),
			Action:      command.Do(runRetention),
		},
	}}
}

func runRetention(ctx context.Context, c *cli.Context, s command.Session) error {
	set, err := settings(ctx, s)
	if err != nil {
		return err
	}
	if set.RetentionDays > 0 {
		what := fmt.Sprintf("Erasing all messages older than %d days", set.RetentionDays)
		if err := cliutil.ConfirmTyped(c, what, set.Name); err != nil {
			return err
		}
	}
	bar := s.Out.Start("erasing", 0)
	report, err := s.Admin.RunRetention(ctx, s.Actor, cliutil.DryRun(c))
	bar.Stop()
	if err != nil {
		return err
	}
	if report.Days == 0 {
		s.Out.Notef("messages are kept for ever; set days with: chat-admin retention set DAYS")
	}
	return s.Out.One("retention_run", report)
}
