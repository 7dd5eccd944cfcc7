package contracts

import (
	"encoding/json"
	"time"
)

// Audit is one entry of the audit log: who did what to whom, chained by hash so
// that an edited, deleted, reordered or truncated entry is found.
type Audit struct {
	ID       string          `json:"id"`
	Sequence int64           `json:"sequence"` // from 1, without gaps
	At       time.Time       `json:"at"`
	Actor    string          `json:"actor"`  // user id, or "operator"
	Action   string          `json:"action"` // "user.suspend"
	Target   string          `json:"target"` // an id, or "workspace"
	IP       string          `json:"ip"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
	Hash     string          `json:"hash"` // hex SHA-256 over the previous hash and this entry
}

// Settings are the workspace's settings.
type Settings struct {
	Name         string `json:"name"`         // of the workspace, 1–80 characters
	Registration string `json:"registration"` // "open", "domain", "invite" or "closed"
	// RegistrationDomains are those whose addresses may make an account in mode "domain".
	RegistrationDomains []string `json:"registration_domains"`
	// RetentionDays is how long messages are kept, in days; 0 keeps them for ever.
	RetentionDays int64 `json:"retention_days"`
	// RequireSecondFactor are the roles whose users have to have a second factor, from
	// most to least; empty demands none.
	RequireSecondFactor []Role `json:"require_second_factor"`
	// ProfileFields are what the workspace asks its people about, in order; at most 8.
	ProfileFields []ProfileField `json:"profile_fields"`
	Version       int64          `json:"version"` // one more at each change; the ETag
	UpdatedAt     time.Time      `json:"updated_at"`
}

// Stats are figures about the workspace.
type Stats struct {
	Users            int64 `json:"users"`
	ActiveUsers      int64 `json:"active_users"` // not suspended
	SuspendedUsers   int64 `json:"suspended_users"`
	Channels         int64 `json:"channels"`
	ArchivedChannels int64 `json:"archived_channels"`
	DirectMessages   int64 `json:"direct_conversations"`
	Messages         int64 `json:"messages"`
	MessagesLastDay  int64 `json:"messages_last_day"`
	LogPosition      int64 `json:"log_position"`
	DatabaseBytes    int64 `json:"database_bytes"`
}
