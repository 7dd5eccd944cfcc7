package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var statusColumns = []string{"username", "emoji", "text", "expires_at"}

// status is one's status with one's name.
type status struct {
	Username string `json:"username"`
	contracts.UserStatus
}

func statusCommand() *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "what one is doing, for others to see",
		Subcommands: []*cli.Command{
			{
				Name: "get", Usage: "show one's status", UsageText: "dankerchat status get\ndankerchat status get --format=json --fields=text",
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					user, err := r.Me(c.Context)
					if err != nil {
						return err
					}
					return showStatus(o, user)
				}),
			},
			{
				Name: "set", Usage: "say what one is doing", ArgsUsage: "TEXT",
				UsageText: "dankerchat status set 'Lunch' --emoji 🍜 --for 1h\ndankerchat status set 'On the train'",
				Flags: cliutil.WriteFlags(
					&cli.StringFlag{Name: "emoji", Usage: "one `EMOJI`, shown beside one's name"},
					&cli.DurationFlag{Name: "for", Usage: "clear it after this `TIME`: 30m, 1h, 24h; default: when it is cleared"},
				),
				Action: signedIn(setStatus),
			},
			{
				Name: "clear", Usage: "take one's status away", UsageText: "dankerchat status clear\ndankerchat status clear --quiet",
				Flags: cliutil.WriteFlags(),
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					if cliutil.DryRun(c) {
						user, err := r.Me(c.Context)
						if err != nil {
							return err
						}
						user.Status = nil
						return showStatus(o, user)
					}
					user, err := r.ClearStatus(c.Context)
					if err != nil {
						return err
					}
					return showStatus(o, user)
				}),
			},
		},
	}
}

func setStatus(c *cli.Context, o *cliutil.Out, r remote) error {
	in := contracts.UserStatus{Text: c.Args().First(), Emoji: c.String("emoji")}
	if in.Text == "" && in.Emoji == "" {
		return cliutil.Usagef("nothing to say").WithHint("Give a text, --emoji or both; dankerchat status clear takes it away.")
	}
	if c.IsSet("for") {
		if c.Duration("for") <= 0 {
			return cliutil.Usagef("--for is a time from now on").WithHint("Give 30m, 1h or 24h.")
		}
		in.ExpiresAt = new(time.Now().Add(c.Duration("for")).UTC())
	}
	if cliutil.DryRun(c) {
		user, err := r.Me(c.Context)
		if err != nil {
			return err
		}
		user.Status = &in
		return showStatus(o, user)
	}
	user, err := r.SetStatus(c.Context, in)
	if err != nil {
		return err
	}
	return showStatus(o, user)
}

func showStatus(o *cliutil.Out, u contracts.User) error {
	row := status{Username: u.Username}
	if u.Status != nil {
		row.UserStatus = *u.Status
	}
	return o.One("status", row, statusColumns...)
}
