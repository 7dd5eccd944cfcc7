package main

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var userColumns = []string{"id", "username", "display_name", "role", "state", "bot", "email"}

func userCommand() *cli.Command {
	return &cli.Command{Name: "user", Usage: "accounts", Subcommands: []*cli.Command{
		{
			Name: "create", Usage: "make an account", ArgsUsage: "USERNAME",
			UsageText: `chat-auth user create newcomer --display-name "New Comer" --email newcomer@example.org
echo "$PASSWORD" | chat-auth user create newcomer --role admin --password-stdin
chat-auth user create builds --bot`,
			Description: "Without --password-stdin the account has no password: nobody can log in with it until one is set.",
			Flags: cliutil.WriteFlags(
				&cli.StringFlag{Name: "display-name", Usage: "`NAME` that people see; default: the user name"},
				&cli.StringFlag{Name: "email", Usage: "email `ADDRESS`"},
				roleFlag("member"),
				&cli.BoolFlag{Name: "bot", Usage: "an account for a program, which uses API tokens"},
				&cli.BoolFlag{Name: "password-stdin", Usage: "read the password from stdin"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return createUser(ctx, c, s) })
			},
		},
		{
			Name: "get", Usage: "show one account", ArgsUsage: "USER",
			UsageText: "chat-auth user get @member\nchat-auth user get member --format json --fields id,role",
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					found, err := s.User(ctx, c.Args().First())
					if err != nil {
						return err
					}
					u, err := s.Workspace.User(ctx, s.Actor, found.ID)
					if err != nil {
						return err
					}
					return s.out.One("user", u)
				})
			},
		},
		{
			Name: "list", Usage: "list accounts by user name",
			UsageText: "chat-auth user list\nchat-auth user list --query new --role admin\nchat-auth user list --state suspended --all --format jsonl",
			Flags: cliutil.PageFlags(
				&cli.StringFlag{Name: "query", Usage: "part of the user name or display `NAME`"},
				roleFlag(""),
				&cli.StringFlag{Name: "state", Usage: "only `active|suspended` accounts"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return listUsers(ctx, c, s) })
			},
		},
		{
			Name: "update", Usage: "change names or the address", ArgsUsage: "USER",
			UsageText: "chat-auth user update @member --display-name 'The Member'\nchat-auth user update @member --username the.member --email ''",
			Flags: cliutil.WriteFlags(
				&cli.StringFlag{Name: "username", Usage: "new user `NAME`"},
				&cli.StringFlag{Name: "display-name", Usage: "new `NAME` that people see"},
				&cli.StringFlag{Name: "email", Usage: "new email `ADDRESS`, empty to remove it"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return updateUser(ctx, c, s) })
			},
		},
		{
			Name: "suspend", Usage: "end all sessions and refuse new ones", ArgsUsage: "USER...",
			UsageText: "chat-auth user suspend @member\nchat-auth user suspend @member @other --yes",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					if _, err := s.Users(ctx, firstOnly(c)); err != nil {
						return err // before anything is asked
					}
					if err := cliutil.Confirm(c, "Suspend "+listed(c.Args().Slice())+"?"); err != nil {
						return err
					}
					return eachUser(ctx, c, s, s.Admin.Suspend)
				})
			},
		},
		{
			Name: "restore", Usage: "let suspended users in again", ArgsUsage: "USER...",
			UsageText: "chat-auth user restore @member",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return eachUser(ctx, c, s, s.Admin.Restore) })
			},
		},
	}}
}

func roleFlag(value string) cli.Flag {
	return &cli.StringFlag{Name: "role", Value: value, Usage: "role in the workspace, `owner|admin|member|guest`"}
}

func createUser(ctx context.Context, c *cli.Context, s session) error {
	in := auth.NewUser{
		Username: c.Args().First(), DisplayName: c.String("display-name"), Email: c.String("email"),
		Role: contracts.Role(c.String("role")), Bot: c.Bool("bot"),
	}
	if c.Bool("password-stdin") {
		password, err := cliutil.Password(c, "password-stdin", "Password", true)
		if err != nil {
			return err
		}
		in.Password = auth.Secret(password)
	}
	made, err := s.CreateUser(ctx, s.Actor, in)
	if err != nil {
		return err
	}
	if in.Password == "" && !in.Bot {
		s.out.Notef("no password yet: chat-auth password set @%s, or chat-auth invite create for people who choose their own", made.Username)
	}
	return s.out.One("user", made)
}

func listUsers(ctx context.Context, c *cli.Context, s session) error {
	state := contracts.UserState(c.String("state"))
	if state != "" && state != contracts.UserActive && state != contracts.UserSuspended {
		return cliutil.Usagef("--state must be active or suspended, not %q", state)
	}
	role := contracts.Role(c.String("role"))
	if role != "" && !contracts.ValidRole(role) {
		return cliutil.Usagef("--role must be owner, admin, member or guest, not %q", role)
	}
	rows, next, err := cliutil.Pages(c, func(p contracts.PageRequest) (contracts.Page[contracts.User], error) {
		return s.Workspace.Users(ctx, s.Actor, auth.UsersRequest{PageRequest: p, Query: c.String("query"), Role: role, State: state})
	})
	if err != nil {
		return err
	}
	return s.out.List("user", rows, next, userColumns...)
}

func updateUser(ctx context.Context, c *cli.Context, s session) error {
	var change auth.UserUpdate
	for name, field := range map[string]**string{"username": &change.Username, "display-name": &change.DisplayName, "email": &change.Email} {
		if c.IsSet(name) {
			v := c.String(name)
			*field = &v
		}
	}
	if change == (auth.UserUpdate{}) {
		return cliutil.Usagef("nothing to change").WithHint("Give --username, --display-name or --email.")
	}
	before, err := s.User(ctx, c.Args().First())
	if err != nil {
		return err
	}
	u, err := s.Auth.UpdateUser(ctx, s.Actor, before.ID, change)
	if err != nil {
		return err
	}
	if s.Actor.UserID != u.ID {
		err = s.Admin.Record(ctx, s.Actor, "user.update", u.ID,
			map[string]any{"username": before.Username, "display_name": before.DisplayName}, map[string]any{"username": u.Username, "display_name": u.DisplayName})
		if err != nil {
			return err
		}
	}
	return s.out.One("user", u)
}

func eachUser(ctx context.Context, c *cli.Context, s session, do func(context.Context, contracts.Actor, string) (contracts.User, error)) error {
	return cliutil.Each(c, "user", c.Args().Slice(), func(name string) (any, error) {
		u, err := s.User(ctx, name)
		if err != nil {
			return nil, err
		}
		return do(ctx, s.Actor, u.ID)
	})
}

// firstOnly is the one target of a command that got one: it is looked up before a
// question is asked. Of several each gets its own result.
func firstOnly(c *cli.Context) []string {
	if c.NArg() == 1 {
		return c.Args().Slice()
	}
	return nil
}

func listed(names []string) string {
	if len(names) > 3 {
		names = append(slices.Clone(names[:3]), "…")
	}
	text := names[0]
	for _, n := range names[1:] {
		text += ", " + n
	}
	return text
}
