package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func identityCommand() *cli.Command {
	return &cli.Command{Name: "identity", Usage: "accounts at identity providers that sign people in", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list a user's accounts at identity providers",
			UsageText: "chat-auth identity list --user @member\nchat-auth identity list --as @member --format json",
			Flags:     []cli.Flag{userFlag()},
			Action:    command.Do(listIdentities),
		},
		{
			Name: "link", Usage: "let an account at a provider sign a user in",
			UsageText:   "chat-auth identity link --user @member --provider corp --subject 248289761001",
			Description: "People link their own in the settings. The subject is the provider's id of the account, sub in its tokens; it is not\nchecked here. The provider is named as in the server's --oidc-config.",
			Flags: cliutil.WriteFlags(userFlag(),
				&cli.StringFlag{Name: "provider", Usage: "the provider's `NAME` in the server's configuration"},
				&cli.StringFlag{Name: "subject", Usage: "the provider's `ID` of the account"},
				&cli.StringFlag{Name: "label", Usage: "`TEXT` to recognise it by, until it is used"},
			),
			Action: command.Do(linkIdentity),
		},
		{
			Name: "unlink", Usage: "take accounts at providers away", ArgsUsage: "IDENTITY...",
			UsageText:   "chat-auth identity unlink idn_01h…\nchat-auth identity unlink idn_01h… --yes --format json",
			Description: "Sessions that it began go on: chat-auth session revoke --user @member --all ends them.\nIt may be the user's only way to sign in: chat-auth password set @member makes another.",
			Flags:       cliutil.WriteFlags(),
			Action:      command.Do(unlinkIdentities),
		},
	}}
}

func listIdentities(ctx context.Context, c *cli.Context, s command.Session) error {
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	list, err := s.Auth.Identities(ctx, s.Actor, u.ID)
	if err != nil {
		return err
	}
	return s.Out.List("identity", list, contracts.PageInfo{}, "id", "provider", "label", "subject", "created_at", "last_used_at")
}

func linkIdentity(ctx context.Context, c *cli.Context, s command.Session) error {
	for _, flag := range []string{"provider", "subject"} {
		if c.String(flag) == "" {
			return cliutil.Usagef("--%s is needed", flag).WithHint("chat-auth identity link --user @member --provider corp --subject 248289761001")
		}
	}
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	made, err := s.LinkIdentity(ctx, s.Actor, auth.NewIdentity{UserID: u.ID, Provider: c.String("provider"), Subject: c.String("subject"), Label: c.String("label")})
	if err != nil {
		return err
	}
	return s.Out.One("identity", made)
}

func unlinkIdentities(ctx context.Context, c *cli.Context, s command.Session) error {
	ids := c.Args().Slice()
	if err := cliutil.Confirm(c, fmt.Sprintf("Unlink %s?", cliutil.Names(ids))); err != nil {
		return err
	}
	return cliutil.Each(c, "identity", ids, func(id string) (any, error) {
		return s.RemoveIdentity(ctx, s.Actor, id)
	}, "id", "provider", "subject")
}
