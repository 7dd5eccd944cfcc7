package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

var dmColumns = []string{"id", "participants", "last_position", "created_at"}

func dmCommand() *cli.Command {
	return &cli.Command{Name: "dm", Usage: "direct conversations", Subcommands: []*cli.Command{
		{
			Name: "open", Usage: "find or make the direct conversation with people", ArgsUsage: "[USER...]",
			UsageText:   "chat-messaging dm open --as @owner @member\nchat-messaging dm open --as @owner @member @guest",
			Description: "Up to 9 people, the one of --as included. Without anybody else it is the notes to oneself.",
			Flags:       cliutil.WriteFlags(),
			Action: command.DoAs("a direct conversation", func(ctx context.Context, c *cli.Context, s command.Session) error {
				users, err := s.Users(ctx, c.Args().Slice())
				if err != nil {
					return err
				}
				ids := make([]string, len(users))
				for i, u := range users {
					ids[i] = u.ID
				}
				d, created, err := s.Messaging.OpenDirect(ctx, s.Actor, ids)
				if err != nil {
					return err
				}
				if created && d.ID == "" { // a dry run: there is nothing to read back
					d.Kind = contracts.KindDirect
					for _, u := range users {
						d.Participants = append(d.Participants, contracts.UserRef{ID: u.ID, Username: u.Username, DisplayName: u.DisplayName, Bot: u.Bot})
					}
				}
				return s.Out.One("dm", d, dmColumns...)
			}),
		},
		{
			Name: "list", Usage: "list somebody's direct conversations, the last written in first",
			UsageText: "chat-messaging dm list --as @owner\nchat-messaging dm list --as @owner --all --format jsonl",
			Flags:     cliutil.PageFlags(),
			Action: command.DoAs("a list of direct conversations", func(ctx context.Context, c *cli.Context, s command.Session) error {
				return cliutil.List(c, "dm", func(p contracts.PageRequest) (contracts.Page[contracts.DirectConversation], error) {
					return s.Messaging.Directs(ctx, s.Actor, p)
				}, dmColumns...)
			}),
		},
	}}
}
