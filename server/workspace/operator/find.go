package operator

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
)

// User finds a user, without the email address, by "@name", name or id. [contracts.ErrNotFound] names the
// nearest name in its hint.
func (s *Session) User(ctx context.Context, name string) (contracts.User, error) {
	if contracts.ValidID(contracts.PrefixUser, name) {
		return s.Auth.User(ctx, name)
	}
	short := strings.TrimPrefix(name, "@")
	u, err := s.Auth.UserByName(ctx, short)
	if !errors.Is(err, contracts.ErrNotFound) {
		return u, err
	}
	others, err := s.Auth.Users(ctx, contracts.Operator, auth.UsersRequest{PageRequest: contracts.PageRequest{Limit: contracts.MaxLimit}})
	return u, missing(s, "user @", short, others.Data, err, func(u contracts.User) string { return u.Username })
}

// Users finds several users as [Session.User] does.
func (s *Session) Users(ctx context.Context, names []string) ([]contracts.User, error) {
	found := make([]contracts.User, len(names))
	for i, name := range names {
		u, err := s.User(ctx, name)
		if err != nil {
			return nil, err
		}
		found[i] = u
	}
	return found, nil
}

// Channel finds a channel that the actor may know of, by "#name", name or id.
func (s *Session) Channel(ctx context.Context, name string) (contracts.Channel, error) {
	if contracts.ValidID(contracts.PrefixConversation, name) {
		return s.Channels.Channel(ctx, s.Actor, name)
	}
	short := strings.TrimPrefix(name, "#")
	c, err := s.Channels.ByName(ctx, s.Actor, short)
	if !errors.Is(err, contracts.ErrNotFound) {
		return c, err
	}
	others, err := s.Channels.Channels(ctx, s.Actor, channels.ChannelsRequest{PageRequest: contracts.PageRequest{Limit: contracts.MaxLimit}})
	return c, missing(s, "channel #", short, others.Data, err, func(c contracts.Channel) string { return c.Name })
}

// Conversation finds the id of a conversation: "#name" is a channel, "@user" the
// actor's direct conversation with that user ("@user,@other" with several), else an
// id. A direct conversation that does not exist yet is made when open is set, and
// otherwise not found.
func (s *Session) Conversation(ctx context.Context, target string, open bool) (string, error) {
	switch {
	case strings.HasPrefix(target, "#"):
		c, err := s.Channel(ctx, target)
		return c.ID, err
	case contracts.ValidID(contracts.PrefixConversation, target):
		return target, nil
	case strings.HasPrefix(target, "@"), contracts.ValidID(contracts.PrefixUser, target):
		return s.direct(ctx, strings.Split(target, ","), open)
	}
	return "", contracts.Invalid("/target", `"`+target+`" names no conversation`).WithHint("Name a channel as #" + target + ", a user as @" + target + ", or give an id.")
}

func (s *Session) direct(ctx context.Context, names []string, open bool) (string, error) {
	if s.Actor.Operator {
		return "", contracts.Invalid("/target", "the operator has no direct conversations").WithHint("Say whose: --as @user.")
	}
	users, err := s.Users(ctx, names)
	if err != nil {
		return "", err
	}
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	if open {
		d, _, err := s.Messaging.OpenDirect(ctx, s.Actor, ids)
		return d.ID, err
	}
	want := append(slices.Clone(ids), s.Actor.UserID)
	slices.Sort(want)
	want = slices.Compact(want)
	for req := (contracts.PageRequest{Limit: contracts.MaxLimit}); ; {
		page, err := s.Messaging.Directs(ctx, s.Actor, req)
		if err != nil {
			return "", err
		}
		for _, d := range page.Data {
			var have []string
			for _, p := range d.Participants {
				have = append(have, p.ID)
			}
			slices.Sort(have)
			if slices.Equal(have, want) {
				return d.ID, nil
			}
		}
		if page.Page.Next == nil {
			return "", contracts.ErrNotFound.With("no direct conversation with " + strings.Join(names, ", ") + " yet")
		}
		req.After = *page.Page.Next
	}
}

// Name is what people call the user or conversation with an id: "@member", "#ops", of a
// direct conversation the participants but the actor. What has no name is itself.
func (s *Session) Name(ctx context.Context, id string) (string, error) {
	switch {
	case contracts.ValidID(contracts.PrefixUser, id):
		refs, err := s.Auth.Refs(ctx, []string{id})
		if ref, ok := refs[id]; ok {
			return "@" + ref.Username, err
		}
		return id, err
	case !contracts.ValidID(contracts.PrefixConversation, id):
		return id, nil
	}
	ch, err := s.Channels.Channel(ctx, contracts.Operator, id)
	if !errors.Is(err, contracts.ErrNotFound) {
		return "#" + ch.Name, err
	}
	d, err := s.Messaging.Direct(ctx, contracts.Operator, id)
	if errors.Is(err, contracts.ErrNotFound) {
		return id, nil
	}
	var names []string
	for _, p := range d.Participants {
		if p.ID != s.Actor.UserID || len(d.Participants) == 1 {
			names = append(names, "@"+p.Username)
		}
	}
	return strings.Join(names, ","), err
}

// missing says that there is no "channel #" or "user @" of the name that was typed, with
// the nearest of others as a hint; err is about reading those.
func missing[T any](s *Session, what, typed string, others []T, err error, name func(T) string) error {
	failure := contracts.ErrNotFound.With(what + typed + " not found")
	if err != nil || s.nearest == nil {
		return failure
	}
	names := make([]string, len(others))
	for i, other := range others {
		names[i] = name(other)
	}
	if n := s.nearest(typed, names); n != "" {
		return failure.WithHint("did you mean " + what[len(what)-1:] + n + "?")
	}
	return failure
}
