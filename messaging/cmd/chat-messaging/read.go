package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

var readColumns = []string{"name", "unread", "mentions", "last_read_position", "last_position", "conversation_id"}

// readState says what has been read of a conversation, and what people call that.
type readState struct {
	Name string `json:"name"`
	contracts.ReadState
}

func readStates(ctx context.Context, s command.Session, states ...contracts.ReadState) ([]readState, error) {
	list := make([]readState, len(states))
	for i, state := range states {
		name, err := s.Name(ctx, state.ConversationID)
		if err != nil {
			return nil, err
		}
		list[i] = readState{name, state}
	}
	return list, nil
}

func unreadCommand() *cli.Command {
	return &cli.Command{
		Name: "unread", Usage: "show where somebody has unread messages",
		UsageText: "chat-messaging unread --as @owner\nchat-messaging unread --as @owner --format json",
		Action: command.DoAs("unread counts", func(ctx context.Context, _ *cli.Context, s command.Session) error {
			states, err := s.Messaging.Unread(ctx, s.Actor)
			if err != nil {
				return err
			}
			list, err := readStates(ctx, s, states...)
			if err != nil {
				return err
			}
			return s.Out.List("read_state", list, contracts.PageInfo{}, readColumns...)
		}),
	}
}

func readCommand() *cli.Command {
	return &cli.Command{
		Name: "read", Usage: "mark messages as read", ArgsUsage: "[TARGET]",
		UsageText: `chat-messaging read --as @owner '#general'
chat-messaging read --as @owner @member --to 41
chat-messaging read --as @owner --all`,
		Description: "Without --to everything in the conversation. A position that was read already changes nothing.",
		Flags: cliutil.WriteFlags(
			&cli.Int64Flag{Name: "to", Usage: "up to this `POSITION`"},
			&cli.BoolFlag{Name: "all", Usage: "in all conversations"},
		),
		Action: command.DoAs("reading", markRead),
	}
}

func markRead(ctx context.Context, c *cli.Context, s command.Session) error {
	if c.Bool("all") == (c.NArg() == 1) || c.Bool("all") && c.IsSet("to") {
		return cliutil.Usagef("name a conversation, or --all").WithHint("chat-messaging unread --as @user shows what is unread.")
	}
	if c.Bool("all") {
		states, err := s.Messaging.MarkAllRead(ctx, s.Actor)
		if err != nil {
			return err
		}
		list, err := readStates(ctx, s, states...)
		if err != nil {
			return err
		}
		return s.Out.List("read_state", list, contracts.PageInfo{}, readColumns...)
	}
	conversation, err := s.Conversation(ctx, c.Args().First(), false)
	if err != nil {
		return err
	}
	to := c.Int64("to")
	if !c.IsSet("to") {
		m, err := s.Messaging.Membership(ctx, s.Actor, conversation)
		if err != nil {
			return err
		}
		to = m.LastPosition
	}
	state, err := s.Messaging.MarkRead(ctx, s.Actor, conversation, to)
	if err != nil {
		return err
	}
	list, err := readStates(ctx, s, state)
	if err != nil {
		return err
	}
	return s.Out.One("read_state", list[0], readColumns...)
}
