package main

import (
	"net/url"
	"strings"

	"github.com/urfave/cli/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var channelColumns = []string{"name", "kind", "member_count", "archived", "topic", "id"}

func channelCommand() *cli.Command {
	return &cli.Command{
		Name: "channel", Usage: "channels and their members",
		Subcommands: append([]*cli.Command{
			channelListCommand(), channelBrowseCommand(), channelCreateCommand(), channelUpdateCommand(),
			{
				Name: "info", Usage: "show one channel", ArgsUsage: "CHANNEL",
				UsageText: "dankerchat channel info '#general'\ndankerchat channel info general --format=json",
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					ch, err := r.channelOf(c, c.Args().First())
					if err != nil {
						return err
					}
					return o.One("channel", ch)
				}),
			},
			channelActCommand("join", "become a member of a public channel", "", (*dankerchat.Client).Join),
			channelActCommand("leave", "end one's membership", "Leave %s?", (*dankerchat.Client).Leave),
			channelActCommand("archive", "close a channel to posts; it stays readable", "Archive %s?", (*dankerchat.Client).Archive),
			channelActCommand("unarchive", "open an archived channel again", "", (*dankerchat.Client).Unarchive),
		}, memberCommands()...),
	}
}

func channelListCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list the channels that one is in",
		UsageText: "dankerchat channel list\ndankerchat channel list --all --fields=name,topic",
		Flags:     cliutil.PageFlags(),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			rows, page, err := list[contracts.Channel](c, r, "/channels", url.Values{"joined": {"true"}})
			if err != nil {
				return err
			}
			return o.List("channel", rows, page, channelColumns...)
		}),
	}
}

func channelBrowseCommand() *cli.Command {
	return &cli.Command{
		Name: "browse", Usage: "list the channels that one may join or is in",
		UsageText: "dankerchat channel browse\ndankerchat channel browse --query deploy\ndankerchat channel browse --archived",
		Flags: cliutil.PageFlags(
			&cli.StringFlag{Name: "query", Usage: "only those with `TEXT` in name, topic or purpose"},
			&cli.BoolFlag{Name: "archived", Usage: "the archived ones instead"},
		),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			q := url.Values{}
			if text := c.String("query"); text != "" {
				q.Set("query", text)
			}
			if c.Bool("archived") {
				q.Set("archived", "true")
			}
			rows, page, err := list[contracts.Channel](c, r, "/channels", q)
			if err != nil {
				return err
			}
			return o.List("channel", rows, page, "name", "kind", "joined", "member_count", "topic", "id")
		}),
	}
}

func channelCreateCommand() *cli.Command {
	return &cli.Command{
		Name: "create", Usage: "make a channel and join it as its owner", ArgsUsage: "NAME",
		UsageText: "dankerchat channel create deploys --topic 'What goes out'\ndankerchat channel create secret --private --member @member --member @guest",
		Flags: cliutil.WriteFlags(
			&cli.BoolFlag{Name: "private", Usage: "by invitation only"},
			&cli.StringFlag{Name: "topic", Usage: "`TEXT` under the name"},
			&cli.StringFlag{Name: "purpose", Usage: "`TEXT` that says what the channel is for"},
			&cli.StringSliceFlag{Name: "member", Usage: "`USER` who joins at once; may be repeated"},
		),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			n := dankerchat.NewChannel{Name: channelName(c.Args().First()), Kind: contracts.KindPublic, Topic: c.String("topic"), Purpose: c.String("purpose")}
			if c.Bool("private") {
				n.Kind = contracts.KindPrivate
			}
			if err := named(n.Name); err != nil {
				return err
			}
			var err error
			if n.Members, err = r.users(c.Context, c.StringSlice("member")); err != nil {
				return err
			}
			if cliutil.DryRun(c) {
				if err := free(c, r, n.Name, ""); err != nil {
					return err
				}
				return o.One("channel", n)
			}
			ch, err := r.CreateChannel(c.Context, n)
			if err != nil {
				return err
			}
			return o.One("channel", ch, channelColumns...)
		}),
	}
}

// named refuses a name that is none, so that a dry run does, too; the server knows the
// other rules.
func named(channel string) error {
	if strings.TrimSpace(channel) == "" {
		return contracts.ErrInvalid.With("the channel name is empty").At("/name")
	}
	return nil
}

// free refuses, in a dry run, a name of a channel that one may know of, but for the
// channel itself.
func free(c *cli.Context, r remote, name, but string) error {
	if ch, err := r.ChannelByName(c.Context, name); err == nil && ch.ID != but {
		return contracts.ErrNameTaken.With("#" + name + " is taken").At("/name")
	}
	return nil
}

func channelUpdateCommand() *cli.Command {
	return &cli.Command{
		Name: "update", Usage: "rename a channel, or change its topic or purpose", ArgsUsage: "CHANNEL",
		UsageText: "dankerchat channel update '#deploys' --topic 'Frozen until Monday'\ndankerchat channel update deploys --name releases",
		Flags: cliutil.WriteFlags(
			&cli.StringFlag{Name: "name", Usage: "call it `NAME`"},
			&cli.StringFlag{Name: "topic", Usage: "`TEXT` under the name"},
			&cli.StringFlag{Name: "purpose", Usage: "`TEXT` that says what the channel is for"},
		),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			var u dankerchat.ChannelUpdate
			for flag, field := range map[string]**string{"name": &u.Name, "topic": &u.Topic, "purpose": &u.Purpose} {
				if c.IsSet(flag) {
					value := c.String(flag)
					if flag == "name" {
						value = channelName(value)
						if err := named(value); err != nil {
							return err
						}
					}
					*field = &value
				}
			}
			if u == (dankerchat.ChannelUpdate{}) {
				return cliutil.Usagef("nothing to change").WithHint("Give --name, --topic or --purpose.")
			}
			ch, err := r.channelOf(c, c.Args().First())
			if err != nil {
				return err
			}
			if cliutil.DryRun(c) {
				if u.Name != nil {
					if err := free(c, r, *u.Name, ch.ID); err != nil {
						return err
					}
				}
				for from, to := range map[*string]*string{u.Name: &ch.Name, u.Topic: &ch.Topic, u.Purpose: &ch.Purpose} {
					if from != nil {
						*to = *from
					}
				}
			} else if ch, err = r.UpdateChannel(c.Context, ch.ID, u); err != nil {
				return err
			}
			return o.One("channel", ch, channelColumns...)
		}),
	}
}
