package contracts

import "time"

// Provider is an identity provider that people may sign in through (OpenID Connect).
type Provider struct {
	Name  string `json:"name"`  // in addresses
	Label string `json:"label"` // for people
}

// Identity is an account at a [Provider] that signs a user in.
type Identity struct {
	ID         string     `json:"id"`
	UserID     string     `json:"user_id"`
	Provider   string     `json:"provider"` // its name
	Subject    string     `json:"subject"`  // the provider's id of the account
	Label      string     `json:"label"`    // what the provider calls the account: its address or name; may be empty
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}
