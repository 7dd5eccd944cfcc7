package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

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
				roleFlag(),
				&cli.BoolFlag{Name: "bot", Usage: "an account for a program, which uses API tokens"},
				passwordFlag(),
			),
			Action: command.Do(createUser),
		},
		{
			Name: "get", Usage: "show one account", ArgsUsage: "USER",
			UsageText: "chat-auth user get @member\nchat-auth user get member --format json --fields id,role",
			Action:    command.Do(getUser),
		},
		command.ListUsers("chat-auth user", func(ctx context.Context, s command.Session, req auth.UsersRequest) (contracts.Page[contracts.User], error) {
			return s.Workspace.Users(ctx, s.Actor, req)
		}),
		{
			Name: "update", Usage: "change names, the address or the profile", ArgsUsage: "USER",
			UsageText: "chat-auth user update @member --display-name 'The Member'\nchat-auth user update @member --username the.member --email ''\nchat-auth user update @member --time-zone Europe/Berlin --field team=Core --remove-avatar",
			Flags: cliutil.WriteFlags(
				&cli.StringFlag{Name: "username", Usage: "new user `NAME`"},
				&cli.StringFlag{Name: "display-name", Usage: "new `NAME` that people see"},
				&cli.StringFlag{Name: "email", Usage: "new email `ADDRESS`, empty to remove it"},
				&cli.StringFlag{Name: "title", Usage: "what they do; empty removes `TEXT`, as with all that follow"},
				&cli.StringFlag{Name: "pronouns", Usage: "`TEXT`, up to 40 characters"},
				&cli.StringFlag{Name: "time-zone", Usage: "`NAME` of the IANA database, such as Europe/Berlin"},
				&cli.StringFlag{Name: "locale", Usage: "language `TAG` of BCP 47, such as de-CH"},
				&cli.StringSliceFlag{Name: "field", Usage: "`KEY=VALUE` of one of the workspace's profile fields; may be given again"},
				&cli.BoolFlag{Name: "remove-avatar", Usage: "take the picture away"},
			),
			Action: command.Do(updateUser),
		},
		{
			Name: "logins", Usage: "list the sign-ins of an account, those that failed too", ArgsUsage: "USER",
			UsageText:   "chat-auth user logins @member\nchat-auth user logins @member --all --format jsonl",
			Description: "The newest first. 200 of the last 90 days are kept.",
			Flags:       cliutil.PageFlags(),
			Action:      command.Do(listLogins),
		},
		command.SuspendUsers("chat-auth user"),
		command.RestoreUsers("chat-auth user"),
		deleteCommand(), importCommand(), exportCommand(),
	}}
}

func roleFlag() cli.Flag {
	return &cli.StringFlag{Name: "role", Value: "member", Usage: "role in the workspace, `owner|admin|member|guest`"}
}

func createUser(ctx context.Context, c *cli.Context, s command.Session) error {
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
		s.Out.Notef("no password yet: chat-auth password set @%s, or chat-auth invite create for people who choose their own", made.Username)
	}
	return s.Out.One("user", made)
}

func getUser(ctx context.Context, c *cli.Context, s command.Session) error {
	found, err := s.User(ctx, c.Args().First())
	if err != nil {
		return err
	}
	u, err := s.Workspace.User(ctx, s.Actor, found.ID)
	if err != nil {
		return err
	}
	return s.Out.One("user", u)
}

func listLogins(ctx context.Context, c *cli.Context, s command.Session) error {
	found, err := s.User(ctx, c.Args().First())
	if err != nil {
		return err
	}
	return cliutil.List(c, "login", func(p contracts.PageRequest) (contracts.Page[contracts.Login], error) {
		return s.Auth.Logins(ctx, s.Actor, found.ID, p)
	}, "at", "outcome", "method", "ip", "client", "device")
}

func updateUser(ctx context.Context, c *cli.Context, s command.Session) error {
	change := auth.UserUpdate{
		Username: cliutil.Given(c, "username"), DisplayName: cliutil.Given(c, "display-name"), Email: cliutil.Given(c, "email"),
		Title: cliutil.Given(c, "title"), Pronouns: cliutil.Given(c, "pronouns"), TimeZone: cliutil.Given(c, "time-zone"), Locale: cliutil.Given(c, "locale"),
	}
	for _, pair := range c.StringSlice("field") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return cliutil.Usagef("--field %s has no =", pair).WithHint("Give --field KEY=VALUE, and --field KEY= to remove it.")
		}
		if change.Fields == nil {
			change.Fields = map[string]string{}
		}
		change.Fields[key] = value
	}
	if change.Empty() && !c.Bool("remove-avatar") {
		return cliutil.Usagef("nothing to change").WithHint("Give --username, --display-name, --email or another flag: chat-auth user update --help.")
	}
	found, err := s.User(ctx, c.Args().First())
	if err != nil {
		return err
	}
	u := found
	if !change.Empty() {
		if u, err = s.UpdateUser(ctx, s.Actor, found.ID, change); err != nil {
			return err
		}
	}
	if email := c.String("email"); email != "" && u.Email != found.Email {
		s.Out.Notef("nothing was mailed to %s: the address counts for single sign-on once @%s has confirmed it under Settings, Profile", u.Email, u.Username)
	}
	if c.Bool("remove-avatar") {
		if u, err = s.RemoveAvatar(ctx, s.Actor, found.ID); err != nil {
			return err
		}
	}
	return s.Out.One("user", u)
}
