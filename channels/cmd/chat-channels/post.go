package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var messageColumns = []string{"position", "created_at", "author", "text", "id"}

func postCommand() *cli.Command {
	return &cli.Command{
		Name: "post", Usage: "write to a channel", ArgsUsage: "CHANNEL TEXT...",
		UsageText: `chat-channels post --as @deploy '#ops' 'version 2 is live'
make 2>&1 | tail -3 | chat-channels post --as @deploy '#ops' -
chat-channels post --as @deploy '#ops' @./notes.md --client-msg-id deploy-2`,
		Description: "TEXT - is stdin, @./file a file. With --client-msg-id a repeat is safe: it returns the first message.",
		Flags: cliutil.WriteFlags(
			&cli.StringFlag{Name: "client-msg-id", Usage: "`ID` that makes a repeat safe, up to 64 characters"},
		),
		Action: func(c *cli.Context) error {
			if err := needAuthor(c, "a post"); err != nil {
				return err
			}
			text, err := cliutil.Text(c, c.Args().Tail())
			if err != nil {
				return err
			}
			if err := contracts.ValidateText(text); err != nil {
				return err
			}
			return onChannel(c, func(ctx context.Context, s session, ch contracts.Channel) error {
				m, duplicate, err := s.Channels.Post(ctx, s.Actor, contracts.NewMessage{ConversationID: ch.ID, Text: text, ClientMsgID: c.String("client-msg-id")})
				if contracts.CodeOf(err) == contracts.CodeNotFound {
					return contracts.ErrForbidden.With("@" + s.Actor.Username + " is not in #" + ch.Name).
						WithHint("Run: chat-channels join --as @" + s.Actor.Username + " '#" + ch.Name + "'")
				}
				if err != nil {
					return err
				}
				if duplicate {
					s.out.Warnf("it was there already; nothing was written")
				}
				return s.out.One("message", m, messageColumns...)
			})
		},
	}
}

func historyCommand() *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "show messages of a channel, the newest last", ArgsUsage: "CHANNEL",
		UsageText: `chat-channels history '#ops'
chat-channels history '#ops' --as @member --limit 200
chat-channels history '#ops' --all --format jsonl`,
		Description: "The newest page, or with --before and --after the one beside a message. --cursor goes further back.",
		Flags: cliutil.PageFlags(
			&cli.StringFlag{Name: "before", Usage: "older than this `MESSAGE`"},
			&cli.StringFlag{Name: "after", Usage: "newer than this `MESSAGE`, oldest first"},
		),
		Action: func(c *cli.Context) error {
			return onChannel(c, func(ctx context.Context, s session, ch contracts.Channel) error {
				w, err := s.Walk(ch.ID, c.String("before"), c.String("after"), c.String("cursor"))
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
