package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

type retention struct {
	Days int64 `json:"days"` // 0 keeps messages for ever
}

func retentionCommand() *cli.Command {
	return &cli.Command{Name: "retention", Usage: "how long messages are kept", Subcommands: []*cli.Command{
		{
			Name: "get", Usage: "show how many days messages are kept, 0 for ever",
			UsageText: "chat-admin retention get",
			Action: func(c *cli.Context) error {
				return withSettings(c, func(_ context.Context, s session, set contracts.Settings) error {
					return s.out.One("retention", retention{set.RetentionDays})
				})
			},
		},
		{
			Name: "set", Usage: "set how many days messages are kept, 0 for ever", ArgsUsage: "DAYS",
			UsageText:   "chat-admin retention set 365\nchat-admin retention set 0",
			Description: "Erases nothing by itself: see retention run.",
			Flags:       cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				days, err := strconv.ParseInt(c.Args().First(), 10, 64)
				if err != nil {
					return contracts.Invalid("/retention_days", "DAYS is a whole number, 0 for ever")
				}
				return with(c, func(ctx context.Context, s session) error {
					set, err := s.Admin.UpdateSettings(ctx, s.Actor, admin.SettingsUpdate{RetentionDays: &days}, 0)
					if err != nil {
						return err
					}
					return s.out.One("retention", retention{set.RetentionDays})
				})
			},
		},
		{
			Name: "run", Usage: "erase the messages that are older than that",
			UsageText:   "chat-admin retention run --dry-run\nchat-admin retention run --yes",
			Description: "Erases text, history and what replays of the log would show. What is erased is gone for ever.\nMay be broken off: the next run goes on.",
			Flags:       cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return withSettings(c, func(ctx context.Context, s session, set contracts.Settings) error { return run(ctx, c, s, set) })
			},
		},
	}}
}

func run(ctx context.Context, c *cli.Context, s session, set contracts.Settings) error {
	if set.RetentionDays > 0 {
		what := fmt.Sprintf("Erasing all messages older than %d days", set.RetentionDays)
		if err := cliutil.ConfirmTyped(c, what, set.Name); err != nil {
			return err
		}
	}
	bar := s.out.Start("erasing", 0)
	report, err := s.Admin.RunRetention(ctx, s.Actor, cliutil.DryRun(c))
	bar.Stop()
	if err != nil {
		return err
	}
	if report.Days == 0 {
		s.out.Notef("messages are kept for ever; set days with: chat-admin retention set DAYS")
	}
	return s.out.One("retention_run", report)
}
