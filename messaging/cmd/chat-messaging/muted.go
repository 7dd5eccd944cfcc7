package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

var mutedColumns = []string{"username", "display_name", "level", "since"}

// mutedUser is an entry of somebody's list, as a table shows it.
type mutedUser struct {
	contracts.UserRef
	contracts.MutedUser
}

func mutedCommand() *cli.Command {
	return &cli.Command{Name: "muted", Usage: "of whom somebody wants to hear nothing", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list whom somebody has muted or blocked, the latest first",
			UsageText: "chat-messaging muted list --as @owner\nchat-messaging muted list --as @owner --format jsonl",
			Action: command.DoAs("a list of muted people", func(ctx context.Context, _ *cli.Context, s command.Session) error {
				muted, err := s.Messaging.MutedUsers(ctx, s.Actor)
				if err != nil {
					return err
				}
				rows := make([]mutedUser, len(muted))
				for i, m := range muted {
					rows[i] = mutedUser{m.User, m}
				}
				return s.Out.List("muted_user", rows, contracts.PageInfo{}, mutedColumns...)
			}),
		},
		{
			Name: "set", Usage: "mute or block people for somebody", ArgsUsage: "USER...",
			UsageText:   "chat-messaging muted set --as @owner @member\nchat-messaging muted set --as @owner @member --level blocked",
			Description: "Messages of a muted person are folded and call for nothing. Of two of whom one blocks\nthe other neither can write to the other directly, besides.",
			Flags:       cliutil.WriteFlags(&cli.StringFlag{Name: "level", Value: string(contracts.LevelMuted), Usage: "`muted|blocked`"}),
			Action: command.DoAs("muting", func(ctx context.Context, c *cli.Context, s command.Session) error {
				level := contracts.MuteLevel(c.String("level"))
				return cliutil.Each(c, "muted_user", c.Args().Slice(), func(name string) (any, error) {
					u, err := s.User(ctx, name)
					if err != nil {
						return nil, err
					}
					m, err := s.Messaging.MuteUser(ctx, s.Actor, u.ID, level)
					return mutedUser{m.User, m}, err
				}, mutedColumns...)
			}),
		},
		{
			Name: "remove", Usage: "neither mute nor block people for somebody any more", ArgsUsage: "USER...",
			UsageText: "chat-messaging muted remove --as @owner @member",
			Flags:     cliutil.WriteFlags(),
			Action: command.DoAs("unmuting", func(ctx context.Context, c *cli.Context, s command.Session) error {
				return s.EachUser(ctx, c, c.Args().Slice(), func(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
					if err := s.Messaging.UnmuteUser(ctx, actor, id); err != nil {
						return contracts.User{}, err
					}
					return s.Auth.User(ctx, id)
				})
			}),
		},
	}}
}
