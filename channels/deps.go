package channels

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Conversations keeps who takes part in the conversation that a channel governs.
// Its methods run in the transaction of the change that calls them.
type Conversations interface {
	// CreateConversationTx makes a conversation with its first participants, and
	// appends member.joined for each.
	CreateConversationTx(ctx context.Context, tx *sql.Tx, conv contracts.NewConversation) error
	// JoinTx adds participants, appends member.joined for each who was not in, and
	// returns those.
	JoinTx(ctx context.Context, tx *sql.Tx, conversation, by string, users ...string) ([]string, error)
	// LeaveTx removes participants, appends member.left for each who was in, and
	// returns those. It works on a frozen conversation.
	LeaveTx(ctx context.Context, tx *sql.Tx, conversation, by string, users ...string) ([]string, error)
	// FreezeTx makes a conversation refuse posts with [contracts.ErrArchived], or
	// take them again.
	FreezeTx(ctx context.Context, tx *sql.Tx, conversation string, frozen bool) error
}

// Kinds keeps what kind a conversation is.
type Kinds interface {
	SetKindTx(ctx context.Context, tx *sql.Tx, conversation string, kind contracts.ConversationKind) error
}

// Timeline keeps what is said in a conversation.
type Timeline interface {
	// Post answers [contracts.ErrNotFound] when the actor does not take part, and
	// reports whether the message had been posted before.
	Post(ctx context.Context, actor contracts.Actor, message contracts.NewMessage) (contracts.Message, bool, error)
	// MentionsAll tells whether a text addresses everybody in the conversation.
	MentionsAll(text string) bool
	// SystemTx writes a message of the system about a user, "" for nobody.
	SystemTx(ctx context.Context, tx *sql.Tx, conversation, about, text string) (contracts.Message, error)
	// LastPositions returns the position of the newest message of each conversation.
	LastPositions(ctx context.Context, q eventlog.Querier, conversations []string) (map[string]int64, error)
}

// Moderation deletes messages.
type Moderation interface {
	// Message answers [contracts.Operator] for every message.
	Message(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error)
	// Delete deletes a message of the actor's own.
	Delete(ctx context.Context, actor contracts.Actor, id string) (contracts.Message, error)
	// RemoveTx deletes anybody's message; that the actor may was decided before.
	RemoveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Message, error)
}

// People knows the accounts.
type People interface {
	// Refs returns the users with these ids; unknown ids are left out.
	Refs(ctx context.Context, ids []string) (map[string]contracts.UserRef, error)
	// ByUsername returns the ids of the active accounts with these user names.
	ByUsername(ctx context.Context, usernames []string) (map[string]string, error)
}
