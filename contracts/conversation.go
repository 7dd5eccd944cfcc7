package contracts

import "time"

// ConversationKind tells what governs a conversation.
type ConversationKind string

// Kinds of conversation.
const (
	KindPublic  ConversationKind = "public"  // a channel that everybody may find and join
	KindPrivate ConversationKind = "private" // a channel by invitation
	KindDirect  ConversationKind = "dm"      // fixed participants: one to one, a group of up to 9, or oneself
)

// MaxDirectParticipants is the largest number of people in a direct conversation,
// the one who opens it included.
const MaxDirectParticipants = 9

// NewConversation is what the library that governs a conversation asks of the one
// that keeps its timeline.
type NewConversation struct {
	ID        string // made by the caller with [NewID] and [PrefixConversation]
	Kind      ConversationKind
	CreatedBy string   // a user id, "" for the operator
	Members   []string // who takes part from the start
}

// DirectConversation is a conversation with fixed participants and no name.
type DirectConversation struct {
	ID           string           `json:"id"`
	Kind         ConversationKind `json:"kind"` // KindDirect
	Participants []UserRef        `json:"participants"`
	LastPosition int64            `json:"last_position"`
	CreatedAt    time.Time        `json:"created_at"`
}

// Channel is a named, governed conversation; its id is the conversation's id.
type Channel struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"` // unique among channels, 1–80 of lower-case letters, digits, - and _
	Kind         ConversationKind `json:"kind"` // KindPublic or KindPrivate
	Topic        string           `json:"topic"`
	Purpose      string           `json:"purpose"`
	Archived     bool             `json:"archived"`
	MemberCount  int              `json:"member_count"`
	LastPosition int64            `json:"last_position"`
	CreatedBy    string           `json:"created_by"`
	CreatedAt    time.Time        `json:"created_at"`
	Joined       bool             `json:"joined"` // whether the one who asks is a member; false in events
}

// Member is a user's place in a channel.
type Member struct {
	UserID      string    `json:"user_id"`
	Username    string    `json:"username"`
	DisplayName string    `json:"display_name"`
	Role        Role      `json:"role"` // in the channel
	JoinedAt    time.Time `json:"joined_at"`
}

// Membership is one conversation in one's own sidebar: what it is and what is
// unread: the messages after LastReadPosition but for quiet ones, those of the system,
// which are no news, and hushed ones, those of people whom one has muted:
// Unread = (LastPosition − Quiet) − (LastReadPosition − ReadQuiet) − Hushed.
// Messages of muted people are no mentions either. In a conversation of two all that is
// unread is hushed when the other is muted; anywhere else nothing is when more than
// [MaxHushed] messages are unread.
type Membership struct {
	ConversationID   string           `json:"conversation_id"`
	Kind             ConversationKind `json:"kind"`
	LastPosition     int64            `json:"last_position"`
	LastReadPosition int64            `json:"last_read_position"`
	Quiet            int64            `json:"quiet"`      // quiet messages up to LastPosition
	ReadQuiet        int64            `json:"read_quiet"` // quiet messages up to LastReadPosition
	Hushed           int64            `json:"hushed"`     // messages of muted people after LastReadPosition
	Unread           int64            `json:"unread"`
	Mentions         int64            `json:"mentions"`
	LastPostAt       *time.Time       `json:"last_post_at"`
	// Channel or Direct is set, by Kind.
	Channel *Channel            `json:"channel,omitempty"`
	Direct  *DirectConversation `json:"direct,omitempty"`
}

// ReadState is how far one has read a conversation, and what is left, counted as in
// [Membership].
type ReadState struct {
	ConversationID   string `json:"conversation_id"`
	LastReadPosition int64  `json:"last_read_position"`
	LastPosition     int64  `json:"last_position"`
	Quiet            int64  `json:"quiet"`
	ReadQuiet        int64  `json:"read_quiet"`
	Hushed           int64  `json:"hushed"`
	Unread           int64  `json:"unread"`
	Mentions         int64  `json:"mentions"`
}
