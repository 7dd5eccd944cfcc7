package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

var memberColumns = []string{"username", "display_name", "role", "joined_at", "user_id"}

func memberCommand() *cli.Command {
	return &cli.Command{Name: "member", Usage: "who is in a channel", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list the members of a channel", ArgsUsage: "CHANNEL",
			UsageText: "chat-channels member list '#ops'\nchat-channels member list '#ops' --all --format jsonl",
			Flags:     cliutil.PageFlags(),
			Action: command.Do(command.OnChannel(func(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel) error {
				return cliutil.List(c, "member", func(p contracts.PageRequest) (contracts.Page[contracts.Member], error) {
					return s.Channels.Members(ctx, s.Actor, ch.ID, p)
				}, memberColumns...)
			})),
		},
		{
			Name: "add", Usage: "put people into a channel: all or none", ArgsUsage: "CHANNEL USER...",
			UsageText: "chat-channels member add '#ops' @owner @member",
			Flags:     cliutil.WriteFlags(),
			Action: command.Do(command.OnChannel(func(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel) error {
				users, err := s.Users(ctx, c.Args().Tail())
				if err != nil {
					return err
				}
				ids := make([]string, len(users))
				for i, u := range users {
					ids[i] = u.ID
				}
				list, err := s.Channels.AddMembers(ctx, s.Actor, ch.ID, ids)
				if err != nil {
					return err
				}
				return s.Out.List("member", list, contracts.PageInfo{}, memberColumns...)
			})),
		},
		{
			Name: "remove", Usage: "take people out of a channel", ArgsUsage: "CHANNEL USER...",
			UsageText: "chat-channels member remove '#ops' @member --yes",
			Flags:     cliutil.WriteFlags(),
			Action: command.Do(command.OnChannel(func(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel) error {
				users := c.Args().Tail()
				if err := cliutil.Confirm(c, "Remove "+cliutil.Names(users)+" from #"+ch.Name+"?"); err != nil {
					return err
				}
				return cliutil.Each(c, "user", users, func(name string) (any, error) {
					u, err := s.User(ctx, name)
					if err != nil {
						return nil, err
					}
					return contracts.UserRef{ID: u.ID, Username: u.Username, DisplayName: u.DisplayName, Bot: u.Bot},
						s.Channels.RemoveMember(ctx, s.Actor, ch.ID, u.ID)
				})
			})),
		},
		{
			Name: "role", Usage: "change a member's role in a channel", ArgsUsage: "CHANNEL USER owner|moderator|member",
			UsageText: "chat-channels member role '#ops' @owner moderator",
			Flags:     cliutil.WriteFlags(),
			Action: command.Do(command.OnChannel(func(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel) error {
				u, err := s.User(ctx, c.Args().Get(1))
				if err != nil {
					return err
				}
				m, err := s.Channels.SetMemberRole(ctx, s.Actor, ch.ID, u.ID, contracts.Role(c.Args().Get(2)))
				if err != nil {
					return err
				}
				return s.Out.One("member", m, memberColumns...)
			})),
		},
	}}
}
