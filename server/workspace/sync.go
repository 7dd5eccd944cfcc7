package workspace

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Sync is a user's whole state with the cursor up to which it is complete: the state
// with the later events applied is the later state.
type Sync struct {
	Cursor        contracts.Cursor       `json:"cursor"`
	Me            contracts.User         `json:"me"`
	Workspace     Name                   `json:"workspace"`
	Users         []contracts.User       `json:"users"`
	Conversations []contracts.Membership `json:"conversations"`
	Presence      []Presence             `json:"presence"`
	MutedUsers    []contracts.MutedUser  `json:"muted_users"`
}

// Name is what everybody may know of the workspace.
type Name struct {
	Name          string                   `json:"name"`
	ProfileFields []contracts.ProfileField `json:"profile_fields"`
}

// Sync returns the actor's state. Conversations, muted users and cursor are of one snapshot; what
// is read after it is never older, and events about it that come again change nothing.
func (w *Workspace) Sync(ctx context.Context, actor contracts.Actor) (Sync, error) {
	if !actor.Can(contracts.PermReadMessages) {
		return Sync{}, contracts.ErrForbidden.With("not allowed: " + string(contracts.PermReadMessages) + " is needed")
	}
	var s Sync
	err := w.DB.Snapshot(ctx, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		var err error
		if s.Cursor, err = eventlog.Head(ctx, tx); err != nil {
			return err
		}
		if s.Conversations, err = w.memberships(ctx, tx, actor); err != nil {
			return err
		}
		s.MutedUsers, err = w.Messaging.MutedUsersOf(ctx, tx, actor.UserID)
		return err
	})
	if err != nil {
		return Sync{}, fmt.Errorf("sync: %w", err)
	}
	if s.Me, err = w.Auth.UserFor(ctx, actor, actor.UserID); err != nil {
		return Sync{}, fmt.Errorf("sync: %w", err)
	}
	settings, err := w.Admin.Settings(ctx)
	if err != nil {
		return Sync{}, fmt.Errorf("sync: %w", err)
	}
	s.Workspace = Name{settings.Name, settings.ProfileFields}
	if s.Users, err = w.everybody(ctx, actor); err != nil {
		return Sync{}, fmt.Errorf("sync: %w", err)
	}
	if s.Presence, err = w.Presence(ctx, actor); err != nil {
		return Sync{}, fmt.Errorf("sync: %w", err)
	}
	return s, nil
}

// Memberships returns the actor's sidebar.
func (w *Workspace) Memberships(ctx context.Context, actor contracts.Actor) ([]contracts.Membership, error) {
	return w.memberships(ctx, w.DB.Read, actor)
}

func (w *Workspace) memberships(ctx context.Context, q eventlog.Querier, actor contracts.Actor) ([]contracts.Membership, error) {
	list, err := w.Messaging.Memberships(ctx, q, actor.UserID)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	if err := w.Channels.Fill(ctx, q, list); err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	if list == nil {
		list = []contracts.Membership{}
	}
	return list, nil
}

// Membership returns one conversation of the actor's sidebar; [contracts.ErrNotFound]
// when they do not take part in it.
func (w *Workspace) Membership(ctx context.Context, actor contracts.Actor, conversation string) (contracts.Membership, error) {
	m, err := w.Messaging.Membership(ctx, actor, conversation)
	if err != nil {
		return m, err
	}
	one := []contracts.Membership{m}
	if err := w.Channels.Fill(ctx, w.DB.Read, one); err != nil {
		return m, fmt.Errorf("read channel: %w", err)
	}
	return one[0], nil
}

// everybody is all pages of Users.
func (w *Workspace) everybody(ctx context.Context, actor contracts.Actor) ([]contracts.User, error) {
	all := []contracts.User{}
	req := auth.UsersRequest{PageRequest: contracts.PageRequest{Limit: contracts.MaxLimit}}
	for {
		page, err := w.Users(ctx, actor, req)
		if err != nil {
			return nil, err
		}
		for _, u := range page.Data {
			all = append(all, u.Public()) // the state that events keep up to date has no emails
		}
		if page.Page.Next == nil {
			return all, nil
		}
		req.After = *page.Page.Next
	}
}
