package command

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// MessageColumns are those of a table of messages.
var MessageColumns = []string{"position", "created_at", "author", "text", "id"}

// PostFlags are the flags of a command that writes a message with [Session.Post].
func PostFlags() []cli.Flag {
	return cliutil.WriteFlags(&cli.StringFlag{Name: "client-msg-id", Usage: "`ID` that makes a repeat safe, up to 64 characters"})
}

// Text is the text of a message, from the words after the first argument.
func Text(c *cli.Context) (string, error) {
	text, err := cliutil.Text(c, c.Args().Tail())
	if err != nil {
		return "", err
	}
	return text, contracts.ValidateText(text)
}

// Post writes a message in the actor's name and shows it. A repeat of a
// --client-msg-id warns and shows the first.
func (s Session) Post(ctx context.Context, c *cli.Context, conversation, text string) error {
	m, duplicate, err := s.Channels.Post(ctx, s.Actor, contracts.NewMessage{ConversationID: conversation, Text: text, ClientMsgID: c.String("client-msg-id")})
	if err != nil {
		return err
	}
	if duplicate {
		s.Out.Warnf("it was there already; nothing was written")
	}
	return s.Out.One("message", m, MessageColumns...)
}

// HistoryFlags are the flags of a command that shows [Session.History].
func HistoryFlags() []cli.Flag {
	return cliutil.PageFlags(
		&cli.StringFlag{Name: "before", Usage: "older than this `MESSAGE`"},
		&cli.StringFlag{Name: "after", Usage: "newer than this `MESSAGE`"},
	)
}

// History shows messages of a conversation, the newest last.
func (s Session) History(ctx context.Context, c *cli.Context, conversation string) error {
	w, err := s.Walk(conversation, c.String("before"), c.String("after"), c.String("cursor"))
	if err != nil {
		return err
	}
	_, next, err := cliutil.Pages(c, func(p contracts.PageRequest) (contracts.Page[contracts.Message], error) { return w.Page(ctx, p) })
	if err != nil {
		return err
	}
	return s.Out.List("message", w.Messages, next, MessageColumns...)
}

// Message reads a message by its id or a link to it.
func (s Session) Message(ctx context.Context, name string) (contracts.Message, error) {
	t, err := cliutil.ParseTarget(name)
	if err != nil {
		return contracts.Message{}, err
	}
	m, err := s.Messaging.Message(ctx, s.Actor, t.Value)
	if contracts.CodeOf(err) == contracts.CodeNotFound {
		return m, contracts.ErrNotFound.With("message " + name + " not found").WithHint("Ids look like msg_… ; chat-messaging list shows them.")
	}
	return m, err
}

// DeleteMessages is the command "delete" below parent ("chat-messaging").
func DeleteMessages(parent string) *cli.Command {
	return &cli.Command{
		Name: "delete", Usage: "erase messages, with their history", ArgsUsage: "MESSAGE...",
		UsageText:   parent + " delete msg_01h…\n" + parent + " delete msg_01h… msg_01j… --yes",
		Description: "The operator erases any message, which is audited; with --as what that user may.",
		Flags:       cliutil.WriteFlags(),
		Action: Do(func(ctx context.Context, c *cli.Context, s Session) error {
			if err := cliutil.Confirm(c, "Erase "+cliutil.Names(c.Args().Slice())+"?"); err != nil {
				return err
			}
			return cliutil.Each(c, "message", c.Args().Slice(), func(name string) (any, error) {
				m, err := s.Message(ctx, name)
				if err != nil {
					return nil, err
				}
				return s.DeleteMessage(ctx, s.Actor, m.ID)
			}, "id", "conversation_id", "position", "author", "version", "deleted_at")
		}),
	}
}
