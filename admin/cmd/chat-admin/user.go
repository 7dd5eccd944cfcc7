package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func userCommand() *cli.Command {
	return &cli.Command{Name: "user", Usage: "the people of the workspace", Subcommands: []*cli.Command{
		command.ListUsers("chat-admin user", listUsers),
		command.SuspendUsers("chat-admin user"),
		command.RestoreUsers("chat-admin user"),
		{
			Name: "role", Usage: "change somebody's role in the workspace", ArgsUsage: "USER owner|admin|member|guest",
			UsageText:   "chat-admin user role @member admin",
			Description: "The last owner stays one.",
			Flags:       cliutil.WriteFlags(),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				role := contracts.Role(c.Args().Get(1))
				return s.EachUser(ctx, c, c.Args().Slice()[:1], func(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
					return s.Admin.SetRole(ctx, actor, id, role)
				})
			}),
		},
	}}
}

func listUsers(ctx context.Context, s command.Session, req auth.UsersRequest) (contracts.Page[contracts.User], error) {
	if !s.Actor.Can(contracts.PermManageUsers) {
		return contracts.Page[contracts.User]{}, contracts.ErrForbidden.With("not allowed: users:manage is needed").
			WithHint("chat-auth user list --as shows whom a member may see.")
	}
	return s.Auth.Users(ctx, s.Actor, req)
}
