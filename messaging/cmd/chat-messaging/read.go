package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var readColumns = []string{"conversation_id", "unread", "mentions", "last_read_position", "last_position"}

func unreadCommand() *cli.Command {
	return &cli.Command{
		Name: "unread", Usage: "show where somebody has unread messages",
		UsageText: "chat-messaging unread --as @owner\nchat-messaging unread --as @owner --format json",
		Action: func(c *cli.Context) error {
			if err := needAuthor(c, "unread counts"); err != nil {
				return err
			}
			return with(c, func(ctx context.Context, s session) error {
				list, err := s.Messaging.Unread(ctx, s.Actor)
				if err != nil {
					return err
				}
				return s.out.List("read_state", list, contracts.PageInfo{}, readColumns...)
			})
		},
	}
}

func readCommand() *cli.Command {
	return &cli.Command{
		Name: "read", Usage: "mark messages as read", ArgsUsage: "[TARGET]",
		UsageText: `chat-messaging read --as @owner '#general'
chat-messaging read --as @owner @member --to 41
chat-messaging read --as @owner --all`,
		Description: "Without --to everything in the conversation. A position that was read already changes nothing.",
		Flags: cliutil.WriteFlags(
			&cli.Int64Flag{Name: "to", Usage: "up to this `POSITION`"},
			&cli.BoolFlag{Name: "all", Usage: "in all conversations"},
		),
		Action: func(c *cli.Context) error {
			if err := needAuthor(c, "reading"); err != nil {
				return err
			}
			if c.Bool("all") == (c.NArg() == 1) || c.Bool("all") && c.IsSet("to") {
				return cliutil.Usagef("name a conversation, or --all").WithHint("chat-messaging unread --as @user shows what is unread.")
			}
			return with(c, func(ctx context.Context, s session) error { return markRead(ctx, c, s) })
		},
	}
}

func markRead(ctx context.Context, c *cli.Context, s session) error {
	if c.Bool("all") {
		list, err := s.Messaging.MarkAllRead(ctx, s.Actor)
		if err != nil {
			return err
		}
		return s.out.List("read_state", list, contracts.PageInfo{}, readColumns...)
	}
	conversation, err := s.Conversation(ctx, c.Args().First(), false)
	if err != nil {
		return err
	}
	to := c.Int64("to")
	if !c.IsSet("to") {
		m, err := s.Messaging.Membership(ctx, s.Actor, conversation)
		if err != nil {
			return err
		}
		to = m.LastPosition
	}
	state, err := s.Messaging.MarkRead(ctx, s.Actor, conversation, to)
	if err != nil {
		return err
	}
	return s.out.One("read_state", state, readColumns...)
}
