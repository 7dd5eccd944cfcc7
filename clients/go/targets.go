package dankerchat

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/dankerchat/dankerchat/contracts"
)

// targets remembers which conversation a "#channel" or "@user" is. A channel that
// is renamed keeps its id, so an entry can only become wrong when the name is given
// to another channel; it is dropped on the first "not found".
type targets struct {
	mu  sync.Mutex // guards ids
	ids map[string]string
}

func (t *targets) get(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ids[name]
}

func (t *targets) put(name, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ids == nil || len(t.ids) > 1000 {
		t.ids = map[string]string{}
	}
	t.ids[name] = id
}

func (t *targets) drop(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.ids, name)
}

// Resolve returns the id of the conversation that target names: "#channel",
// "@user" (the direct conversation is opened when there is none; several names
// separated by commas make a group), or an id, which is returned as it is.
func (c *Client) Resolve(ctx context.Context, target string) (string, error) {
	if strings.HasPrefix(target, contracts.PrefixConversation+"_") {
		return target, nil
	}
	if id := c.cache.get(target); id != "" {
		return id, nil
	}
	id := ""
	switch {
	case strings.HasPrefix(target, "#"):
		ch, err := c.ChannelByName(ctx, target[1:])
		if err != nil {
			return "", err
		}
		id = ch.ID
	case strings.HasPrefix(target, "@"):
		dm, err := c.OpenDirect(ctx, strings.Split(target, ",")...)
		if err != nil {
			return "", err
		}
		id = dm.ID
	default:
		return "", contracts.Invalid("/target", "“"+target+"” names no conversation").WithHint("Use #channel, @user or a conversation id (cnv_…).")
	}
	c.cache.put(target, id)
	return id, nil
}

// UserByName finds a user by name, with or without the @.
func (c *Client) UserByName(ctx context.Context, name string) (contracts.User, error) {
	name = strings.ToLower(strings.TrimPrefix(name, "@"))
	for u, err := range c.Users(ctx, name) {
		if err != nil {
			return contracts.User{}, err
		}
		if u.Username == name {
			return u, nil
		}
	}
	return contracts.User{}, contracts.ErrNotFound.With("user @" + name + " not found")
}

// OpenDirect finds or opens the direct conversation with the users, who are given
// as ids or names; oneself alone is the notes conversation.
func (c *Client) OpenDirect(ctx context.Context, users ...string) (contracts.DirectConversation, error) {
	ids := make([]string, 0, len(users))
	for _, u := range users {
		if !strings.HasPrefix(u, contracts.PrefixUser+"_") {
			user, err := c.UserByName(ctx, strings.TrimSpace(u))
			if err != nil {
				return contracts.DirectConversation{}, err
			}
			u = user.ID
		}
		ids = append(ids, u)
	}
	return call[contracts.DirectConversation](ctx, c, http.MethodPost, "/dms", map[string]any{"user_ids": ids})
}

// Directs walks one's direct conversations, the latest first.
func (c *Client) Directs(ctx context.Context) iter.Seq2[contracts.DirectConversation, error] {
	return pages[contracts.DirectConversation](ctx, c, "/dms", url.Values{})
}

// ChannelByName returns the channel with that name, with or without the #.
func (c *Client) ChannelByName(ctx context.Context, name string) (contracts.Channel, error) {
	return call[contracts.Channel](ctx, c, http.MethodGet, "/channels/by-name/"+url.PathEscape(strings.TrimPrefix(name, "#")), nil)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("dankerchat: encode: " + err.Error()) // maps of strings and times always encode
	}
	return b
}
