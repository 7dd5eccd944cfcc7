package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/urfave/cli/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var memberColumns = []string{"username", "display_name", "role", "joined_at"}

// membership is what an addition or removal was about.
type membership struct {
	Channel  string `json:"channel"`
	UserID   string `json:"user_id"`
	Username string `json:"username"`
}

func memberCommands() []*cli.Command {
	return []*cli.Command{
		{
			Name: "members", Usage: "list a channel's members", ArgsUsage: "CHANNEL",
			UsageText: "dankerchat channel members '#general'\ndankerchat channel members general --all --fields=username",
			Flags:     cliutil.PageFlags(),
			Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
				ch, err := r.channelOf(c, c.Args().First())
				if err != nil {
					return err
				}
				rows, page, err := list[contracts.Member](c, r, "/channels/"+url.PathEscape(ch.ID)+"/members", nil)
				if err != nil {
					return err
				}
				return o.List("member", rows, page, memberColumns...)
			}),
		},
		{
			Name: "add", Usage: "add people to a channel", ArgsUsage: "CHANNEL USER...",
			UsageText: "dankerchat channel add '#deploys' @member @guest",
			Flags:     cliutil.WriteFlags(),
			Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
				return eachMember(c, o, r, func(ctx context.Context, channel string, ids []string) error {
					return r.AddMembers(ctx, channel, ids...)
				})
			}),
		},
		{
			Name: "remove", Usage: "remove people, who see nothing of the channel from then on", ArgsUsage: "CHANNEL USER...",
			UsageText: "dankerchat channel remove '#deploys' @guest\ndankerchat channel remove deploys @guest --yes",
			Flags:     cliutil.WriteFlags(),
			Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
				if err := cliutil.Confirm(c, "Remove "+strings.Join(c.Args().Tail(), ", ")+" from "+c.Args().First()+"?"); err != nil {
					return err
				}
				return eachMember(c, o, r, func(ctx context.Context, channel string, ids []string) error {
					for i, id := range ids {
						if err := r.RemoveMember(ctx, channel, id); err != nil {
							return fmt.Errorf("remove %s (%d of %d removed): %w", id, i, len(ids), err)
						}
					}
					return nil
				})
			}),
		},
	}
}

// eachMember finds the channel and the users first, so that a wrong name changes
// nothing.
func eachMember(c *cli.Context, o *cliutil.Out, r remote, act func(ctx context.Context, channel string, ids []string) error) error {
	ch, err := r.channelOf(c, c.Args().First())
	if err != nil {
		return err
	}
	rows, ids := []membership{}, []string{}
	for _, name := range c.Args().Tail() {
		u, err := r.user(c.Context, name)
		if err != nil {
			return err
		}
		rows, ids = append(rows, membership{ch.Name, u.ID, u.Username}), append(ids, u.ID)
	}
	if !cliutil.DryRun(c) {
		if err := act(c.Context, ch.ID, ids); err != nil {
			return err
		}
	}
	return o.List("member", rows, contracts.PageInfo{}, "channel", "username", "user_id")
}

// channelActCommand is a command that does one thing with one channel. question
// is asked before what is hard to undo.
func channelActCommand(name, usage, question string, act func(*dankerchat.Client, context.Context, string) error) *cli.Command {
	example := "dankerchat channel " + name + " '#deploys'"
	if question != "" {
		example += "\n" + example + " --yes"
	}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "CHANNEL", UsageText: example, Flags: cliutil.WriteFlags(),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			ch, err := r.channelOf(c, c.Args().First())
			if err != nil {
				return err
			}
			if question != "" {
				if err := cliutil.Confirm(c, fmt.Sprintf(question, "#"+ch.Name)); err != nil {
					return err
				}
			}
			if !cliutil.DryRun(c) {
				if err := act(r.Client, c.Context, ch.ID); err != nil {
					return err
				}
				if name != "leave" || ch.Kind == contracts.KindPublic { // a private one is hidden once left
					if ch, err = r.Channel(c.Context, ch.ID); err != nil {
						return err
					}
				}
			}
			return o.One("channel", ch, channelColumns...)
		}),
	}
}

// channelOf is the channel that an argument names: #name, name, an id or a link.
func (r remote) channelOf(c *cli.Context, text string) (contracts.Channel, error) {
	target, err := cliutil.ParseTarget(text)
	if err != nil {
		return contracts.Channel{}, err
	}
	switch {
	case target.Kind == cliutil.TargetUser:
		return contracts.Channel{}, cliutil.Usagef("@%s is a user, not a channel", target.Value)
	case target.Kind != cliutil.TargetID:
		return r.channel(c.Context, target.Value)
	case !contracts.ValidID(contracts.PrefixConversation, target.Value):
		return contracts.Channel{}, cliutil.Usagef("%s is not the id of a channel", target.Value)
	}
	return r.Channel(c.Context, target.Value)
}

func channelName(text string) string { return strings.TrimPrefix(text, "#") }
