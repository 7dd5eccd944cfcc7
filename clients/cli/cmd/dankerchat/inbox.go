package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// waiting is a conversation with something unread.
type waiting struct {
	ConversationID string                     `json:"conversation_id"`
	Name           string                     `json:"name"` // "#general", "@member"
	Kind           contracts.ConversationKind `json:"kind"`
	Unread         int64                      `json:"unread"`
	Mentions       int64                      `json:"mentions"`
	LastPostAt     *time.Time                 `json:"last_post_at"`
}

func inboxCommand() *cli.Command {
	return &cli.Command{
		Name: "inbox", Usage: "list the conversations with something unread",
		UsageText:   "dankerchat inbox\ndankerchat inbox --format=json --fields=name,unread,mentions\ndankerchat inbox --mark-all",
		Description: "Those with mentions come first, then the latest.",
		Flags: cliutil.WriteFlags(
			&cli.BoolFlag{Name: "mark-all", Usage: "then mark everything as read"},
		),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			me, err := r.Me(c.Context)
			if err != nil {
				return err
			}
			all, err := r.Conversations(c.Context)
			if err != nil {
				return err
			}
			rows := []waiting{}
			for _, m := range all {
				if m.Unread > 0 {
					rows = append(rows, waiting{m.ConversationID, nameOf(me.ID, m), m.Kind, m.Unread, m.Mentions, m.LastPostAt})
				}
			}
			slices.SortStableFunc(rows, func(a, b waiting) int {
				return cmp.Or(cmp.Compare(b.Mentions, a.Mentions), compareTimes(b.LastPostAt, a.LastPostAt), cmp.Compare(a.Name, b.Name))
			})
			if c.Bool("mark-all") && !cliutil.DryRun(c) {
				if _, err := r.MarkAllRead(c.Context); err != nil {
					return err
				}
			}
			return o.List("conversation", rows, contracts.PageInfo{}, "name", "unread", "mentions", "last_post_at")
		}),
	}
}

func compareTimes(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return a.Compare(*b)
}
