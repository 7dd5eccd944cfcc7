package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/messaging"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "show messages of a conversation, the newest last", ArgsUsage: "TARGET",
		UsageText: `chat-messaging list '#general'
chat-messaging list @member --as @owner --limit 200
chat-messaging list cnv_01h… --all --format jsonl`,
		Description: "The newest page, or with --before and --after the one beside a message. --cursor goes on in the same direction.",
		Flags: cliutil.PageFlags(
			&cli.StringFlag{Name: "before", Usage: "older than this `MESSAGE`"},
			&cli.StringFlag{Name: "after", Usage: "newer than this `MESSAGE`"},
		),
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				conversation, err := s.Conversation(ctx, c.Args().First(), false)
				if err != nil {
					return err
				}
				w, err := s.Walk(conversation, c.String("before"), c.String("after"), c.String("cursor"))
				if err != nil {
					return err
				}
				_, next, err := cliutil.Pages(c, func(p contracts.PageRequest) (contracts.Page[contracts.Message], error) { return w.Page(ctx, p) })
				if err != nil {
					return err
				}
				return s.out.List("message", w.Messages, next, messageColumns...)
			})
		},
	}
}

func aroundCommand() *cli.Command {
	return &cli.Command{
		Name: "around", Usage: "show a message with those before and after it", ArgsUsage: "MESSAGE",
		UsageText: "chat-messaging around msg_01h… --limit 11",
		Flags:     []cli.Flag{&cli.IntFlag{Name: "limit", Value: 21, Usage: "at most `N` messages, up to 200"}},
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				m, err := found(ctx, s, c.Args().First())
				if err != nil {
					return err
				}
				h, err := s.Messaging.Messages(ctx, s.Actor, m.ConversationID, messaging.HistoryRequest{Around: m.ID, Limit: c.Int("limit")})
				if err != nil {
					return err
				}
				return s.out.List("message", h.Messages, contracts.PageInfo{}, messageColumns...)
			})
		},
	}
}

// found reads a message by its id or a link to it.
func found(ctx context.Context, s session, name string) (contracts.Message, error) {
	t, err := cliutil.ParseTarget(name)
	if err != nil {
		return contracts.Message{}, err
	}
	m, err := s.Messaging.Message(ctx, s.Actor, t.Value)
	if contracts.CodeOf(err) == contracts.CodeNotFound {
		return m, contracts.ErrNotFound.With("message " + name + " not found").WithHint("Ids look like msg_… ; chat-messaging list shows them.")
	}
	return m, err
}
