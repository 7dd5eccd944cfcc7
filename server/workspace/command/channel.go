package command

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// ChannelColumns are those of a table of channels.
var ChannelColumns = []string{"name", "kind", "member_count", "archived", "topic", "id"}

// ChangeChannel is what a library does to one channel.
type ChangeChannel func(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error)

// ArchiveChannels is the command "archive" below parent ("chat-channels"); archive
// returns the function of the library whose permission is asked for.
func ArchiveChannels(parent string, archive func(Session) ChangeChannel) *cli.Command {
	return &cli.Command{
		Name: "archive", Usage: "close channels: they stay readable", ArgsUsage: "CHANNEL...",
		UsageText: parent + " archive '#old' --yes",
		Flags:     cliutil.WriteFlags(),
		Action: Do(func(ctx context.Context, c *cli.Context, s Session) error {
			if c.NArg() == 1 {
				if _, err := s.Channel(ctx, c.Args().First()); err != nil {
					return err // before anything is asked
				}
			}
			if err := cliutil.Confirm(c, "Archive "+cliutil.Names(c.Args().Slice())+"?"); err != nil {
				return err
			}
			return s.EachChannel(ctx, c, c.Args().Slice(), archive(s))
		}),
	}
}

// UnarchiveChannels is the command "unarchive" below parent; unarchive as in
// [ArchiveChannels].
func UnarchiveChannels(parent string, unarchive func(Session) ChangeChannel) *cli.Command {
	return &cli.Command{
		Name: "unarchive", Usage: "open archived channels again", ArgsUsage: "CHANNEL...",
		UsageText: parent + " unarchive '#old'",
		Flags:     cliutil.WriteFlags(),
		Action: Do(func(ctx context.Context, c *cli.Context, s Session) error {
			return s.EachChannel(ctx, c, c.Args().Slice(), unarchive(s))
		}),
	}
}

// EachChannel does the same to every channel of names and shows what became of them.
func (s Session) EachChannel(ctx context.Context, c *cli.Context, names []string, do ChangeChannel) error {
	return cliutil.Each(c, "channel", names, func(name string) (any, error) {
		ch, err := s.Channel(ctx, name)
		if err != nil {
			return nil, err
		}
		return do(ctx, s.Actor, ch.ID)
	}, ChannelColumns...)
}

// ListChannels shows the pages of channels that the command's flags ask for.
func (s Session) ListChannels(ctx context.Context, c *cli.Context, req channels.ChannelsRequest) error {
	req.Query = c.String("query")
	return cliutil.List(c, "channel", func(p contracts.PageRequest) (contracts.Page[contracts.Channel], error) {
		req.PageRequest = p
		return s.Channels.Channels(ctx, s.Actor, req)
	}, ChannelColumns...)
}
