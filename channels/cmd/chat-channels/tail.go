package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/workspace/command"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

// said is a message as tail shows it: what happened, the message, and the cursor to
// go on from.
type said struct {
	Type string `json:"type"`
	contracts.Message
	Cursor string `json:"cursor,omitempty"`
}

func tailCommand() *cli.Command {
	return &cli.Command{
		Name: "tail", Usage: "show the newest messages of a channel, and those to come", ArgsUsage: "CHANNEL",
		UsageText: `chat-channels tail '#ops'
chat-channels tail '#ops' -f -n 0 --format jsonl
chat-channels tail '#ops' -f --from "$CURSOR" --format jsonl`,
		Description: "Reads the database, so it works with and without a running server. Edits and deletions show as lines of their own.\nA line carries a cursor; --from goes on after it without a gap.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on as new messages come, until interrupted"},
			&cli.IntFlag{Name: "lines", Aliases: []string{"n"}, Value: 10, Usage: "begin with the newest `N` messages, up to 200"},
			&cli.StringFlag{Name: "from", Usage: "begin after this `CURSOR` instead"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("follow") {
				if err := cliutil.Output(c).Endless("--follow"); err != nil {
					return err
				}
			}
			if n := c.Int("lines"); n < 0 || n > contracts.MaxLimit {
				return cliutil.Usagef("--lines must be 0 to %d", contracts.MaxLimit)
			}
			return command.Do(command.OnChannel(tail))(c)
		},
	}
}

func tail(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel) error {
	s.Out.Stream()
	from, err := s.Cursor(ctx, c.String("from"))
	if err != nil {
		return err
	}
	var shown int64 // the position of the newest message that was shown already
	if c.String("from") == "" {
		if shown, err = newest(ctx, c, s, ch, operator.FormatCursor(from)); err != nil || !c.Bool("follow") {
			return err
		}
	}
	types := []string{contracts.EventMessageCreated, contracts.EventMessageUpdated, contracts.EventMessageDeleted}
	return s.Follow(ctx, from, c.Bool("follow"), operator.Filter{Conversation: ch.ID, Types: types}, func(e operator.Entry) error {
		var m contracts.Message
		if err := json.Unmarshal(e.Data, &m); err != nil {
			return fmt.Errorf("read event %d: %w", e.Position, err)
		}
		// An erased message has no content any more; and what was posted between the
		// look at the log and the one at the history was shown by the latter.
		if m.ID == "" || e.Type == contracts.EventMessageCreated && m.Position <= shown {
			return nil
		}
		return show(s, said{e.Type, m, e.Cursor})
	})
}

// newest shows the newest messages and returns the position of the last one. The
// caller has looked at the log before, at cursor, so that nothing falls in between.
func newest(ctx context.Context, c *cli.Context, s command.Session, ch contracts.Channel, cursor string) (int64, error) {
	n := c.Int("lines")
	h, err := s.Messaging.Messages(ctx, s.Actor, ch.ID, messaging.HistoryRequest{Limit: max(n, 1)}) // also when none shows: may one read it at all
	if err != nil || n == 0 {
		return 0, err
	}
	var shown int64
	for i, m := range h.Messages {
		line := said{Type: contracts.EventMessageCreated, Message: m}
		if i == len(h.Messages)-1 {
			line.Cursor = cursor
		}
		if err := show(s, line); err != nil {
			return 0, err
		}
		shown = m.Position
	}
	return shown, nil
}

func show(s command.Session, m said) error {
	mark := ""
	switch {
	case m.Type == contracts.EventMessageDeleted || m.DeletedAt != nil:
		mark, m.Text = " (deleted)", ""
	case m.Type == contracts.EventMessageUpdated || m.EditedAt != nil:
		mark = " (edited)"
	}
	line := fmt.Sprintf("%s  @%s: %s%s", m.CreatedAt.Format(cliutil.TimeFormat), cliutil.Visible(m.Author.Username), cliutil.Visible(m.Text), mark)
	return s.Out.Record("message", m, line)
}
