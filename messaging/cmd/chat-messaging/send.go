package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func sendCommand() *cli.Command {
	return &cli.Command{
		Name: "send", Usage: "write a message", ArgsUsage: "TARGET TEXT...",
		UsageText: `chat-messaging send --as @backup @owner "backup done"
df -h | chat-messaging send --as @backup '#ops' -
chat-messaging send --as @backup @owner @./report.txt --client-msg-id backup-2026-11-22`,
		Description: "TARGET is @user (several: @owner,@member), '#channel' or a conversation's id. TEXT - is stdin, @./file a file.\nWith --client-msg-id a repeat is safe: it returns the first message.",
		Flags:       command.PostFlags(),
		Action: command.DoAs("a message", func(ctx context.Context, c *cli.Context, s command.Session) error {
			text, err := command.Text(c)
			if err != nil {
				return err
			}
			conversation, err := s.Conversation(ctx, c.Args().First(), true)
			if err != nil {
				return err
			}
			if conversation == "" { // a dry run in which the conversation would be made
				return s.Out.One("message", contracts.Message{Kind: contracts.MessageUser, Text: text,
					Author: contracts.UserRef{ID: s.Actor.UserID, Username: s.Actor.Username}, Mentions: []string{}}, command.MessageColumns...)
			}
			return s.Post(ctx, c, conversation, text)
		}),
	}
}
