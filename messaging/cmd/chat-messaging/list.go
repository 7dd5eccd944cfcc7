package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "show messages of a conversation, the newest last", ArgsUsage: "TARGET",
		UsageText: `chat-messaging list '#general'
chat-messaging list @member --as @owner --limit 200
chat-messaging list cnv_01h… --all --format jsonl`,
		Description: "The newest page, or with --before and --after the one beside a message. --cursor goes on in the same direction.",
		Flags:       command.HistoryFlags(),
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			conversation, err := s.Conversation(ctx, c.Args().First(), false)
			if err != nil {
				return err
			}
			return s.History(ctx, c, conversation)
		}),
	}
}

func aroundCommand() *cli.Command {
	return &cli.Command{
		Name: "around", Usage: "show a message with those before and after it", ArgsUsage: "MESSAGE",
		UsageText: "chat-messaging around msg_01h… --limit 11",
		Flags:     []cli.Flag{&cli.IntFlag{Name: "limit", Value: 21, Usage: "at most `N` messages, up to 200"}},
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			m, err := s.Message(ctx, c.Args().First())
			if err != nil {
				return err
			}
			h, err := s.Messaging.Messages(ctx, s.Actor, m.ConversationID, messaging.HistoryRequest{Around: m.ID, Limit: c.Int("limit")})
			if err != nil {
				return err
			}
			return s.Out.List("message", h.Messages, contracts.PageInfo{}, command.MessageColumns...)
		}),
	}
}
