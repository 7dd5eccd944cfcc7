package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func factorCommand() *cli.Command {
	return &cli.Command{Name: "2fa", Usage: "second factors", Subcommands: []*cli.Command{
		{
			Name: "status", Usage: "show which second factors users have", ArgsUsage: "USER...",
			UsageText:   "chat-auth 2fa status @member\nchat-auth 2fa status @owner @member --format json",
			Description: "required says whether the settings demand one of the user's role: chat-admin settings set require_second_factor owner,admin",
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				return cliutil.Each(c, "second_factors", c.Args().Slice(), func(name string) (any, error) { return factorsOf(ctx, s, name) }, factorColumns...)
			}),
		},
		{
			Name: "reset", Usage: "take second factors away from who has lost them", ArgsUsage: "USER...",
			UsageText:   "chat-auth 2fa reset @member\nchat-auth 2fa reset @member @guest --yes --format json",
			Description: "Removes the authenticator app, passkeys and recovery codes, and ends all sessions: the password\nalone signs in again. Make sure that it is they who ask.",
			Flags:       cliutil.WriteFlags(),
			Action:      command.Do(resetFactors),
		},
	}}
}

// factors are a user's second factors.
type factors struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	auth.SecondFactors
}

var factorColumns = []string{"username", "required", "totp", "passkeys", "recovery_codes"}

func factorsOf(ctx context.Context, s command.Session, name string) (factors, error) {
	u, err := s.User(ctx, name)
	if err != nil {
		return factors{}, err
	}
	f, err := s.Auth.SecondFactors(ctx, s.Actor, u.ID)
	return factors{u.ID, u.Username, f}, err
}

func resetFactors(ctx context.Context, c *cli.Context, s command.Session) error {
	names := c.Args().Slice()
	if err := cliutil.Confirm(c, fmt.Sprintf("Take all second factors of %s away?", cliutil.Names(names))); err != nil {
		return err
	}
	return s.EachUser(ctx, c, names, s.ResetSecondFactors)
}
