package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

func keyCommand() *cli.Command {
	return &cli.Command{Name: "key", Usage: "keys that sign access tokens", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list the signing keys, the oldest first",
			UsageText: "chat-auth key list",
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					if !s.Actor.Can(contracts.PermManageSettings) {
						return contracts.ErrForbidden
					}
					keys, err := s.Auth.Keys(ctx)
					if err != nil {
						return err
					}
					return s.out.List("key", keys, contracts.PageInfo{})
				})
			},
		},
		{
			Name: "rotate", Usage: "sign with a new key from now on",
			UsageText:   "chat-auth key rotate --yes",
			Description: "Tokens that the former key signed stay good until they end, some minutes later. Nobody is signed out.",
			Flags:       cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					if err := cliutil.Confirm(c, "Make a new signing key?"); err != nil {
						return err
					}
					key, err := s.Auth.RotateKey(ctx, s.Actor)
					if err != nil {
						return err
					}
					if err := s.Admin.Record(ctx, s.Actor, "key.rotate", key.ID, nil, nil); err != nil {
						return err
					}
					return s.out.One("key", key)
				})
			},
		},
	}}
}
