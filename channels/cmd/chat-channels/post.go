package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func postCommand() *cli.Command {
	return &cli.Command{
		Name: "post", Usage: "write to a channel", ArgsUsage: "CHANNEL TEXT...",
		UsageText: `chat-channels post --as @deploy '#ops' 'version 2 is live'
make 2>&1 | tail -3 | chat-channels post --as @deploy '#ops' -
chat-channels post --as @deploy '#ops' @./notes.md --client-msg-id deploy-2`,
		Description: "TEXT - is stdin, @./file a file. With --client-msg-id a repeat is safe: it returns the first message.",
		Flags:       command.PostFlags(),
		Action: command.DoAs("a post", func(ctx context.Context, c *cli.Context, s command.Session) error {
			text, err := command.Text(c)
			if err != nil {
				return err
			}
			ch, err := s.Channel(ctx, c.Args().First())
			if err != nil {
				return err
			}
			err = s.Post(ctx, c, ch.ID, text)
			if contracts.CodeOf(err) == contracts.CodeNotFound {
				return contracts.ErrForbidden.With("@" + s.Actor.Username + " is not in #" + ch.Name).
					WithHint("Run: chat-channels join --as @" + s.Actor.Username + " '#" + ch.Name + "'")
			}
			return err
		}),
	}
}

func historyCommand() *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "show messages of a channel, the newest last", ArgsUsage: "CHANNEL",
		UsageText: `chat-channels history '#ops'
chat-channels history '#ops' --as @member --limit 200
chat-channels history '#ops' --all --format jsonl`,
		Description: "The newest page, or with --before and --after the one beside a message. --cursor goes further back.",
		Flags:       command.HistoryFlags(),
		Action: command.Do(command.OnChannel(func(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel) error {
			return s.History(ctx, c, ch.ID)
		})),
	}
}
