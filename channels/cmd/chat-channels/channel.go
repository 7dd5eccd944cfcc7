package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var channelColumns = []string{"name", "kind", "member_count", "archived", "topic", "id"}

func channelCommands() []*cli.Command {
	return []*cli.Command{
		{
			Name: "create", Usage: "make a channel", ArgsUsage: "NAME",
			UsageText: `chat-channels create '#ops' --topic 'on call: @member'
chat-channels create secret --private --member @owner --member @guest
chat-channels create '#builds' --if-not-exists`,
			Description: "With --as that user owns it; else the first --member does.",
			Flags: cliutil.WriteFlags(
				&cli.BoolFlag{Name: "private", Usage: "by invitation only"},
				&cli.StringFlag{Name: "topic", Usage: "`TEXT` beside the name"},
				&cli.StringFlag{Name: "purpose", Usage: "`TEXT` that says what it is for"},
				&cli.StringSliceFlag{Name: "member", Usage: "`USER` who is in it from the start; may be repeated"},
				&cli.BoolFlag{Name: "default", Usage: "everybody who gets an account joins it"},
				&cli.BoolFlag{Name: "if-not-exists", Usage: "be content with one of that name"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return create(ctx, c, s) })
			},
		},
		{
			Name: "get", Usage: "show one channel", ArgsUsage: "CHANNEL",
			UsageText: "chat-channels get '#ops'\nchat-channels get ops --format json --fields id,member_count",
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					ch, err := s.Channel(ctx, c.Args().First())
					if err != nil {
						return err
					}
					return s.out.One("channel", ch)
				})
			},
		},
		{
			Name: "list", Usage: "list all channels, or with --as those that the user is in",
			UsageText: "chat-channels list\nchat-channels list --as @member --query dev\nchat-channels list --archived --all --format jsonl",
			Flags: cliutil.PageFlags(
				&cli.StringFlag{Name: "query", Usage: "part of the `NAME`"},
				&cli.BoolFlag{Name: "archived", Usage: "archived ones instead of live ones"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					archived, joined := c.Bool("archived"), true
					req := channels.ChannelsRequest{Query: c.String("query"), Archived: &archived, Joined: &joined}
					if s.Actor.Operator {
						req.Joined, req.All = nil, true
					}
					return list(ctx, c, s, req)
				})
			},
		},
		{
			Name: "browse", Usage: "list public channels that the user of --as could join",
			UsageText: "chat-channels browse --as @member\nchat-channels browse --as @member --query dev --format json",
			Flags:     cliutil.PageFlags(&cli.StringFlag{Name: "query", Usage: "part of the `NAME`"}),
			Action: func(c *cli.Context) error {
				if err := needAuthor(c, "browsing"); err != nil {
					return err
				}
				return with(c, func(ctx context.Context, s session) error {
					no := false
					return list(ctx, c, s, channels.ChannelsRequest{Query: c.String("query"), Archived: &no, Joined: &no})
				})
			},
		},
		{
			Name: "update", Usage: "change topic, purpose or who can find it", ArgsUsage: "CHANNEL",
			UsageText: "chat-channels update '#ops' --topic 'nobody on call'\nchat-channels update '#ops' --private",
			Flags: cliutil.WriteFlags(
				&cli.StringFlag{Name: "topic", Usage: "`TEXT` beside the name, empty to remove it"},
				&cli.StringFlag{Name: "purpose", Usage: "`TEXT` that says what it is for"},
				&cli.BoolFlag{Name: "private", Usage: "by invitation only from now on; --private=false opens it"},
			),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return update(ctx, c, s) })
			},
		},
		{
			Name: "rename", Usage: "give a channel another name", ArgsUsage: "CHANNEL NAME",
			UsageText: "chat-channels rename '#ops' '#operations'",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					name := c.Args().Get(1)
					return change(ctx, c, s, channels.ChannelUpdate{Name: &name})
				})
			},
		},
		{
			Name: "archive", Usage: "close a channel: it stays readable", ArgsUsage: "CHANNEL...",
			UsageText: "chat-channels archive '#old' --yes",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error {
					if c.NArg() == 1 {
						if _, err := s.Channel(ctx, c.Args().First()); err != nil {
							return err // before anything is asked
						}
					}
					if err := cliutil.Confirm(c, "Archive "+joined(c.Args().Slice())+"?"); err != nil {
						return err
					}
					return each(ctx, c, s, s.Channels.Archive)
				})
			},
		},
		{
			Name: "unarchive", Usage: "open an archived channel again", ArgsUsage: "CHANNEL...",
			UsageText: "chat-channels unarchive '#old'",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				return with(c, func(ctx context.Context, s session) error { return each(ctx, c, s, s.Channels.Unarchive) })
			},
		},
		{
			Name: "join", Usage: "join public channels as the user of --as", ArgsUsage: "CHANNEL...",
			UsageText: "chat-channels join --as @member '#ops'",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				if err := needAuthor(c, "joining"); err != nil {
					return err
				}
				return with(c, func(ctx context.Context, s session) error { return each(ctx, c, s, s.Channels.Join) })
			},
		},
		{
			Name: "leave", Usage: "leave channels as the user of --as", ArgsUsage: "CHANNEL...",
			UsageText: "chat-channels leave --as @member '#ops'",
			Flags:     cliutil.WriteFlags(),
			Action: func(c *cli.Context) error {
				if err := needAuthor(c, "leaving"); err != nil {
					return err
				}
				return with(c, func(ctx context.Context, s session) error {
					return each(ctx, c, s, func(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
						before, err := s.Channels.Channel(ctx, actor, id)
						if err != nil {
							return before, err
						}
						if err := s.Channels.Leave(ctx, actor, id); err != nil {
							return before, err
						}
						// A private channel cannot be looked at any more after one has left it.
						after, err := s.Channels.Channel(ctx, contracts.Operator, id)
						after.Joined = false
						return after, err
					})
				})
			},
		},
	}
}

func create(ctx context.Context, c *cli.Context, s session) error {
	members, err := s.Users(ctx, c.StringSlice("member"))
	if err != nil {
		return err
	}
	n := channels.NewChannel{Name: c.Args().First(), Kind: contracts.KindPublic, Topic: c.String("topic"), Purpose: c.String("purpose"), Default: c.Bool("default")}
	if c.Bool("private") {
		n.Kind = contracts.KindPrivate
	}
	for _, u := range members {
		n.Members = append(n.Members, u.ID)
	}
	ch, err := s.Channels.Create(ctx, s.Actor, n)
	if errors.Is(err, contracts.ErrNameTaken) && c.Bool("if-not-exists") {
		there, ferr := s.Channel(ctx, n.Name)
		if ferr != nil {
			return err // it is there, but hidden from this user
		}
		s.out.Warnf("#%s exists; nothing was changed", there.Name)
		ch, err = there, nil
	}
	if err != nil {
		return err
	}
	return s.out.One("channel", ch, channelColumns...)
}

func list(ctx context.Context, c *cli.Context, s session, req channels.ChannelsRequest) error {
	rows, next, err := cliutil.Pages(c, func(p contracts.PageRequest) (contracts.Page[contracts.Channel], error) {
		req.PageRequest = p
		return s.Channels.Channels(ctx, s.Actor, req)
	})
	if err != nil {
		return err
	}
	return s.out.List("channel", rows, next, channelColumns...)
}

func update(ctx context.Context, c *cli.Context, s session) error {
	var u channels.ChannelUpdate
	for name, field := range map[string]**string{"topic": &u.Topic, "purpose": &u.Purpose} {
		if c.IsSet(name) {
			v := c.String(name)
			*field = &v
		}
	}
	if c.IsSet("private") {
		kind := contracts.KindPublic
		if c.Bool("private") {
			kind = contracts.KindPrivate
		}
		u.Kind = &kind
	}
	if u == (channels.ChannelUpdate{}) {
		return cliutil.Usagef("nothing to change").WithHint("Give --topic, --purpose or --private.")
	}
	return change(ctx, c, s, u)
}

func change(ctx context.Context, c *cli.Context, s session, u channels.ChannelUpdate) error {
	ch, err := s.Channel(ctx, c.Args().First())
	if err != nil {
		return err
	}
	if ch, err = s.Channels.Update(ctx, s.Actor, ch.ID, u); err != nil {
		return err
	}
	return s.out.One("channel", ch, channelColumns...)
}

func each(ctx context.Context, c *cli.Context, s session, do func(context.Context, contracts.Actor, string) (contracts.Channel, error)) error {
	return cliutil.Each(c, "channel", c.Args().Slice(), func(name string) (any, error) {
		ch, err := s.Channel(ctx, name)
		if err != nil {
			return nil, err
		}
		return do(ctx, s.Actor, ch.ID)
	}, channelColumns...)
}

func joined(names []string) string {
	text := names[0]
	for i, n := range names[1:] {
		if i == 2 {
			return text + ", …"
		}
		text += ", " + n
	}
	return text
}
