package channels

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// alone stands in for what keeps conversations and messages, in a program whose channels
// are groups of people with roles and no more.
type alone struct{}

var errNoMessages = contracts.ErrUnavailable.With("this program keeps no messages")

func (alone) CreateConversationTx(context.Context, *sql.Tx, contracts.NewConversation) error {
	return nil
}

func (alone) JoinTx(_ context.Context, _ *sql.Tx, _, _ string, users ...string) ([]string, error) {
	return users, nil
}

func (alone) LeaveTx(_ context.Context, _ *sql.Tx, _, _ string, users ...string) ([]string, error) {
	return users, nil
}

func (alone) FreezeTx(context.Context, *sql.Tx, string, bool) error { return nil }

func (alone) SetKindTx(context.Context, *sql.Tx, string, contracts.ConversationKind) error {
	return nil
}

func (alone) Post(context.Context, contracts.Actor, contracts.NewMessage) (contracts.Message, bool, error) {
	return contracts.Message{}, false, errNoMessages
}

func (alone) MentionsAll(string) bool { return false }

func (alone) SystemTx(context.Context, *sql.Tx, string, string, string) (contracts.Message, error) {
	return contracts.Message{}, nil
}

func (alone) LastPositions(context.Context, eventlog.Querier, []string) (map[string]int64, error) {
	return nil, nil
}

func (alone) Message(context.Context, contracts.Actor, string) (contracts.Message, error) {
	return contracts.Message{}, errNoMessages
}

func (alone) Delete(context.Context, contracts.Actor, string) (contracts.Message, error) {
	return contracts.Message{}, errNoMessages
}

func (alone) RemoveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Message, error) {
	return contracts.Message{}, errNoMessages
}
