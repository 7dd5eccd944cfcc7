package contracts

import (
	"time"
	"unicode/utf8"
)

// Limits of a message's text.
const (
	MaxTextRunes = 4000
	MaxTextBytes = 16 << 10
	// MaxClientMsgID is the longest client_msg_id, in bytes.
	MaxClientMsgID = 64
)

// Message is one entry of a conversation's timeline. Positions in a conversation
// are given out without gaps; a deleted message keeps its place with an empty text.
type Message struct {
	ID             string     `json:"id"`
	ConversationID string     `json:"conversation_id"`
	Position       int64      `json:"position"`
	Kind           string     `json:"kind"` // MessageUser or MessageSystem
	Author         UserRef    `json:"author"`
	Text           string     `json:"text"`
	Mentions       []string   `json:"mentions"` // ids of the users named
	MentionAll     bool       `json:"mention_all"`
	ClientMsgID    string     `json:"client_msg_id,omitempty"`
	Version        int64      `json:"version"` // 1, and one more at each edit or delete
	CreatedAt      time.Time  `json:"created_at"`
	EditedAt       *time.Time `json:"edited_at"`
	DeletedAt      *time.Time `json:"deleted_at"`
}

// Kinds of message.
const (
	MessageUser   = "user"
	MessageSystem = "system" // written by DankerChat itself: joins, renames, the welcome
)

// NewMessage is what one posts.
type NewMessage struct {
	ConversationID string `json:"conversation_id"`
	Text           string `json:"text"`
	// ClientMsgID makes a repeat safe: it is unique per author for as long as the
	// message exists. The same id with the same request returns the first message.
	ClientMsgID string `json:"client_msg_id,omitempty"`
}

// Validate checks the text's limits and encoding.
func (m NewMessage) Validate() error {
	if err := ValidateText(m.Text); err != nil {
		return err
	}
	if len(m.ClientMsgID) > MaxClientMsgID || !printable(m.ClientMsgID) {
		return Invalid("/client_msg_id", "client_msg_id may have up to 64 printable ASCII characters")
	}
	return nil
}

// ValidateText checks a message text: 1–4,000 characters, at most 16 KiB, valid
// UTF-8, not only white space, no NUL.
func ValidateText(text string) error {
	if !utf8.ValidString(text) {
		return Invalid("/text", "the text is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(text); n > MaxTextRunes || len(text) > MaxTextBytes {
		return Invalid("/text", "the text is too long: at most 4,000 characters and 16 KiB").WithHint("Split it, or send it as a file.")
	}
	blank := true
	for _, r := range text {
		if r == 0 {
			return Invalid("/text", "the text contains a NUL character")
		}
		if r != ' ' && r != '\n' && r != '\t' && r != '\r' && r != '\u00a0' && r != '\u200b' {
			blank = false
		}
	}
	if blank {
		return Invalid("/text", "the text is empty")
	}
	return nil
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c < 0x21 || c > 0x7e {
			return false
		}
	}
	return true
}

// Revision is an earlier text of a message.
type Revision struct {
	MessageID string    `json:"message_id"`
	Version   int64     `json:"version"`
	Text      string    `json:"text"`
	EditedBy  string    `json:"edited_by"`
	At        time.Time `json:"at"` // when this text was replaced
}
