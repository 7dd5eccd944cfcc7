package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// find returns the id of the conversation that a person names: #channel or the bare
// name (# starts a comment in many shells), @user or @a,@b, an id, or a link. Unlike
// [remote.open] it makes no direct conversation.
func (r remote) find(ctx context.Context, text string) (string, error) {
	target, err := cliutil.ParseTarget(text)
	if err != nil {
		return "", err
	}
	switch target.Kind {
	case cliutil.TargetUser:
		return r.findDirect(ctx, strings.Split(target.Value, ","))
	case cliutil.TargetID:
		return r.byID(ctx, target.Value, false)
	}
	ch, err := r.channel(ctx, target.Value)
	return ch.ID, err
}

// open is find, but makes the direct conversation with somebody when there is none.
func (r remote) open(ctx context.Context, text string) (string, error) {
	target, err := cliutil.ParseTarget(text)
	if err != nil {
		return "", err
	}
	switch target.Kind {
	case cliutil.TargetUser:
		return r.Resolve(ctx, "@"+target.Value)
	case cliutil.TargetID:
		return r.byID(ctx, target.Value, true)
	}
	ch, err := r.channel(ctx, target.Value)
	return ch.ID, err
}

func (r remote) byID(ctx context.Context, id string, open bool) (string, error) {
	switch {
	case contracts.ValidID(contracts.PrefixConversation, id):
		return id, nil
	case contracts.ValidID(contracts.PrefixMessage, id):
		m, err := r.Message(ctx, id)
		return m.ConversationID, err
	case contracts.ValidID(contracts.PrefixUser, id) && open:
		dm, err := r.OpenDirect(ctx, id)
		return dm.ID, err
	case contracts.ValidID(contracts.PrefixUser, id):
		return r.findDirect(ctx, []string{id})
	}
	return "", cliutil.Usagef("%s names no conversation", id).WithHint("Use #channel, @user, or the id of a conversation, user or message.")
}

// channel finds a channel by name; a wrong name gets the nearest one as a hint.
func (r remote) channel(ctx context.Context, name string) (contracts.Channel, error) {
	ch, err := r.ChannelByName(ctx, name)
	if !errors.Is(err, contracts.ErrNotFound) {
		return ch, err
	}
	missing := contracts.ErrNotFound.With("channel #" + name + " not found").WithHint("dankerchat channel browse lists the channels.")
	var names []string
	for known, err := range r.Channels(ctx, "") {
		if err != nil || len(names) >= 1000 {
			break
		}
		names = append(names, known.Name)
	}
	if near := cliutil.Nearest(name, names); near != "" {
		missing = missing.WithHint("did you mean #" + near + "?")
	}
	return ch, missing
}

// user finds somebody by @name, name or id.
func (r remote) user(ctx context.Context, text string) (contracts.User, error) {
	if contracts.ValidID(contracts.PrefixUser, text) {
		var u contracts.User
		err := r.Do(ctx, http.MethodGet, "/users/"+url.PathEscape(text), nil, &u)
		return u, err
	}
	u, err := r.UserByName(ctx, text)
	if errors.Is(err, contracts.ErrNotFound) {
		name := strings.ToLower(strings.TrimPrefix(text, "@"))
		missing := contracts.ErrNotFound.With("user @" + name + " not found")
		var names []string
		for known, err := range r.Users(ctx, name[:min(2, len(name))]) {
			if err != nil || len(names) >= 1000 {
				break
			}
			names = append(names, known.Username)
		}
		if near := cliutil.Nearest(name, names); near != "" {
			missing = missing.WithHint("did you mean @" + near + "?")
		}
		return u, missing
	}
	return u, err
}

// users finds several; ids come back.
func (r remote) users(ctx context.Context, names []string) ([]string, error) {
	ids := make([]string, 0, len(names))
	for _, n := range names {
		u, err := r.user(ctx, n)
		if err != nil {
			return nil, err
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}

func (r remote) findDirect(ctx context.Context, with []string) (string, error) {
	me, err := r.Me(ctx)
	if err != nil {
		return "", err
	}
	want, err := r.users(ctx, with)
	if err != nil {
		return "", err
	}
	want = append(want, me.ID)
	slices.Sort(want)
	want = slices.Compact(want)
	all, err := r.Conversations(ctx)
	if err != nil {
		return "", err
	}
	for _, m := range all {
		if m.Direct == nil {
			continue
		}
		var ids []string
		for _, u := range m.Direct.Participants {
			ids = append(ids, u.ID)
		}
		slices.Sort(ids)
		if slices.Equal(ids, want) {
			return m.ConversationID, nil
		}
	}
	return "", contracts.ErrNotFound.With("no conversation with " + strings.Join(with, ", ") + " yet").WithHint("Send the first message, or run: dankerchat dm open @USER")
}

// names tells how conversations are called: "#general", "@member", "@member,@guest".
func names(me string, all []contracts.Membership) map[string]string {
	m := make(map[string]string, len(all))
	for _, c := range all {
		m[c.ConversationID] = nameOf(me, c)
	}
	return m
}

func nameOf(me string, c contracts.Membership) string {
	if c.Channel != nil {
		return "#" + c.Channel.Name
	}
	if c.Direct == nil {
		return c.ConversationID
	}
	return directName(me, *c.Direct)
}

// directName names the others; oneself alone is one's notes.
func directName(me string, d contracts.DirectConversation) string {
	var others []string
	own := "notes"
	for _, u := range d.Participants {
		if u.ID == me {
			own = "@" + u.Username
			continue
		}
		others = append(others, "@"+u.Username)
	}
	if len(others) == 0 {
		return own
	}
	return strings.Join(others, ",")
}

// list fetches a list of the server as --limit, --all and --cursor say.
func list[T any](c *cli.Context, r remote, path string, q url.Values) ([]T, contracts.PageInfo, error) {
	limit := c.Int("limit")
	if limit < 1 {
		return nil, contracts.PageInfo{}, cliutil.Usagef("--limit must be 1 or more")
	}
	if q == nil {
		q = url.Values{}
	}
	if cursor := c.String("cursor"); cursor != "" {
		q.Set("cursor", cursor)
	}
	var rows []T
	for {
		size := contracts.MaxLimit
		if !c.Bool("all") {
			size = min(size, limit-len(rows))
		}
		q.Set("limit", strconv.Itoa(size))
		var page contracts.Page[T]
		if err := r.Do(c.Context, http.MethodGet, path+"?"+q.Encode(), nil, &page); err != nil {
			return nil, contracts.PageInfo{}, err
		}
		rows = append(rows, page.Data...)
		if page.Page.Next == nil || !c.Bool("all") && len(rows) >= limit {
			return rows, page.Page, nil
		}
		q.Set("cursor", *page.Page.Next)
	}
}

// plural is "1 message", "2 messages".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
