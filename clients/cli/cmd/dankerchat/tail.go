package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

func tailCommand() *cli.Command {
	return &cli.Command{
		Name: "tail", Usage: "show messages as they come", ArgsUsage: "[TARGET...]",
		UsageText: `dankerchat tail -f
dankerchat tail -f '#general' @member -n 10
dankerchat tail -f --mentions --format=jsonl`,
		Description: `Without TARGET it shows all conversations. When the connection is lost it connects again
by itself and goes on where it was. Of muted people it shows no text, but in jsonl. Each record of jsonl carries the cursor after it;
--from goes on after one. When the server cannot go on from there, a record of type
resync says so: messages may have been missed, and read shows them.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "stay and show what comes"},
			&cli.IntFlag{Name: "limit", Aliases: []string{"n"}, Usage: "first show the latest `N` messages of each TARGET", Value: 10, DefaultText: "10 without -f, else 0"},
			&cli.BoolFlag{Name: "mentions", Usage: "only messages that mention one"},
			&cli.StringFlag{Name: "from", Usage: "go on after `CURSOR`, which an earlier record carried"},
			&cli.IntFlag{Name: "count", Usage: "end after `N` records; 0 is never"},
		},
		Action: signedIn(tail),
	}
}

// record is one line of the stream.
type record struct {
	Type         string          `json:"type"`
	At           time.Time       `json:"at"`
	Cursor       string          `json:"cursor,omitempty"`
	Conversation string          `json:"conversation,omitempty"` // "#general", "@member"
	D            json.RawMessage `json:"d"`
}

// follower shows events; names are those of the conversations.
type follower struct {
	out      *cliutil.Out
	remote   remote
	me       contracts.User
	names    map[string]string
	muted    map[string]bool // users
	only     map[string]bool // conversations, nil is all
	begun    map[string]bool // messages shown before the stream, which may bring them too
	mentions bool
	left     int // records until the end, below 0 is no end
}

func tail(c *cli.Context, o *cliutil.Out, r remote) error {
	follow, n := c.Bool("follow"), c.Int("limit")
	if follow {
		if err := o.Endless("tail -f"); err != nil {
			return err
		}
		if !c.IsSet("limit") {
			n = 0
		}
	} else if c.NArg() == 0 || c.IsSet("from") || c.IsSet("mentions") {
		return cliutil.Usagef("tail without -f needs a TARGET, and no --from or --mentions").WithHint("Add -f to see what comes.")
	}
	if n < 0 || c.Int("count") < 0 {
		return cliutil.Usagef("--limit and --count must not be negative")
	}
	var from *contracts.Cursor
	if text := c.String("from"); text != "" {
		from = &contracts.Cursor{}
		if err := contracts.DecodeCursor(text, &from.Epoch, &from.Position, &from.Mark); err != nil {
			return contracts.Invalid("/from", "--from is not a cursor that tail gave").WithHint("Leave it out to start now.")
		}
	}
	state, err := r.Sync(c.Context)
	if err != nil {
		return err
	}
	if from == nil {
		from = &state.Cursor // nothing is lost between the latest messages and the stream
	}
	f := &follower{out: o, remote: r, me: state.Me, names: names(state.Me.ID, state.Conversations), muted: map[string]bool{}, begun: map[string]bool{}, mentions: c.Bool("mentions"), left: c.Int("count")}
	if f.left == 0 {
		f.left = -1
	}
	for _, u := range state.MutedUsers {
		f.muted[u.User.ID] = true
	}
	shown, err := f.latest(c, n)
	if err != nil {
		return err
	}
	if !follow {
		return o.List("message", shown, contracts.PageInfo{}, "created_at", "author", "text")
	}
	for _, m := range shown {
		f.begun[m.ID] = true
		if done, err := f.message(contracts.EventMessageCreated, m.CreatedAt, "", m); done || err != nil {
			return err
		}
	}
	return f.run(c, from)
}

// latest resolves the targets and reads the newest n messages of each, in the order
// in which they were written.
func (f *follower) latest(c *cli.Context, n int) ([]contracts.Message, error) {
	shown := []contracts.Message{}
	for _, target := range c.Args().Slice() {
		conv, err := f.remote.find(c.Context, target)
		if err != nil {
			return nil, err
		}
		if f.only == nil {
			f.only = map[string]bool{}
		}
		if f.only[conv] {
			continue
		}
		f.only[conv] = true
		if _, known := f.names[conv]; !known {
			if _, err := f.remote.Conversation(c.Context, conv); err != nil {
				return nil, contracts.ErrForbidden.With("you are not a member of " + target).WithHint("Run: dankerchat channel join " + target)
			}
		}
		if n > 0 {
			h, _, err := f.remote.history(c.Context, conv, stretch{limit: n})
			if err != nil {
				return nil, err
			}
			shown = append(shown, h...)
		}
	}
	slices.SortStableFunc(shown, func(a, b contracts.Message) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return shown, nil
}

func (f *follower) run(c *cli.Context, from *contracts.Cursor) error {
	down := false
	stream := f.remote.Stream(dankerchat.StreamOptions{From: from, OnState: func(s dankerchat.State) {
		switch {
		case !s.Live && !down:
			down = true
			f.out.Notef("connection lost, trying again by itself: %s", cliutil.Visible(fmt.Sprint(s.Err)))
		case s.Live && down:
			down = false
			f.out.Notef("connected again, %s", plural(s.Replayed, "missed event"))
		}
	}})
	for ev, err := range stream.Events(c.Context) {
		if err != nil {
			return err
		}
		if done, err := f.take(ev); done || err != nil {
			return err
		}
	}
	return c.Context.Err()
}

// take shows one event, if it is wanted, and says whether that was the last one.
func (f *follower) take(ev dankerchat.Event) (done bool, err error) {
	cursor := contracts.EncodeCursor(ev.Cursor.Epoch, ev.Cursor.Position, ev.Cursor.Mark)
	switch ev.Type {
	case dankerchat.Resync:
		f.out.Warnf("the server could not go on where this was: messages may be missing here; dankerchat read shows them")
		if f.out.Format() == "table" {
			return false, nil
		}
		return false, f.out.Record("resync", record{Type: ev.Type, At: ev.At, Cursor: cursor, D: ev.Data}, "")
	case contracts.EventChannelCreated, contracts.EventChannelUpdated:
		var ch contracts.Channel
		if json.Unmarshal(ev.Data, &ch) == nil && ch.Name != "" {
			f.names[ch.ID] = "#" + ch.Name
		}
	case contracts.EventMutedUserUpdated:
		var change contracts.MutedUserChange
		if json.Unmarshal(ev.Data, &change) == nil {
			f.muted[change.UserID] = change.MutedUser != nil
		}
	case contracts.EventDirectCreated:
		var d contracts.DirectConversation
		if json.Unmarshal(ev.Data, &d) == nil {
			f.names[d.ID] = directName(f.me.ID, d)
		}
	}
	m, ok := ev.Message()
	if !ok || f.only != nil && !f.only[m.ConversationID] || f.mentions && !f.mentioned(m) {
		return false, nil
	}
	if ev.Type == contracts.EventMessageCreated && f.begun[m.ID] {
		return false, nil
	}
	return f.message(ev.Type, ev.At, cursor, m)
}

func (f *follower) mentioned(m contracts.Message) bool {
	return m.Author.ID != f.me.ID && !f.muted[m.Author.ID] && (m.MentionAll || slices.Contains(m.Mentions, f.me.ID))
}

func (f *follower) message(kind string, at time.Time, cursor string, m contracts.Message) (done bool, err error) {
	d, err := json.Marshal(m)
	if err != nil {
		return false, fmt.Errorf("encode message: %w", err)
	}
	name := f.names[m.ConversationID]
	if name == "" {
		name = m.ConversationID
	}
	shown := m
	if f.muted[m.Author.ID] && m.Kind == contracts.MessageUser {
		shown.Text = "(message of a muted person)"
	}
	err = f.out.Record(kind, record{kind, at, cursor, name, d}, line(kind, name, shown))
	f.left--
	return f.left == 0, err
}

// line is a message for a person: "16:19 #general @member: hi".
func line(kind, where string, m contracts.Message) string {
	var b strings.Builder
	b.WriteString(m.CreatedAt.Local().Format("15:04") + " " + cliutil.Visible(where) + " ")
	if m.Kind == contracts.MessageSystem {
		b.WriteString("* ")
		if m.Author.Username != "" {
			b.WriteString("@" + m.Author.Username + " ")
		}
		b.WriteString(cliutil.Visible(m.Text))
		return b.String()
	}
	b.WriteString("@" + m.Author.Username + ": ")
	switch kind {
	case contracts.EventMessageUpdated:
		b.WriteString("(edited) ")
	case contracts.EventMessageDeleted:
		b.WriteString("(deleted)")
	}
	b.WriteString(cliutil.Visible(m.Text))
	return b.String()
}
