package main

import (
	"context"
	"database/sql"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// host is the program's own: people, and one list of what was said.
type host struct {
	people map[string]contracts.UserRef
	inside map[string][]string // conversation → who takes part
	lines  []string
}

func newHost(names ...string) *host {
	h := &host{people: map[string]contracts.UserRef{}, inside: map[string][]string{}}
	for _, name := range names {
		h.people[name] = contracts.UserRef{ID: name, Username: name}
	}
	return h
}

func (h *host) Refs(context.Context, []string) (map[string]contracts.UserRef, error) {
	return h.people, nil
}

func (h *host) ByUsername(_ context.Context, names []string) (map[string]string, error) {
	found := map[string]string{}
	for _, name := range names {
		found[name] = h.people[name].ID
	}
	return found, nil
}

func (h *host) CreateConversationTx(_ context.Context, _ *sql.Tx, c contracts.NewConversation) error {
	h.inside[c.ID] = c.Members
	return nil
}

func (h *host) JoinTx(_ context.Context, _ *sql.Tx, conv, _ string, users ...string) ([]string, error) {
	h.inside[conv] = append(h.inside[conv], users...)
	return users, nil
}

func (h *host) LeaveTx(_ context.Context, _ *sql.Tx, conv, _ string, users ...string) ([]string, error) {
	h.inside[conv] = slices.DeleteFunc(h.inside[conv], func(u string) bool { return slices.Contains(users, u) })
	return users, nil
}

func (h *host) FreezeTx(context.Context, *sql.Tx, string, bool) error { return nil }

func (h *host) SetKindTx(context.Context, *sql.Tx, string, contracts.ConversationKind) error {
	return nil
}

func (h *host) MentionsAll(string) bool { return false }

func (h *host) Post(_ context.Context, actor contracts.Actor, m contracts.NewMessage) (contracts.Message, bool, error) {
	if !slices.Contains(h.inside[m.ConversationID], actor.UserID) {
		return contracts.Message{}, false, contracts.ErrNotFound
	}
	h.lines = append(h.lines, actor.UserID+" says: "+m.Text)
	return contracts.Message{ConversationID: m.ConversationID, Author: h.people[actor.UserID], Text: m.Text}, false, nil
}

func (h *host) SystemTx(_ context.Context, _ *sql.Tx, _, about, text string) (contracts.Message, error) {
	h.lines = append(h.lines, about+" "+text)
	return contracts.Message{}, nil
}

func (h *host) LastPositions(context.Context, eventlog.Querier, []string) (map[string]int64, error) {
	return nil, nil
}

// This program's messages are not deleted.
func (h *host) Message(context.Context, contracts.Actor, string) (contracts.Message, error) {
	return contracts.Message{}, contracts.ErrNotFound
}

func (h *host) Delete(context.Context, contracts.Actor, string) (contracts.Message, error) {
	return contracts.Message{}, contracts.ErrNotFound
}

func (h *host) RemoveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Message, error) {
	return contracts.Message{}, contracts.ErrNotFound
}
