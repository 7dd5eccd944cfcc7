package contracts

import "time"

// User is a person or bot with an account.
type User struct {
	ID          string     `json:"id"`
	Username    string     `json:"username"` // unique, lower case, 2–32 of a-z 0-9 . _ -
	DisplayName string     `json:"display_name"`
	Email       string     `json:"email,omitempty"` // only for the user and administrators
	Role        Role       `json:"role"`
	State       UserState  `json:"state"`
	Bot         bool       `json:"bot"`
	CreatedAt   time.Time  `json:"created_at"`
	LastSeenAt  *time.Time `json:"last_seen_at,omitempty"`
}

// UserState says whether an account may be used.
type UserState string

// States of an account.
const (
	UserActive    UserState = "active"
	UserSuspended UserState = "suspended"
)

// UserRef is a user as other objects name one.
type UserRef struct {
	ID          string `json:"id"`
	Username    string `json:"username"`
	DisplayName string `json:"display_name"`
	Bot         bool   `json:"bot,omitempty"`
}

// Session is one sign-in: a browser, a terminal or a program.
type Session struct {
	ID         string    `json:"id"`
	UserID     string    `json:"user_id"`
	Client     string    `json:"client"` // what the client calls itself, "web/0.1.0"
	IP         string    `json:"ip"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Current    bool      `json:"current"` // the session that asks
}

// Token is an API token without its secret.
type Token struct {
	ID         string     `json:"id"`
	UserID     string     `json:"user_id"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes"` // permission names; ["*"] is everything the user may do
	Prefix     string     `json:"prefix"` // the first characters of the secret, to recognise it
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

// Invite lets people make an account.
type Invite struct {
	ID        string    `json:"id"`
	Code      string    `json:"code,omitempty"` // only when it is created: stored hashed
	URL       string    `json:"url,omitempty"`  // filled in by the server, which knows its address
	Role      Role      `json:"role"`
	Channels  []string  `json:"channels"` // conversation ids joined besides the default ones
	MaxUses   int       `json:"max_uses"`
	Uses      int       `json:"uses"`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Revoked   bool      `json:"revoked"`
}

// Actor is on whose behalf a library call is made. The zero Actor may do nothing.
type Actor struct {
	UserID    string
	Username  string
	Role      Role
	SessionID string   // "" when not by a session
	TokenID   string   // "" when not by an API token
	Scopes    []string // limits an API token; nil is unlimited
	Operator  bool     // a person at the machine: command-line tools and start-up work
	IP        string   // where the request came from, for the audit log
}

// Operator is the actor of the command-line tools: whoever can open the database
// may do everything.
var Operator = Actor{Operator: true}
