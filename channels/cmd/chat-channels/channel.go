package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

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
			Action: command.Do(create),
		},
		{
			Name: "get", Usage: "show one channel", ArgsUsage: "CHANNEL",
			UsageText: "chat-channels get '#ops'\nchat-channels get ops --format json --fields id,member_count",
			Action: command.Do(command.OnChannel(func(_ context.Context, _ *cli.Context, s command.Session, ch contracts.Channel) error {
				return s.Out.One("channel", ch)
			})),
		},
		{
			Name: "list", Usage: "list all channels, or with --as those that the user is in",
			UsageText: "chat-channels list\nchat-channels list --as @member --query dev\nchat-channels list --archived --all --format jsonl",
			Flags: cliutil.PageFlags(
				&cli.StringFlag{Name: "query", Usage: "part of the `NAME`"},
				&cli.BoolFlag{Name: "archived", Usage: "archived ones instead of live ones"},
			),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				archived, joined := c.Bool("archived"), true
				if s.Actor.Operator {
					return s.ListChannels(ctx, c, channels.ChannelsRequest{Archived: &archived, All: true})
				}
				return s.ListChannels(ctx, c, channels.ChannelsRequest{Archived: &archived, Joined: &joined})
			}),
		},
		{
			Name: "browse", Usage: "list public channels that the user of --as could join",
			UsageText: "chat-channels browse --as @member\nchat-channels browse --as @member --query dev --format json",
			Flags:     cliutil.PageFlags(&cli.StringFlag{Name: "query", Usage: "part of the `NAME`"}),
			Action: command.DoAs("browsing", func(ctx context.Context, c *cli.Context, s command.Session) error {
				no := false
				return s.ListChannels(ctx, c, channels.ChannelsRequest{Archived: &no, Joined: &no})
			}),
		},
		{
			Name: "update", Usage: "change topic, purpose or who can find it", ArgsUsage: "CHANNEL",
			UsageText: "chat-channels update '#ops' --topic 'nobody on call'\nchat-channels update '#ops' --private",
			Flags: cliutil.WriteFlags(
				&cli.StringFlag{Name: "topic", Usage: "`TEXT` beside the name, empty to remove it"},
				&cli.StringFlag{Name: "purpose", Usage: "`TEXT` that says what it is for"},
				&cli.BoolFlag{Name: "private", Usage: "by invitation only from now on; --private=false opens it"},
			),
			Action: command.Do(update),
		},
		{
			Name: "rename", Usage: "give a channel another name", ArgsUsage: "CHANNEL NAME",
			UsageText: "chat-channels rename '#ops' '#operations'",
			Flags:     cliutil.WriteFlags(),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				name := c.Args().Get(1)
				return change(ctx, c, s, channels.ChannelUpdate{Name: &name})
			}),
		},
		command.ArchiveChannels("chat-channels", func(s command.Session) command.ChangeChannel { return s.Channels.Archive }),
		command.UnarchiveChannels("chat-channels", func(s command.Session) command.ChangeChannel { return s.Channels.Unarchive }),
		{
			Name: "join", Usage: "join public channels as the user of --as", ArgsUsage: "CHANNEL...",
			UsageText: "chat-channels join --as @member '#ops'",
			Flags:     cliutil.WriteFlags(),
			Action: command.DoAs("joining", func(ctx context.Context, c *cli.Context, s command.Session) error {
				return s.EachChannel(ctx, c, c.Args().Slice(), s.Channels.Join)
			}),
		},
		{
			Name: "leave", Usage: "leave channels as the user of --as", ArgsUsage: "CHANNEL...",
			UsageText: "chat-channels leave --as @member '#ops'",
			Flags:     cliutil.WriteFlags(),
			Action:    command.DoAs("leaving", leave),
		},
	}
}

func create(ctx context.Context, c *cli.Context, s command.Session) error {
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
		s.Out.Warnf("#%s exists; nothing was changed", there.Name)
		ch, err = there, nil
	}
	if err != nil {
		return err
	}
	return s.Out.One("channel", ch, command.ChannelColumns...)
}

func leave(ctx context.Context, c *cli.Context, s command.Session) error {
	return s.EachChannel(ctx, c, c.Args().Slice(), func(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
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
}

func update(ctx context.Context, c *cli.Context, s command.Session) error {
	u := channels.ChannelUpdate{Topic: cliutil.Given(c, "topic"), Purpose: cliutil.Given(c, "purpose")}
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

func change(ctx context.Context, c *cli.Context, s command.Session, u channels.ChannelUpdate) error {
	ch, err := s.Channel(ctx, c.Args().First())
	if err != nil {
		return err
	}
	if ch, err = s.Channels.Update(ctx, s.Actor, ch.ID, u); err != nil {
		return err
	}
	return s.Out.One("channel", ch, command.ChannelColumns...)
}
