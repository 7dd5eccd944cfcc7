package dankerchat

import (
	"context"
	"net/http"

	"github.com/dankerchat/dankerchat/contracts"
)

// Sync is the whole state of the one who asks, complete up to Cursor: this state
// and the events after the cursor are the fresh state.
type Sync struct {
	Cursor        contracts.Cursor       `json:"cursor"`
	Me            contracts.User         `json:"me"`
	Workspace     Workspace              `json:"workspace"`
	Users         []contracts.User       `json:"users"` // those whom one may see
	Conversations []contracts.Membership `json:"conversations"`
	Presence      []Presence             `json:"presence"`    // who is left out is offline
	MutedUsers    []contracts.MutedUser  `json:"muted_users"` // whom one has muted or blocked
}

// Workspace is what everybody may know of the workspace.
type Workspace struct {
	Name          string                   `json:"name"`
	ProfileFields []contracts.ProfileField `json:"profile_fields"` // what people are asked about in their profiles
}

// Presence says whether somebody is connected: online, away or offline.
type Presence struct {
	UserID string `json:"user_id"`
	State  string `json:"state"`
}

// Sync fetches the state. After a [Resync] event the state is fetched anew.
func (c *Client) Sync(ctx context.Context) (Sync, error) {
	return call[Sync](ctx, c, http.MethodGet, "/sync", nil)
}

// Presence lists who is online or away.
func (c *Client) Presence(ctx context.Context) ([]Presence, error) {
	page, err := call[contracts.Page[Presence]](ctx, c, http.MethodGet, "/presence", nil)
	return page.Data, err
}
