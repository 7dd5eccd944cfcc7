package admin

import (
	"context"
	"database/sql"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// nothing stands in for the accounts, channels or messages that a program does not keep.
type nothing struct{}

var (
	errNoAccounts = contracts.ErrNotFound.With("this program keeps no accounts")
	errNoChannels = contracts.ErrNotFound.With("this program keeps no channels")
)

func (nothing) User(context.Context, string) (contracts.User, error) {
	return contracts.User{}, errNoAccounts
}

func (nothing) SetRoleTx(context.Context, *sql.Tx, contracts.Actor, string, contracts.Role) (contracts.User, error) {
	return contracts.User{}, errNoAccounts
}

func (nothing) SuspendTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.User, error) {
	return contracts.User{}, errNoAccounts
}

func (nothing) RestoreTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.User, error) {
	return contracts.User{}, errNoAccounts
}

func (nothing) ArchiveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error) {
	return contracts.Channel{}, false, errNoChannels
}

func (nothing) UnarchiveTx(context.Context, *sql.Tx, contracts.Actor, string) (contracts.Channel, bool, error) {
	return contracts.Channel{}, false, errNoChannels
}

func (nothing) SetOwnerTx(context.Context, *sql.Tx, contracts.Actor, string, string) (contracts.Channel, []string, error) {
	return contracts.Channel{}, nil, errNoChannels
}

func (nothing) ExpireBefore(context.Context, time.Time, bool) (int64, error) { return 0, nil }
