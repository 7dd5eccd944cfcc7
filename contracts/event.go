package contracts

import (
	"encoding/json"
	"time"
)

// Event is one entry of the workspace's log: something that happened, in commit
// order, at a position without gaps. The log stores references, never message
// bodies: Data is made from the current rows when the event is delivered.
type Event struct {
	Position int64     `json:"position"` // in the log, from 1; 0 for an ephemeral event
	Mark     string    `json:"mark"`     // short random text, to recognise another history at the same position
	Type     string    `json:"type"`     // one of the Event… constants
	Scope    string    `json:"-"`        // a conversation id, a user id, or ScopeWorkspace: who may see it
	Actor    string    `json:"-"`        // the user who caused it, "" for the operator or the system
	Subject  string    `json:"-"`        // the id of what it is about (message, user, conversation, token)
	Refs     string    `json:"-"`        // small JSON object of further references and numbers, "" for none
	At       time.Time `json:"at"`
	// Data is the payload as clients get it; nil until rendered.
	Data json.RawMessage `json:"d"`
}

// Scopes that are neither a conversation nor a user.
const (
	ScopeWorkspace = "ws"      // every active user
	ScopeMembers   = "members" // every active user but guests; those of the conversation that is the subject, too
)

// Cursor is a place in one history of the log. Epoch changes when history is
// replaced (restore), Mark belongs to the event at Position.
type Cursor struct {
	Epoch    string `json:"epoch"`
	Position int64  `json:"position"`
	Mark     string `json:"mark"`
}

// Events that the log holds.
const (
	EventMessageCreated    = "message.created"
	EventMessageUpdated    = "message.updated"
	EventMessageDeleted    = "message.deleted"
	EventMessagesRemoved   = "messages.removed"
	EventChannelCreated    = "channel.created"
	EventChannelUpdated    = "channel.updated"
	EventChannelArchived   = "channel.archived"
	EventChannelUnarchived = "channel.unarchived"
	EventDirectCreated     = "dm.created"
	EventMemberJoined      = "member.joined"
	EventMemberLeft        = "member.left"
	EventMemberRoleChanged = "member.role_changed"
	EventReadUpdated       = "read.updated"
	EventMutedUserUpdated  = "muted_user.updated"
	EventUserCreated       = "user.created"
	EventUserUpdated       = "user.updated"
	EventUserSuspended     = "user.suspended"
	EventUserRestored      = "user.restored"
	EventSessionRevoked    = "session.revoked"
	EventTokenRevoked      = "token.revoked"
	EventSettingsChanged   = "settings.changed"
	EventKeyRotated        = "key.rotated"
)

// Ephemeral events: never stored, no position, delivered at most once.
const (
	EventTyping   = "typing"
	EventPresence = "presence"
)
