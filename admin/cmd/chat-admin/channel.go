package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var channelColumns = []string{"name", "kind", "member_count", "archived", "topic", "id"}

func channelCommand() *cli.Command {
	return &cli.Command{Name: "channel", Usage: "any channel of the workspace", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list channels, private and archived ones too",
			UsageText: "chat-admin channel list\nchat-admin channel list --query dev --all --format jsonl",
			Flags:     cliutil.PageFlags(&cli.StringFlag{Name: "query", Usage: "part of the `NAME`"}),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					rows, next, err := cliutil.Pages(c, func(p contracts.PageRequest) (contracts.Page[contracts.Channel], error) {
						return s.Channels.Channels(ctx, s.Actor, channels.ChannelsRequest{PageRequest: p, Query: c.String("query"), All: true})
					})
					if err != nil {
						return err
					}
					return s.out.List("channel", rows, next, channelColumns...)
				})
			},
		},
		{
			Name: "archive", Usage: "close channels: they stay readable", ArgsUsage: "CHANNEL...",
			UsageText: "chat-admin channel archive '#old' --yes",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					if c.NArg() == 1 {
						if _, err := s.Channel(ctx, c.Args().First()); err != nil {
							return err // before anything is asked
						}
					}
					if err := cliutil.Confirm(c, "Archive "+joined(c.Args().Slice())+"?"); err != nil {
						return err
					}
					return eachChannel(ctx, c, s, c.Args().Slice(), s.Admin.ArchiveChannel)
				})
			},
		},
		{
			Name: "unarchive", Usage: "open archived channels again", ArgsUsage: "CHANNEL...",
			UsageText: "chat-admin channel unarchive '#old'",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					return eachChannel(ctx, c, s, c.Args().Slice(), s.Admin.UnarchiveChannel)
				})
			},
		},
		{
			Name: "owner", Usage: "make somebody the owner of a channel", ArgsUsage: "CHANNEL USER",
			UsageText:   "chat-admin channel owner '#ops' @member",
			Description: "The user becomes a member if they are not one. Former owners become members.",
			Flags:       cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					u, err := s.User(ctx, c.Args().Get(1))
					if err != nil {
						return err
					}
					return eachChannel(ctx, c, s, c.Args().Slice()[:1], func(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
						return s.Admin.SetChannelOwner(ctx, actor, id, u.ID)
					})
				})
			},
		},
	}}
}

func eachChannel(ctx context.Context, c *cli.Context, s session, names []string, do func(context.Context, contracts.Actor, string) (contracts.Channel, error)) error {
	return cliutil.Each(c, "channel", names, func(name string) (any, error) {
		ch, err := s.Channel(ctx, name)
		if err != nil {
			return nil, err
		}
		return do(ctx, s.Actor, ch.ID)
	}, channelColumns...)
}

func messageCommand() *cli.Command {
	return &cli.Command{Name: "message", Usage: "any message", Subcommands: []*cli.Command{{
		Name: "delete", Usage: "erase messages, with their history", ArgsUsage: "MESSAGE...",
		UsageText: "chat-admin message delete msg_01h…\nchat-admin message delete msg_01h… msg_01j… --yes",
		Flags:     cliutil.WriteFlags(),
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				if err := cliutil.Confirm(c, "Erase "+joined(c.Args().Slice())+"?"); err != nil {
					return err
				}
				return cliutil.Each(c, "message", c.Args().Slice(), func(name string) (any, error) {
					t, err := cliutil.ParseTarget(name)
					if err != nil {
						return nil, err
					}
					return s.DeleteMessage(ctx, s.Actor, t.Value)
				}, "id", "conversation_id", "position", "author", "deleted_at")
			})
		},
	}}}
}
