package dankerchat

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/dankerchat/dankerchat/contracts"
)

// NewChannel is what one creates.
type NewChannel struct {
	Name    string                     `json:"name"`
	Kind    contracts.ConversationKind `json:"kind"` // public or private
	Topic   string                     `json:"topic,omitempty"`
	Purpose string                     `json:"purpose,omitempty"`
	Members []string                   `json:"members,omitempty"` // user ids
}

// CreateChannel makes a channel; the caller becomes its owner.
func (c *Client) CreateChannel(ctx context.Context, n NewChannel) (contracts.Channel, error) {
	if n.Kind == "" {
		n.Kind = contracts.KindPublic
	}
	return call[contracts.Channel](ctx, c, http.MethodPost, "/channels", n)
}

// Channels walks the channels that one may see, by name; query filters by a part
// of the name. It asks for further pages as the loop goes on.
func (c *Client) Channels(ctx context.Context, filter string) iter.Seq2[contracts.Channel, error] {
	return pages[contracts.Channel](ctx, c, "/channels", url.Values{"query": {filter}})
}

// Channel returns one channel.
func (c *Client) Channel(ctx context.Context, target string) (contracts.Channel, error) {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return contracts.Channel{}, err
	}
	return call[contracts.Channel](ctx, c, http.MethodGet, "/channels/"+url.PathEscape(id), nil)
}

// Join makes one a member of a public channel.
func (c *Client) Join(ctx context.Context, target string) error { return c.act(ctx, target, "join") }

// Leave ends one's membership of a channel.
func (c *Client) Leave(ctx context.Context, target string) error { return c.act(ctx, target, "leave") }

// Archive makes a channel read-only.
func (c *Client) Archive(ctx context.Context, target string) error {
	return c.act(ctx, target, "archive")
}

// Unarchive opens it again.
func (c *Client) Unarchive(ctx context.Context, target string) error {
	return c.act(ctx, target, "unarchive")
}

func (c *Client) act(ctx context.Context, target, what string) error {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return err
	}
	return c.Do(ctx, http.MethodPost, "/channels/"+url.PathEscape(id)+"/"+what, nil, nil)
}

// ChannelUpdate changes what is not nil.
type ChannelUpdate struct {
	Name    *string                     `json:"name,omitempty"`
	Topic   *string                     `json:"topic,omitempty"`
	Purpose *string                     `json:"purpose,omitempty"`
	Kind    *contracts.ConversationKind `json:"kind,omitempty"`
}

// UpdateChannel renames a channel or changes its topic, purpose or kind.
func (c *Client) UpdateChannel(ctx context.Context, target string, u ChannelUpdate) (contracts.Channel, error) {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return contracts.Channel{}, err
	}
	return call[contracts.Channel](ctx, c, http.MethodPatch, "/channels/"+url.PathEscape(id), u)
}

// Members walks a channel's members.
func (c *Client) Members(ctx context.Context, target string) iter.Seq2[contracts.Member, error] {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return func(yield func(contracts.Member, error) bool) { yield(contracts.Member{}, err) }
	}
	return pages[contracts.Member](ctx, c, "/channels/"+url.PathEscape(id)+"/members", url.Values{})
}

// AddMembers adds users, given by id, to a channel.
func (c *Client) AddMembers(ctx context.Context, target string, users ...string) error {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return err
	}
	return c.Do(ctx, http.MethodPost, "/channels/"+url.PathEscape(id)+"/members", map[string]any{"user_ids": users}, nil)
}

// RemoveMember removes a user, given by id, from a channel.
func (c *Client) RemoveMember(ctx context.Context, target, user string) error {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return err
	}
	return c.Do(ctx, http.MethodDelete, "/channels/"+url.PathEscape(id)+"/members/"+url.PathEscape(user), nil, nil)
}

// SetMemberRole changes a member's role in the channel; the user is given by id.
func (c *Client) SetMemberRole(ctx context.Context, target, user string, role contracts.Role) error {
	id, err := c.Resolve(ctx, target)
	if err != nil {
		return err
	}
	return c.Do(ctx, http.MethodPatch, "/channels/"+url.PathEscape(id)+"/members/"+url.PathEscape(user), map[string]any{"role": role}, nil)
}

// Users walks the users that one may see, by name; filter is a part of a name.
func (c *Client) Users(ctx context.Context, filter string) iter.Seq2[contracts.User, error] {
	return pages[contracts.User](ctx, c, "/users", url.Values{"query": {filter}})
}

// pages walks a list page by page.
func pages[T any](ctx context.Context, c *Client, path string, q url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q = url.Values(http.Header(q).Clone())
		if q.Get("query") == "" {
			q.Del("query")
		}
		q.Set("limit", "200")
		for {
			var page contracts.Page[T]
			if err := c.Do(ctx, http.MethodGet, path+query(q), nil, &page); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range page.Data {
				if !yield(row, nil) {
					return
				}
			}
			if page.Page.Next == nil {
				return
			}
			q.Set("cursor", *page.Page.Next)
		}
	}
}
