package main

import (
	"context"
	"database/sql"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// host is the program's own: one account, one channel, no messages to erase.
type host struct {
	user    contracts.User
	channel contracts.Channel
}

func (h *host) User(context.Context, string) (contracts.User, error) { return h.user, nil }

func (h *host) SetRoleTx(_ context.Context, _ *sql.Tx, _ contracts.Actor, _ string, role contracts.Role) (contracts.User, error) {
	h.user.Role = role
	return h.user, nil
}

func (h *host) SuspendTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.User, error) {
	h.user.State = contracts.UserSuspended
	return h.user, nil
}

func (h *host) RestoreTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.User, error) {
	h.user.State = contracts.UserActive
	return h.user, nil
}

func (h *host) ArchiveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error) {
	changed := !h.channel.Archived
	h.channel.Archived = true
	return h.channel, changed, nil
}

func (h *host) UnarchiveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error) {
	changed := h.channel.Archived
	h.channel.Archived = false
	return h.channel, changed, nil
}

func (h *host) SetOwnerTx(context.Context, *sql.Tx, contracts.Actor, string, string) (contracts.Channel, []string, error) {
	return h.channel, nil, nil
}

func (h *host) ExpireBefore(context.Context, time.Time, bool) (int64, error) { return 0, nil }
