package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var sessionColumns = []string{"id", "client", "device", "method", "ip", "last_used_at", "expires_at", "current"}

func sessionCommand() *cli.Command {
	return &cli.Command{
		Name: "session", Usage: "where one is signed in",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list one's sessions", UsageText: "dankerchat session list\ndankerchat session list --format=json",
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					sessions, err := r.Sessions(c.Context)
					if err != nil {
						return err
					}
					return o.List("session", sessions, contracts.PageInfo{}, sessionColumns...)
				}),
			},
			{
				Name: "revoke", Usage: "end a session, all others, or all", ArgsUsage: "[SESSION]",
				UsageText: "dankerchat session revoke ses_06bz6v5m0x3k9q8h7r2t4w1y5e\ndankerchat session revoke --others --yes",
				Flags: cliutil.WriteFlags(
					&cli.BoolFlag{Name: "others", Usage: "all but the one in use"},
					&cli.BoolFlag{Name: "all", Usage: "all, the one in use as well"},
				),
				Action: signedIn(revokeSession),
			},
		},
	}
}

func revokeSession(c *cli.Context, o *cliutil.Out, r remote) error {
	id := c.Args().First()
	given := 0
	for _, g := range []bool{id != "", c.Bool("others"), c.Bool("all")} {
		if g {
			given++
		}
	}
	if given != 1 {
		return cliutil.Usagef("name one session, or give --others or --all").WithHint("dankerchat session list shows them.")
	}
	all, err := r.Sessions(c.Context)
	if err != nil {
		return err
	}
	ended := []contracts.Session{}
	for _, s := range all {
		if s.ID == id || c.Bool("others") && !s.Current || c.Bool("all") {
			ended = append(ended, s)
		}
	}
	if id != "" && len(ended) == 0 {
		return contracts.ErrNotFound.With("you have no session " + id).WithHint("dankerchat session list shows them.")
	}
	if err := cliutil.Confirm(c, "End "+plural(len(ended), "session")+"?"); err != nil {
		return err
	}
	if !cliutil.DryRun(c) {
		switch {
		case id != "":
			err = r.RevokeSession(c.Context, id)
		case c.Bool("others"):
			err = r.RevokeOtherSessions(c.Context)
		default:
			err = r.RevokeAllSessions(c.Context)
		}
		if err != nil {
			return err
		}
	}
	return o.List("session", ended, contracts.PageInfo{}, sessionColumns...)
}
