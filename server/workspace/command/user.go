package command

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// UserColumns are those of a table of accounts.
var UserColumns = []string{"id", "username", "display_name", "role", "state", "bot", "email", "email_proved"}

// ListUsers is the command "list" below parent ("chat-auth user"); users reads a page of
// what is asked for.
func ListUsers(parent string, users func(ctx context.Context, s Session, req auth.UsersRequest) (contracts.Page[contracts.User], error)) *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list accounts by user name",
		UsageText: parent + " list\n" + parent + " list --query new --role admin\n" + parent + " list --state suspended --all --format jsonl",
		Flags: cliutil.PageFlags(
			&cli.StringFlag{Name: "query", Usage: "part of the user name or display `NAME`"},
			&cli.StringFlag{Name: "role", Usage: "only with this role, `owner|admin|member|guest`"},
			&cli.StringFlag{Name: "state", Usage: "only `active|suspended` accounts"},
		),
		Action: Do(func(ctx context.Context, c *cli.Context, s Session) error {
			state, role := contracts.UserState(c.String("state")), contracts.Role(c.String("role"))
			return cliutil.List(c, "user", func(p contracts.PageRequest) (contracts.Page[contracts.User], error) {
				return users(ctx, s, auth.UsersRequest{PageRequest: p, Query: c.String("query"), Role: role, State: state})
			}, UserColumns...)
		}),
	}
}

// SuspendUsers is the command "suspend" below parent.
func SuspendUsers(parent string) *cli.Command {
	return &cli.Command{
		Name: "suspend", Usage: "end all sessions and refuse new ones", ArgsUsage: "USER...",
		UsageText: parent + " suspend @member\n" + parent + " suspend @member @other --yes",
		Flags:     cliutil.WriteFlags(),
		Action: Do(func(ctx context.Context, c *cli.Context, s Session) error {
			if c.NArg() == 1 {
				if _, err := s.User(ctx, c.Args().First()); err != nil {
					return err // before anything is asked
				}
			}
			if err := cliutil.Confirm(c, "Suspend "+cliutil.Names(c.Args().Slice())+"?"); err != nil {
				return err
			}
			return s.EachUser(ctx, c, c.Args().Slice(), s.Admin.Suspend)
		}),
	}
}

// RestoreUsers is the command "restore" below parent.
func RestoreUsers(parent string) *cli.Command {
	return &cli.Command{
		Name: "restore", Usage: "let suspended users in again", ArgsUsage: "USER...",
		UsageText: parent + " restore @member",
		Flags:     cliutil.WriteFlags(),
		Action: Do(func(ctx context.Context, c *cli.Context, s Session) error {
			return s.EachUser(ctx, c, c.Args().Slice(), s.Admin.Restore)
		}),
	}
}

// EachUser does the same to every user of names and shows what became of them.
func (s Session) EachUser(ctx context.Context, c *cli.Context, names []string, do func(context.Context, contracts.Actor, string) (contracts.User, error)) error {
	return cliutil.Each(c, "user", names, func(name string) (any, error) {
		u, err := s.User(ctx, name)
		if err != nil {
			return nil, err
		}
		return do(ctx, s.Actor, u.ID)
	}, UserColumns...)
}
