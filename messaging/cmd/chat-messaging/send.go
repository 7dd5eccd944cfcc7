package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var messageColumns = []string{"position", "created_at", "author", "text", "id"}

func sendCommand() *cli.Command {
	return &cli.Command{
		Name: "send", Usage: "write a message", ArgsUsage: "TARGET TEXT...",
		UsageText: `chat-messaging send --as @backup @owner "backup done"
df -h | chat-messaging send --as @backup '#ops' -
chat-messaging send --as @backup @owner @./report.txt --client-msg-id backup-2026-11-22`,
		Description: "TARGET is @user (several: @owner,@member), '#channel' or a conversation's id. TEXT - is stdin, @./file a file.\nWith --client-msg-id a repeat is safe: it returns the first message.",
		Flags: cliutil.WriteFlags(
			&cli.StringFlag{Name: "client-msg-id", Usage: "`ID` that makes a repeat safe, up to 64 characters"},
		),
		Action: func(c *cli.Context) error {
			if err := needAuthor(c, "a message"); err != nil {
				return err
			}
			text, err := cliutil.Text(c, c.Args().Tail())
			if err != nil {
				return err
			}
			if err := contracts.ValidateText(text); err != nil {
				return err
			}
			return with(c, func(ctx context.Context, s session) error {
				conversation, err := s.Conversation(ctx, c.Args().First(), true)
				if err != nil {
					return err
				}
				if conversation == "" { // a dry run in which the conversation would be made
					return s.out.One("message", contracts.Message{Kind: contracts.MessageUser, Text: text,
						Author: contracts.UserRef{ID: s.Actor.UserID, Username: s.Actor.Username}, Mentions: []string{}}, messageColumns...)
				}
				m, duplicate, err := s.Channels.Post(ctx, s.Actor, contracts.NewMessage{ConversationID: conversation, Text: text, ClientMsgID: c.String("client-msg-id")})
				if err != nil {
					return err
				}
				if duplicate {
					s.out.Warnf("it was there already; nothing was written")
				}
				return s.out.One("message", m, messageColumns...)
			})
		},
	}
}
