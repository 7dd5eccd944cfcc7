package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func tailCommand() *cli.Command {
	return &cli.Command{
		Name: "tail", Usage: "show events of the log, one a line",
		UsageText: `chat-messaging tail -f --format jsonl
chat-messaging tail -f --conversation '#general'
chat-messaging tail -f --as @owner --mentions --from "$CURSOR"`,
		Description: "Reads the database, so it works with and without a running server. Each event carries a cursor; --from goes on after it.\nWithout --from it begins with what happens from now on (-f), or shows everything that is kept.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on as new events come, until interrupted"},
			&cli.StringFlag{Name: "conversation", Usage: "only of this `TARGET`: '#channel', @user or an id"},
			&cli.BoolFlag{Name: "mentions", Usage: "only messages that name the user of --as"},
			&cli.StringFlag{Name: "from", Usage: "after this `CURSOR` of an event, or start"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("mentions") {
				if err := command.NeedAs(c, "--mentions"); err != nil {
					return err
				}
			}
			if c.Bool("follow") {
				if err := cliutil.Output(c).Endless("--follow"); err != nil {
					return err
				}
			}
			return command.Do(tail)(c)
		},
	}
}

func tail(ctx context.Context, c *cli.Context, s command.Session) error {
	s.Out.Stream()
	filter := operator.Filter{Mentions: c.Bool("mentions")}
	if name := c.String("conversation"); name != "" {
		id, err := s.Conversation(ctx, name, false)
		if err != nil {
			return err
		}
		if !s.Actor.Operator {
			if in, err := s.Messaging.MemberOf(ctx, s.Actor.UserID, id); err != nil || !in {
				return cmp.Or[error](err, contracts.ErrNotFound.With("conversation "+name+" not found"))
			}
		}
		filter.Conversation = id
	}
	from := c.String("from")
	if from == "" && !c.Bool("follow") {
		from = "start"
	}
	cursor, err := s.Cursor(ctx, from)
	if err != nil {
		return err
	}
	return s.Follow(ctx, cursor, c.Bool("follow"), filter, func(e operator.Entry) error {
		return s.Out.Record("event", e, eventLine(e))
	})
}

// eventLine is an event for a person.
func eventLine(e operator.Entry) string {
	head := fmt.Sprintf("%s  %-20s", e.At.Format(cliutil.TimeFormat), e.Type)
	switch e.Type {
	case contracts.EventMessageCreated, contracts.EventMessageUpdated, contracts.EventMessageDeleted:
		var m contracts.Message
		if json.Unmarshal(e.Data, &m) == nil && m.ID != "" {
			return fmt.Sprintf("%s  %s  @%s: %s", head, m.ConversationID, cliutil.Visible(m.Author.Username), cliutil.Visible(m.Text))
		}
	}
	return head + "  " + cliutil.Visible(string(e.Data))
}
