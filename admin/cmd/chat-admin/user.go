package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var userColumns = []string{"id", "username", "display_name", "role", "state", "bot", "email"}

func userCommand() *cli.Command {
	return &cli.Command{Name: "user", Usage: "the people of the workspace", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list accounts by user name",
			UsageText: "chat-admin user list\nchat-admin user list --state suspended\nchat-admin user list --all --format jsonl",
			Flags: cliutil.PageFlags(
				&cli.StringFlag{Name: "query", Usage: "part of the user name or display `NAME`"},
				&cli.StringFlag{Name: "role", Usage: "only with this role, `owner|admin|member|guest`"},
				&cli.StringFlag{Name: "state", Usage: "only `active|suspended` accounts"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return listUsers(ctx, c, s) })
			},
		},
		{
			Name: "suspend", Usage: "end all sessions and refuse new ones", ArgsUsage: "USER...",
			UsageText: "chat-admin user suspend @member\nchat-admin user suspend @member @other --yes",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					if c.NArg() == 1 {
						if _, err := s.User(ctx, c.Args().First()); err != nil {
							return err // before anything is asked
						}
					}
					if err := cliutil.Confirm(c, "Suspend "+joined(c.Args().Slice())+"?"); err != nil {
						return err
					}
					return eachUser(ctx, c, s, c.Args().Slice(), s.Admin.Suspend)
				})
			},
		},
		{
			Name: "restore", Usage: "let suspended users in again", ArgsUsage: "USER...",
			UsageText: "chat-admin user restore @member",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					return eachUser(ctx, c, s, c.Args().Slice(), s.Admin.Restore)
				})
			},
		},
		{
			Name: "role", Usage: "change somebody's role in the workspace", ArgsUsage: "USER ROLE",
			UsageText:   "chat-admin user role @member admin",
			Description: "ROLE is owner, admin, member or guest. The last owner stays one.",
			Flags:       cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					role := contracts.Role(c.Args().Get(1))
					return eachUser(ctx, c, s, c.Args().Slice()[:1], func(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
						return s.Admin.SetRole(ctx, actor, id, role)
					})
				})
			},
		},
	}}
}

func listUsers(ctx context.Context, c *cli.Context, s session) error {
	if !s.Actor.Can(contracts.PermManageUsers) {
		return contracts.ErrForbidden.With("not allowed: users:manage is needed").WithHint("chat-auth user list --as shows whom a member may see.")
	}
	state := contracts.UserState(c.String("state"))
	if state != "" && state != contracts.UserActive && state != contracts.UserSuspended {
		return cliutil.Usagef("--state must be active or suspended, not %q", state)
	}
	role := contracts.Role(c.String("role"))
	if role != "" && !contracts.ValidRole(role) {
		return cliutil.Usagef("--role must be owner, admin, member or guest, not %q", role)
	}
	rows, next, err := cliutil.Pages(c, func(p contracts.PageRequest) (contracts.Page[contracts.User], error) {
		return s.Auth.Users(ctx, s.Actor, auth.UsersRequest{PageRequest: p, Query: c.String("query"), Role: role, State: state})
	})
	if err != nil {
		return err
	}
	return s.out.List("user", rows, next, userColumns...)
}

func eachUser(ctx context.Context, c *cli.Context, s session, names []string, do func(context.Context, contracts.Actor, string) (contracts.User, error)) error {
	return cliutil.Each(c, "user", names, func(name string) (any, error) {
		u, err := s.User(ctx, name)
		if err != nil {
			return nil, err
		}
		return do(ctx, s.Actor, u.ID)
	}, userColumns...)
}

func joined(names []string) string {
	text := names[0]
	for i, n := range names[1:] {
		if i == 2 {
			return text + ", …"
		}
		text += ", " + n
	}
	return text
}
