package main

import (
	"context"
	"net/url"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func inviteCommand() *cli.Command {
	return &cli.Command{Name: "invite", Usage: "invites, with which people make their own accounts", Subcommands: []*cli.Command{
		{
			Name: "create", Usage: "make an invite; its code is shown once",
			UsageText: `chat-auth invite create
chat-auth invite create --role guest --channel '#project' --uses 5 --expires 48h
chat-auth invite create --email newcomer@example.org --public-url https://chat.example.org`,
			Description: "The link is the server's address followed by /invite/ and the code. An invite for an address gives the account that address and no other; " +
				"this command mails nothing, so pass its link on, or make the invite in the app of a server that sends mail.",
			Flags: cliutil.WriteFlags(
				roleFlag(),
				&cli.StringSliceFlag{Name: "channel", Usage: "`'#NAME'` joined besides the default ones; may be repeated"},
				&cli.IntFlag{Name: "uses", Value: 1, Usage: "how many `PEOPLE` may use it"},
				&cli.StringFlag{Name: "email", Usage: "the one `ADDRESS` that it is for"},
				&cli.StringFlag{Name: "public-url", EnvVars: []string{"DANKERCHAT_PUBLIC_URL"}, Usage: "the `URL` under which people reach the server"},
				&cli.DurationFlag{Name: "expires", Value: 7 * 24 * time.Hour, Usage: "ends after this `TIME`"},
			),
			Action: command.Do(createInvite),
		},
		{
			Name: "list", Usage: "list invites, the newest first",
			UsageText: "chat-auth invite list\nchat-auth invite list --as @member --format json",
			Flags:     cliutil.PageFlags(),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				return cliutil.List(c, "invite", func(p contracts.PageRequest) (contracts.Page[contracts.Invite], error) {
					return s.Auth.Invites(ctx, s.Actor, p)
				}, "id", "role", "uses", "max_uses", "expires_at", "revoked")
			}),
		},
		{
			Name: "revoke", Usage: "make invites useless", ArgsUsage: "INVITE...",
			UsageText: "chat-auth invite revoke inv_01h… --yes",
			Flags:     cliutil.WriteFlags(),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				if err := cliutil.Confirm(c, "Revoke "+cliutil.Names(c.Args().Slice())+"?"); err != nil {
					return err
				}
				return cliutil.Each(c, "invite", c.Args().Slice(), func(id string) (any, error) {
					return revoked{id, 1}, s.RevokeInvite(ctx, s.Actor, id)
				})
			}),
		},
	}}
}

func createInvite(ctx context.Context, c *cli.Context, s command.Session) error {
	in := auth.NewInvite{Role: contracts.Role(c.String("role")), MaxUses: c.Int("uses"), ExpiresIn: c.Duration("expires"), Email: c.String("email")}
	for _, name := range c.StringSlice("channel") {
		ch, err := s.Channel(ctx, name)
		if err != nil {
			return err
		}
		in.Channels = append(in.Channels, ch.ID)
	}
	base, err := command.LinkBase(c)
	if err != nil {
		return err
	}
	invite, err := s.CreateInvite(ctx, s.Actor, in)
	if err != nil {
		return err
	}
	invite.URL = base + "/invite/" + url.PathEscape(invite.Code)
	s.Out.Notef("the code is shown this once; keep it now")
	if invite.Email != "" && !invite.Mailed {
		s.Out.Notef("nothing was mailed to %s: the command line sends no mail; pass the link on: %s", invite.Email, invite.URL)
	}
	if base == "" {
		s.Out.Notef("put the server's address before the link, or give --public-url")
	}
	return s.Out.One("invite", invite)
}
