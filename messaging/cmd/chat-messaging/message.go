package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func getCommand() *cli.Command {
	return &cli.Command{
		Name: "get", Usage: "show one message", ArgsUsage: "MESSAGE",
		UsageText: "chat-messaging get msg_01h…\nchat-messaging get msg_01h… --format json --fields text",
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			m, err := s.Message(ctx, c.Args().First())
			if err != nil {
				return err
			}
			return s.Out.One("message", m)
		}),
	}
}

func editCommand() *cli.Command {
	return &cli.Command{
		Name: "edit", Usage: "replace the text of one's own message", ArgsUsage: "MESSAGE TEXT...",
		UsageText:   "chat-messaging edit --as @owner msg_01h… 'the right text'\nchat-messaging edit --as @owner msg_01h… - --if-version 1 < text",
		Description: "The former text stays in the message's history.",
		Flags:       cliutil.WriteFlags(&cli.Int64Flag{Name: "if-version", Usage: "only if the message still has this `VERSION`"}),
		Action: command.DoAs("an edit", func(ctx context.Context, c *cli.Context, s command.Session) error {
			text, err := command.Text(c)
			if err != nil {
				return err
			}
			m, err := s.Message(ctx, c.Args().First())
			if err != nil {
				return err
			}
			if m, err = s.Messaging.Edit(ctx, s.Actor, m.ID, text, c.Int64("if-version")); err != nil {
				return err
			}
			return s.Out.One("message", m, "id", "version", "edited_at", "text")
		}),
	}
}

func historyCommand() *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "show the earlier texts of an edited message", ArgsUsage: "MESSAGE",
		UsageText: "chat-messaging history msg_01h…",
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			m, err := s.Message(ctx, c.Args().First())
			if err != nil {
				return err
			}
			list, err := s.Messaging.Revisions(ctx, s.Actor, m.ID)
			if err != nil {
				return err
			}
			return s.Out.List("revision", list, contracts.PageInfo{}, "version", "at", "text")
		}),
	}
}
