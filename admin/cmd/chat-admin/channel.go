package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func channelCommand() *cli.Command {
	return &cli.Command{Name: "channel", Usage: "any channel of the workspace", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list channels, private and archived ones too",
			UsageText: "chat-admin channel list\nchat-admin channel list --query dev --all --format jsonl",
			Flags:     cliutil.PageFlags(&cli.StringFlag{Name: "query", Usage: "part of the `NAME`"}),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				return s.ListChannels(ctx, c, channels.ChannelsRequest{All: true})
			}),
		},
		command.ArchiveChannels("chat-admin channel", func(s command.Session) command.ChangeChannel { return s.Admin.ArchiveChannel }),
		command.UnarchiveChannels("chat-admin channel", func(s command.Session) command.ChangeChannel { return s.Admin.UnarchiveChannel }),
		{
			Name: "owner", Usage: "make somebody the owner of a channel", ArgsUsage: "CHANNEL USER",
			UsageText:   "chat-admin channel owner '#ops' @member",
			Description: "The user becomes a member if they are not one. Former owners become members.",
			Flags:       cliutil.WriteFlags(),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				u, err := s.User(ctx, c.Args().Get(1))
				if err != nil {
					return err
				}
				return s.EachChannel(ctx, c, c.Args().Slice()[:1], func(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
					return s.Admin.SetChannelOwner(ctx, actor, id, u.ID)
				})
			}),
		},
	}}
}

func messageCommand() *cli.Command {
	return &cli.Command{Name: "message", Usage: "any message", Subcommands: []*cli.Command{
		command.DeleteMessages("chat-admin message"),
	}}
}
