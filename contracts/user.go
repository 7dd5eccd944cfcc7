package contracts

import "time"

// User is a person or bot with an account.
type User struct {
	ID          string `json:"id"`
	Username    string `json:"username"` // unique, 2–32 lower-case letters of one script, digits, . _ -
	DisplayName string `json:"display_name"`
	Email       string `json:"email,omitempty"` // only for the user and administrators
	// EmailProved says that the address is theirs: they answered a mail there, a provider
	// verified it, or whoever made the account said so. With Email; nil without it.
	EmailProved *bool      `json:"email_proved,omitempty"`
	Role        Role       `json:"role"`
	State       UserState  `json:"state"`
	Bot         bool       `json:"bot"`
	CreatedAt   time.Time  `json:"created_at"`
	LastSeenAt  *time.Time `json:"last_seen_at,omitempty"`

	Title    string `json:"title,omitempty"` // what they do
	Pronouns string `json:"pronouns,omitempty"`
	TimeZone string `json:"time_zone,omitempty"` // IANA name, "Europe/Berlin"
	Locale   string `json:"locale,omitempty"`    // BCP 47, "de-CH"
	// Fields are the user's values of the workspace's profile fields ([ProfileField]), by
	// key; none is empty.
	Fields map[string]string `json:"fields,omitempty"`
	Status *UserStatus       `json:"status,omitempty"` // nil for none, or when it has expired
	// AvatarURL is a path on the server that shows the user's picture; another picture has
	// another one, so it may be kept for ever. "" for none.
	AvatarURL string `json:"avatar_url,omitempty"`
	// FormerNames are user names that this user had, the newest first. What was written
	// with them still means this user.
	FormerNames []string `json:"former_names,omitempty"`
}

// Public returns the user as everybody may see them: without the email address.
func (u User) Public() User {
	u.Email, u.EmailProved = "", nil
	return u
}

// UserStatus is what a user says to be doing.
type UserStatus struct {
	Emoji     string     `json:"emoji"`      // one emoji, or ""
	Text      string     `json:"text"`       // up to 100 characters, or ""
	ExpiresAt *time.Time `json:"expires_at"` // from then on there is none; nil lasts
}

// ProfileField is something that a workspace asks its people about.
type ProfileField struct {
	Key   string `json:"key"`   // in User.Fields; 1–32 of a-z 0-9 _, a letter first
	Label string `json:"label"` // for people, 1–40 characters
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
	Device     string    `json:"device"` // what it runs on, "Firefox on Linux"; "" when it did not say
	IP         string    `json:"ip"`
	Method     string    `json:"method"` // how it began: one of the Method… constants
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Current    bool      `json:"current"` // the session that asks
}

// How a session began.
const (
	MethodPassword = "password"
	MethodPasskey  = "passkey"
	MethodOIDC     = "oidc"   // by another identity provider
	MethodInvite   = "invite" // with the account, by an invite
	MethodClaim    = "claim"  // with the workspace, by its first owner
	MethodLink     = "link"   // handed over by another session
	MethodDevice   = "device" // approved by another session
)

// Proof is what a session still owes before it may do anything else.
type Proof string

// What a session may owe; "" is nothing.
const (
	ProofSecondFactor Proof = "second_factor" // a code of the authenticator app, a passkey or a recovery code
	ProofEnrolment    Proof = "enrolment"     // the role demands a second factor, and there is none yet
)

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
	// FormerUntil is how long the secret of before the last rotation works beside the new
	// one; nil for none. It may lie in the past.
	FormerUntil *time.Time `json:"former_until"`
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
	Email     string    `json:"email,omitempty"` // whom it is for, and whose account gets it; "" for whoever has the link
	Mailed    bool      `json:"mailed"`          // a link went to Email
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Revoked   bool      `json:"revoked"`
}

// EmailState is a user's address and what is not settled about it.
type EmailState struct {
	Email   string        `json:"email"`   // "" for none
	Proved  bool          `json:"proved"`  // that it is theirs
	Pending *PendingEmail `json:"pending"` // nil when nothing waits
}

// PendingEmail is an address that waits for the link in a mail to it: it is the user's
// from then on, and proved.
type PendingEmail struct {
	Email     string    `json:"email"`
	ExpiresAt time.Time `json:"expires_at"` // of the link
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
	Owes      Proof    // what the session must prove first; until then it may do nothing else
	IP        string   // where the request came from, for the audit log
}

// Operator is the actor of the command-line tools: whoever can open the database
// may do everything.
var Operator = Actor{Operator: true}
