package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// A guest sees those who share a conversation with them, and nobody else.

// acquaintances returns the ids of the people a guest may see, themselves included;
// nil for everybody else, who may see all.
func (w *Workspace) acquaintances(ctx context.Context, actor contracts.Actor) (map[string]bool, error) {
	if actor.Role != contracts.RoleGuest {
		return nil, nil // nil is "all", as the comment says
	}
	memberships, err := w.Messaging.Memberships(ctx, w.DB.Read, actor.UserID)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	seen := map[string]bool{actor.UserID: true}
	for _, m := range memberships {
		ids, err := w.Messaging.Participants(ctx, m.ConversationID)
		if err != nil {
			return nil, fmt.Errorf("read participants: %w", err)
		}
		for _, id := range ids {
			seen[id] = true
		}
	}
	return seen, nil
}

// Users returns a page of the people whom the actor may see, by user name.
func (w *Workspace) Users(ctx context.Context, actor contracts.Actor, req auth.UsersRequest) (contracts.Page[contracts.User], error) {
	seen, err := w.acquaintances(ctx, actor)
	if err != nil || seen == nil {
		if err != nil {
			return contracts.Page[contracts.User]{}, err
		}
		return w.Auth.Users(ctx, actor, req)
	}
	return w.usersAmong(ctx, req, seen)
}

// usersAmong pages through a guest's acquaintances, who are few.
func (w *Workspace) usersAmong(ctx context.Context, req auth.UsersRequest, seen map[string]bool) (contracts.Page[contracts.User], error) {
	none := contracts.Page[contracts.User]{}
	limit, err := req.Check()
	if err != nil {
		return none, err
	}
	var after string
	if req.After != "" {
		if err := contracts.DecodeCursor(req.After, &after); err != nil {
			return none, err
		}
	}
	query := strings.ToLower(strings.TrimSpace(req.Query))
	var users []contracts.User
	for id := range seen {
		u, err := w.Auth.User(ctx, id)
		if err != nil {
			return none, err
		}
		if u.Username > after && (query == "" || strings.Contains(u.Username, query) || strings.Contains(strings.ToLower(u.DisplayName), query)) {
			users = append(users, u)
		}
	}
	slices.SortFunc(users, func(a, b contracts.User) int { return strings.Compare(a.Username, b.Username) })
	if len(users) > limit {
		users = users[:limit+1]
	}
	return contracts.NewPage(users, limit, func(u contracts.User) string { return contracts.EncodeCursor(u.Username) }), nil
}

// User returns one person, with the email for themselves and those who manage users;
// [contracts.ErrNotFound] for whom the actor may not see.
func (w *Workspace) User(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	seen, err := w.acquaintances(ctx, actor)
	if err != nil {
		return contracts.User{}, err
	}
	if seen != nil && !seen[id] {
		return contracts.User{}, contracts.ErrNotFound
	}
	return w.Auth.UserFor(ctx, actor, id)
}

// OpenDirect is messaging's, for whom the actor may see: a guest writes to
// acquaintances only.
func (w *Workspace) OpenDirect(ctx context.Context, actor contracts.Actor, users []string) (contracts.DirectConversation, bool, error) {
	seen, err := w.acquaintances(ctx, actor)
	if err != nil {
		return contracts.DirectConversation{}, false, err
	}
	for i, id := range users {
		if seen != nil && !seen[id] {
			// What messaging answers about an id that nobody has.
			return contracts.DirectConversation{}, false, contracts.Invalid(fmt.Sprintf("/user_ids/%d", i), "no such user")
		}
	}
	return w.Messaging.OpenDirect(ctx, actor, users)
}

// MuteUser is messaging's, for whom the actor may see; [contracts.ErrNotFound] for
// anybody else.
func (w *Workspace) MuteUser(ctx context.Context, actor contracts.Actor, user string, level contracts.MuteLevel) (contracts.MutedUser, error) {
	seen, err := w.acquaintances(ctx, actor)
	if err != nil {
		return contracts.MutedUser{}, err
	}
	if seen != nil && !seen[user] {
		return contracts.MutedUser{}, contracts.ErrNotFound.With("there is no such user")
	}
	return w.Messaging.MuteUser(ctx, actor, user, level)
}

// Presence is whether a user is at hand.
type Presence struct {
	UserID string `json:"user_id"`
	State  string `json:"state"` // online or away
}

// Presence returns those of the people whom the actor may see who are online or away.
func (w *Workspace) Presence(ctx context.Context, actor contracts.Actor) ([]Presence, error) {
	seen, err := w.acquaintances(ctx, actor)
	if err != nil {
		return nil, err
	}
	list := []Presence{}
	for id, state := range w.Hub.Presence() {
		if (seen == nil || seen[id]) && state != "offline" {
			list = append(list, Presence{id, state})
		}
	}
	slices.SortFunc(list, func(a, b Presence) int { return strings.Compare(a.UserID, b.UserID) })
	return list, nil
}
