package contracts

import "time"

// Passkey is a key on somebody's device, or in their password manager, that proves who
// they are (WebAuthn Level 3). Only its public half is known here.
type Passkey struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`   // given by its owner
	Host       string     `json:"host"`   // where it works: the relying party's id
	Synced     bool       `json:"synced"` // kept on more than one device, as of its last use
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}
