package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var directColumns = []string{"id", "participants", "last_position", "created_at"}

func dmCommand() *cli.Command {
	return &cli.Command{
		Name: "dm", Usage: "direct conversations",
		Subcommands: []*cli.Command{
			{
				Name: "open", Usage: "find or make the conversation with these people", ArgsUsage: "[USER...]",
				UsageText:   "dankerchat dm open @member\ndankerchat dm open @member @guest\ndankerchat dm open",
				Description: "With nobody it is the notes to oneself; up to nine people, oneself included.",
				Flags:       cliutil.WriteFlags(),
				Action:      signedIn(openDirect),
			},
			{
				Name: "list", Usage: "list one's direct conversations, the latest first",
				UsageText: "dankerchat dm list\ndankerchat dm list --all --format=jsonl",
				Flags:     cliutil.PageFlags(),
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					rows, page, err := list[contracts.DirectConversation](c, r, "/dms", nil)
					if err != nil {
						return err
					}
					return o.List("dm", rows, page, directColumns...)
				}),
			},
		},
	}
}

func openDirect(c *cli.Context, o *cliutil.Out, r remote) error {
	ids, err := r.users(c.Context, c.Args().Slice())
	if err != nil {
		return err
	}
	if len(ids) > contracts.MaxDirectParticipants {
		return contracts.Invalid("/user_ids", "a direct conversation has at most nine people").WithHint("Make a private channel instead.")
	}
	if !cliutil.DryRun(c) {
		dm, err := r.OpenDirect(c.Context, ids...)
		if err != nil {
			return err
		}
		return o.One("dm", dm, directColumns...)
	}
	me, err := r.Me(c.Context)
	if err != nil {
		return err
	}
	would := contracts.DirectConversation{Kind: contracts.KindDirect, Participants: []contracts.UserRef{{ID: me.ID, Username: me.Username, DisplayName: me.DisplayName}}}
	for i, id := range ids {
		u, err := r.user(c.Context, c.Args().Get(i))
		if err != nil {
			return err
		}
		if id != me.ID {
			would.Participants = append(would.Participants, contracts.UserRef{ID: u.ID, Username: u.Username, DisplayName: u.DisplayName, Bot: u.Bot})
		}
	}
	return o.One("dm", would, "participants")
}
