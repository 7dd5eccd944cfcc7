package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

func getCommand() *cli.Command {
	return &cli.Command{
		Name: "get", Usage: "show one message", ArgsUsage: "MESSAGE",
		UsageText: "chat-messaging get msg_01h…\nchat-messaging get msg_01h… --format json --fields text",
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				m, err := found(ctx, s, c.Args().First())
				if err != nil {
					return err
				}
				return s.out.One("message", m)
			})
		},
	}
}

func editCommand() *cli.Command {
	return &cli.Command{
		Name: "edit", Usage: "replace the text of one's own message", ArgsUsage: "MESSAGE TEXT...",
		UsageText:   "chat-messaging edit --as @owner msg_01h… 'the right text'\nchat-messaging edit --as @owner msg_01h… - --if-version 1 < text",
		Description: "The former text stays in the message's history.",
		Flags:       cliutil.WriteFlags(&cli.Int64Flag{Name: "if-version", Usage: "only if the message still has this `VERSION`"}),
		Action: func(c *cli.Context) error {
			if err := needAuthor(c, "an edit"); err != nil {
				return err
			}
			text, err := cliutil.Text(c, c.Args().Tail())
			if err != nil {
				return err
			}
			return with(c, func(ctx context.Context, s session) error {
				m, err := found(ctx, s, c.Args().First())
				if err != nil {
					return err
				}
				if m, err = s.Messaging.Edit(ctx, s.Actor, m.ID, text, c.Int64("if-version")); err != nil {
					return err
				}
				return s.out.One("message", m, "id", "version", "edited_at", "text")
			})
		},
	}
}

func deleteCommand() *cli.Command {
	return &cli.Command{
		Name: "delete", Usage: "erase messages, with their history", ArgsUsage: "MESSAGE...",
		UsageText:   "chat-messaging delete --as @owner msg_01h…\nchat-messaging delete msg_01h… msg_01j… --yes",
		Description: "The operator erases any message, which is audited; with --as what that user may.",
		Flags:       cliutil.WriteFlags(),
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				if err := cliutil.Confirm(c, "Erase "+strings.Join(c.Args().Slice(), ", ")+"?"); err != nil {
					return err
				}
				return cliutil.Each(c, "message", c.Args().Slice(), func(name string) (any, error) {
					m, err := found(ctx, s, name)
					if err != nil {
						return nil, err
					}
					return s.DeleteMessage(ctx, s.Actor, m.ID)
				}, "id", "version", "deleted_at")
			})
		},
	}
}

func historyCommand() *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "show the earlier texts of an edited message", ArgsUsage: "MESSAGE",
		UsageText: "chat-messaging history msg_01h…",
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				m, err := found(ctx, s, c.Args().First())
				if err != nil {
					return err
				}
				list, err := s.Messaging.Revisions(ctx, s.Actor, m.ID)
				if err != nil {
					return err
				}
				return s.out.List("revision", list, contracts.PageInfo{}, "version", "at", "text")
			})
		},
	}
}
