package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func userFlag() cli.Flag {
	return &cli.StringFlag{Name: "user", Usage: "whose: `@user`; with --as default oneself"}
}

// whose is the user of --user, or the one of --as.
func whose(ctx context.Context, c *cli.Context, s command.Session) (contracts.User, error) {
	name := c.String("user")
	if name == "" {
		if s.Actor.Operator {
			return contracts.User{}, cliutil.Usagef("whose? the operator has none").WithHint("Add --user @name.")
		}
		name = s.Actor.UserID
	}
	return s.User(ctx, name)
}

func sessionCommand() *cli.Command {
	return &cli.Command{Name: "session", Usage: "who is signed in where", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list a user's sessions",
			UsageText: "chat-auth session list --user @member\nchat-auth session list --as @member --format json",
			Flags:     []cli.Flag{userFlag()},
			Action:    command.Do(listSessions),
		},
		{
			Name: "revoke", Usage: "end sessions at once", ArgsUsage: "[SESSION...]",
			UsageText: "chat-auth session revoke ses_01h…\nchat-auth session revoke --user @member --all --yes",
			Flags:     cliutil.WriteFlags(userFlag(), &cli.BoolFlag{Name: "all", Usage: "all sessions of the user"}),
			Action:    command.Do(revokeSessions),
		},
	}}
}

func listSessions(ctx context.Context, c *cli.Context, s command.Session) error {
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	list, err := s.Auth.Sessions(ctx, s.Actor, u.ID)
	if err != nil {
		return err
	}
	return s.Out.List("session", list, contracts.PageInfo{}, "id", "client", "device", "method", "ip", "created_at", "last_used_at")
}

type revoked struct {
	ID      string `json:"id"`
	Revoked int    `json:"revoked"`
}

func revokeSessions(ctx context.Context, c *cli.Context, s command.Session) error {
	ids := c.Args().Slice()
	if c.Bool("all") == (len(ids) > 0) {
		return cliutil.Usagef("name sessions, or --all with --user").WithHint("chat-auth session list --user @name shows them.")
	}
	if !c.Bool("all") {
		if err := cliutil.Confirm(c, "End "+cliutil.Names(ids)+"?"); err != nil {
			return err
		}
		return cliutil.Each(c, "session", ids, func(id string) (any, error) {
			return revoked{id, 1}, s.RevokeSession(ctx, s.Actor, id)
		})
	}
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	if err := cliutil.Confirm(c, "End all sessions of @"+u.Username+"?"); err != nil {
		return err
	}
	n, err := s.RevokeOtherSessions(ctx, s.Actor, u.ID)
	if err != nil {
		return err
	}
	return s.Out.One("user", revoked{u.ID, n})
}
