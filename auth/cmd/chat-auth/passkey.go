package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func passkeyCommand() *cli.Command {
	return &cli.Command{Name: "passkey", Usage: "keys on people's devices that sign them in", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list a user's passkeys",
			UsageText:   "chat-auth passkey list --user @member\nchat-auth passkey list --as @member --format json",
			Description: "host is where a passkey works: after the public URL has got another host name,\npeople sign in by their passwords and make new ones.",
			Flags:       []cli.Flag{userFlag()},
			Action:      command.Do(listPasskeys),
		},
		{
			Name: "remove", Usage: "make passkeys useless", ArgsUsage: "PASSKEY...",
			UsageText:   "chat-auth passkey remove pky_01h…\nchat-auth passkey remove pky_01h… --yes --format json",
			Description: "Sessions that it began go on: chat-auth session revoke --user @member --all ends them.\nThe user's last second factor takes the recovery codes along.",
			Flags:       cliutil.WriteFlags(),
			Action:      command.Do(removePasskeys),
		},
	}}
}

func listPasskeys(ctx context.Context, c *cli.Context, s command.Session) error {
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	list, err := s.Auth.Passkeys(ctx, s.Actor, u.ID)
	if err != nil {
		return err
	}
	return s.Out.List("passkey", list, contracts.PageInfo{}, "id", "name", "host", "synced", "created_at", "last_used_at")
}

func removePasskeys(ctx context.Context, c *cli.Context, s command.Session) error {
	ids := c.Args().Slice()
	if err := cliutil.Confirm(c, fmt.Sprintf("Remove %s?", cliutil.Names(ids))); err != nil {
		return err
	}
	return cliutil.Each(c, "passkey", ids, func(id string) (any, error) {
		return s.RemovePasskey(ctx, s.Actor, id)
	}, "id", "name", "host")
}
