package admin

import (
	"context"
	"database/sql"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// Users knows the accounts. The Tx methods check that the actor may act on the
// user at all: not above oneself, never the last owner away.
type Users interface {
	User(ctx context.Context, id string) (contracts.User, error)
	SetRoleTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, role contracts.Role) (contracts.User, error)
	SuspendTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error)
	RestoreTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.User, error)
}

// Channels knows the channels. The bool tells whether anything changed, the texts
// who owned the channel before.
type Channels interface {
	ArchiveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Channel, bool, error)
	UnarchiveTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Channel, bool, error)
	SetOwnerTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id, user string) (contracts.Channel, []string, error)
}

// Retention erases messages older than a time, in transactions of its own, and
// returns how many; a dry run only counts them.
type Retention interface {
	ExpireBefore(ctx context.Context, before time.Time, dryRun bool) (int64, error)
}

// Counter fills its own figures into the statistics, with cheap queries.
type Counter interface {
	Count(ctx context.Context, q eventlog.Querier, stats *contracts.Stats) error
}
