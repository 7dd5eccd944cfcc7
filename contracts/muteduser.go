package contracts

import "time"

// MuteLevel says how far a user wants nothing of another.
type MuteLevel string

// The levels; the second includes the first.
const (
	LevelMuted   MuteLevel = "muted"   // their messages are folded, and call for nothing
	LevelBlocked MuteLevel = "blocked" // and the two can't write to one another directly
)

// MaxMutedUsers is how many people one user can mute and block, all together.
const MaxMutedUsers = 1000

// MaxHushed is up to how many unread messages of a channel those of muted people are
// told from the others: with more, all count. See [Membership].
const MaxHushed = 1000

// MutedUser is somebody whom a user has muted or blocked. Nobody but that user learns
// of it.
type MutedUser struct {
	User  UserRef   `json:"user"`
	Level MuteLevel `json:"level"`
	Since time.Time `json:"since"` // at this level
}

// Validate reports an unknown level as [CodeInvalid].
func (l MuteLevel) Validate() error {
	if l == LevelMuted || l == LevelBlocked {
		return nil
	}
	return Invalid("/level", "a level is muted or blocked")
}

// MutedUserChange is the payload of [EventMutedUserUpdated].
type MutedUserChange struct {
	UserID    string     `json:"user_id"`
	MutedUser *MutedUser `json:"muted_user"` // nil when nothing is muted any more
	// ReadStates are those that count differently now.
	ReadStates []ReadState `json:"read_states"`
}
