package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var mutedColumns = []string{"username", "display_name", "level", "since"}

// mutedUser is an entry of one's list, as a table shows it.
type mutedUser struct {
	contracts.UserRef
	contracts.MutedUser
}

func mutedRow(m contracts.MutedUser) mutedUser { return mutedUser{m.User, m} }

func userCommand() *cli.Command {
	return &cli.Command{
		Name: "user", Usage: "people whom one does not want to hear",
		Subcommands: []*cli.Command{
			{
				Name: "muted", Usage: "list whom one has muted or blocked", UsageText: "dankerchat user muted\ndankerchat user muted --format=jsonl",
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					muted, err := r.MutedUsers(c.Context)
					if err != nil {
						return err
					}
					rows := make([]mutedUser, len(muted))
					for i, m := range muted {
						rows[i] = mutedRow(m)
					}
					return o.List("muted_user", rows, contracts.PageInfo{}, mutedColumns...)
				}),
			},
			muteCommand("mute", "fold somebody's messages, which then call for nothing", contracts.LevelMuted,
				"Nobody but you sees it. Whom you had blocked is only muted then."),
			muteCommand("block", "mute somebody, and exchange no direct messages with them", contracts.LevelBlocked,
				"Neither of you can write to the other directly; what was written stays readable.\nIn channels their messages are folded. They are not told."),
			{
				Name: "unmute", Aliases: []string{"unblock"}, Usage: "neither mute nor block somebody any more", ArgsUsage: "USER...",
				UsageText: "dankerchat user unmute @member\ndankerchat user unmute @member @guest",
				Flags:     cliutil.WriteFlags(),
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					return eachUser(c, o, r, func(u contracts.User) (any, error) {
						if cliutil.DryRun(c) {
							return u, nil
						}
						return u, r.UnmuteUser(c.Context, u.ID)
					}, "user", "username", "display_name")
				}),
			},
		},
	}
}

func muteCommand(name, usage string, level contracts.MuteLevel, about string) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "USER...", Description: about,
		UsageText: "dankerchat user " + name + " @member\ndankerchat user " + name + " @member @guest --format=json",
		Flags:     cliutil.WriteFlags(),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			return eachUser(c, o, r, func(u contracts.User) (any, error) {
				if cliutil.DryRun(c) {
					ref := contracts.UserRef{ID: u.ID, Username: u.Username, DisplayName: u.DisplayName, Bot: u.Bot}
					return mutedRow(contracts.MutedUser{User: ref, Level: level}), nil
				}
				m, err := r.MuteUser(c.Context, u.ID, level)
				return mutedRow(m), err
			}, "muted_user", mutedColumns...)
		}),
	}
}

// eachUser finds all users first, so that a wrong name changes nothing.
func eachUser(c *cli.Context, o *cliutil.Out, r remote, act func(contracts.User) (any, error), kind string, columns ...string) error {
	if c.NArg() == 0 {
		return cliutil.Usagef("name a user").WithHint("Give @user.")
	}
	users := make([]contracts.User, c.NArg())
	for i, name := range c.Args().Slice() {
		var err error
		if users[i], err = r.user(c.Context, name); err != nil {
			return err
		}
	}
	rows := make([]any, len(users))
	for i, u := range users {
		var err error
		if rows[i], err = act(u); err != nil {
			return err
		}
	}
	return o.List(kind, rows, contracts.PageInfo{}, columns...)
}
