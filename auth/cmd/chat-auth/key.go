package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func keyCommand() *cli.Command {
	return &cli.Command{Name: "key", Usage: "keys that sign access tokens", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list the signing keys, the oldest first",
			UsageText: "chat-auth key list",
			Action:    command.Do(listKeys),
		},
		{
			Name: "rotate", Usage: "sign with a new key from now on",
			UsageText:   "chat-auth key rotate --yes",
			Description: "Tokens that the former key signed stay good until they end, some minutes later. Nobody is signed out.",
			Flags:       cliutil.WriteFlags(),
			Action:      command.Do(rotateKey),
		},
	}}
}

func listKeys(ctx context.Context, _ *cli.Context, s command.Session) error {
	if !s.Actor.Can(contracts.PermManageSettings) {
		return contracts.ErrForbidden
	}
	keys, err := s.Auth.Keys(ctx)
	if err != nil {
		return err
	}
	return s.Out.List("key", keys, contracts.PageInfo{})
}

func rotateKey(ctx context.Context, c *cli.Context, s command.Session) error {
	if err := cliutil.Confirm(c, "Make a new signing key?"); err != nil {
		return err
	}
	key, err := s.RotateKey(ctx, s.Actor)
	if err != nil {
		return err
	}
	return s.Out.One("key", key)
}
