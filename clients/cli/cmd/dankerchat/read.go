package main

import (
	"context"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

func readCommand() *cli.Command {
	return &cli.Command{
		Name: "read", Usage: "show the latest messages of a conversation", ArgsUsage: "TARGET",
		UsageText: `dankerchat read '#general'
dankerchat read '#general' -n 100 --since 24h --format=jsonl
dankerchat read @member --unread --mark`,
		Description: "Oldest first. With --cursor, the next_cursor of an earlier answer, it goes on to older\nmessages.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Value: 20, Usage: "at most `N` messages, the latest ones"},
			&cli.BoolFlag{Name: "all", Usage: "every message, however many"},
			&cli.StringFlag{Name: "since", Usage: "only messages since `TIME`: 24h, 2026-11-25, 2026-11-25T16:00:00Z"},
			&cli.BoolFlag{Name: "unread", Usage: "only messages that are unread, however many"},
			&cli.BoolFlag{Name: "mark", Usage: "then mark the conversation as read up to the last one shown"},
			&cli.StringFlag{Name: "cursor", Usage: "go on before `CURSOR`, the next_cursor of an earlier answer"},
		},
		Action: signedIn(read),
	}
}

// A stretch says which messages are wanted.
type stretch struct {
	limit  int   // 0 is any number
	after  int64 // position
	since  time.Time
	before string // message id
}

func read(c *cli.Context, o *cliutil.Out, r remote) error {
	want := stretch{limit: c.Int("limit"), before: c.String("cursor")}
	if want.limit < 1 {
		return cliutil.Usagef("--limit must be 1 or more")
	}
	if c.Bool("all") || c.Bool("unread") && !c.IsSet("limit") || c.IsSet("since") && !c.IsSet("limit") {
		want.limit = 0
	}
	if want.before != "" && !contracts.ValidID(contracts.PrefixMessage, want.before) {
		return contracts.Invalid("/cursor", "the cursor is not one that read returned").WithHint("Leave it out to start at the latest message.")
	}
	var err error
	if want.since, err = parseSince(c.String("since"), time.Now()); err != nil {
		return err
	}
	conv, err := r.find(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	if c.Bool("unread") {
		m, err := r.Conversation(c.Context, conv)
		if err != nil {
			return err
		}
		want.after = m.LastReadPosition
	}
	messages, more, err := r.history(c.Context, conv, want)
	if err != nil {
		return err
	}
	if c.Bool("mark") && len(messages) > 0 {
		if _, err := r.MarkRead(c.Context, conv, messages[len(messages)-1].Position); err != nil {
			return err
		}
	}
	page := contracts.PageInfo{HasMore: more}
	if more && len(messages) > 0 {
		page.Next = &messages[0].ID
	}
	return o.List("message", messages, page, "created_at", "author", "text")
}

// history reads pages backwards until it has what is wanted; more says that there
// is something before.
func (r remote) history(ctx context.Context, conv string, want stretch) (messages []contracts.Message, more bool, err error) {
	newestFirst := []contracts.Message{}
	before := want.before
	for more = true; more; {
		size := contracts.MaxLimit
		if want.limit > 0 {
			size = min(size, want.limit-len(newestFirst))
		}
		h, err := r.Messages(ctx, conv, dankerchat.HistoryOptions{Before: before, Limit: size})
		if err != nil {
			return nil, false, err
		}
		for _, m := range slices.Backward(h.Messages) {
			if m.Position <= want.after || m.CreatedAt.Before(want.since) {
				slices.Reverse(newestFirst)
				return newestFirst, false, nil
			}
			newestFirst = append(newestFirst, m)
		}
		more = h.HasBefore && len(h.Messages) > 0
		if want.limit > 0 && len(newestFirst) >= want.limit {
			break
		}
		if more {
			before = h.Messages[0].ID
		}
	}
	slices.Reverse(newestFirst)
	return newestFirst, more, nil
}

// parseSince reads a duration before now, a day or a time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, cliutil.Usagef("--since cannot be %q", text).WithHint("Give a duration (90m, 24h), a day (2026-11-25) or a time (2026-11-25T16:00:00Z).")
}
