package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var messageColumns = []string{"id", "conversation_id", "position", "author", "text", "created_at"}

func sendCommand() *cli.Command {
	return &cli.Command{
		Name: "send", Usage: "post a message", ArgsUsage: "TARGET TEXT...",
		UsageText: `dankerchat send '#general' hello
uptime | dankerchat send @member -
dankerchat send '#ops' @./report.txt --client-msg-id "nightly-$(date +%F)"`,
		Description: "TEXT - is stdin, @./file a file, byte for byte less the last line end. A send whose\noutcome is unknown is repeated for up to 30 seconds with the same client_msg_id, so\nthe message is stored once; give --client-msg-id to repeat a whole command safely.",
		Flags: cliutil.WriteFlags(
			&cli.StringFlag{Name: "client-msg-id", Usage: "name the message `ID`: the same id posts once"},
		),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			text, err := cliutil.Text(c, c.Args().Tail())
			if err != nil {
				return err
			}
			id := c.String("client-msg-id")
			if id == "" {
				id = contracts.NewID("c")
			}
			n := contracts.NewMessage{Text: text, ClientMsgID: id}
			if err := n.Validate(); err != nil {
				return err
			}
			if cliutil.DryRun(c) {
				return dryPost(c, o, r, n)
			}
			conv, err := r.open(c.Context, c.Args().First())
			if err != nil {
				return err
			}
			m, err := r.PostID(c.Context, conv, text, id)
			if err != nil {
				return err
			}
			return o.One("message", m, messageColumns...)
		}),
	}
}

// dryPost checks what can be checked without posting.
func dryPost(c *cli.Context, o *cliutil.Out, r remote, n contracts.NewMessage) error {
	conv, err := r.find(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	where, err := r.Conversation(c.Context, conv)
	if err != nil {
		return err
	}
	if where.Channel != nil && where.Channel.Archived {
		return contracts.ErrArchived
	}
	n.ConversationID = conv
	return o.One("message", n)
}

func editCommand() *cli.Command {
	return &cli.Command{
		Name: "edit", Usage: "change the text of one's own message", ArgsUsage: "MESSAGE TEXT...",
		UsageText: "dankerchat edit msg_06bz6v5m0x3k9q8h7r2t4w1y5e the right words\necho better | dankerchat edit msg_06bz6v5m0x3k9q8h7r2t4w1y5e -",
		Flags:     cliutil.WriteFlags(),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			id, err := messageID(c.Args().First())
			if err != nil {
				return err
			}
			text, err := cliutil.Text(c, c.Args().Tail())
			if err != nil {
				return err
			}
			if err := contracts.ValidateText(text); err != nil {
				return err
			}
			if cliutil.DryRun(c) {
				m, err := r.mine(c, id)
				if err != nil {
					return err
				}
				m.Text = text
				return o.One("message", m, messageColumns...)
			}
			m, err := r.Edit(c.Context, id, text)
			if err != nil {
				return err
			}
			return o.One("message", m, messageColumns...)
		}),
	}
}

func deleteCommand() *cli.Command {
	return &cli.Command{
		Name: "delete", Usage: "delete a message", ArgsUsage: "MESSAGE",
		UsageText:   "dankerchat delete msg_06bz6v5m0x3k9q8h7r2t4w1y5e\ndankerchat delete msg_06bz6v5m0x3k9q8h7r2t4w1y5e --yes",
		Description: "Its place in the timeline stays, without the text.",
		Flags:       cliutil.WriteFlags(),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			id, err := messageID(c.Args().First())
			if err != nil {
				return err
			}
			m, err := r.Message(c.Context, id)
			if err != nil {
				return err
			}
			if err := cliutil.Confirm(c, "Delete the message of @"+m.Author.Username+"?"); err != nil {
				return err
			}
			if !cliutil.DryRun(c) {
				if err := r.Delete(c.Context, id); err != nil {
					return err
				}
				if m, err = r.Message(c.Context, id); err != nil {
					return err
				}
			}
			return o.One("message", m, "id", "conversation_id", "position", "deleted_at")
		}),
	}
}

// mine is the message, if it is one's own.
func (r remote) mine(c *cli.Context, id string) (contracts.Message, error) {
	m, err := r.Message(c.Context, id)
	if err != nil {
		return m, err
	}
	me, err := r.Me(c.Context)
	if err != nil {
		return m, err
	}
	if m.Author.ID != me.ID {
		return m, contracts.ErrForbidden.With("only its author may change a message")
	}
	return m, nil
}

func messageID(text string) (string, error) {
	target, err := cliutil.ParseTarget(text)
	if err != nil {
		return "", err
	}
	if target.Kind != cliutil.TargetID || !contracts.ValidID(contracts.PrefixMessage, target.Value) {
		return "", cliutil.Usagef("%q is not the id of a message", text).WithHint("dankerchat read TARGET --fields=id,author.username,text shows the ids.")
	}
	return target.Value, nil
}
