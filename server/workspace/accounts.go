package workspace

import (
	"context"
	"database/sql"
	"errors"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// MaxImport is how many accounts [Workspace.ImportUsers] makes at once: its transaction
// holds up everybody else's.
const MaxImport = 100

// Imported is what became of one account of an import.
type Imported struct {
	User  contracts.User
	Reset *auth.Reset // nil when no link was asked for
	Err   error
}

// ImportUsers makes up to MaxImport accounts, each with a code to set a password when
// links is set, in one transaction with one audit entry that names them. What is wrong
// with one account, a taken name, stands in its Err and keeps none of the others back; an
// error is about all of them, and none was made.
func (w *Workspace) ImportUsers(ctx context.Context, actor contracts.Actor, accounts []auth.PreparedUser, links bool) ([]Imported, error) {
	if len(accounts) > MaxImport {
		return nil, contracts.ErrTooLarge.With("too many accounts at once")
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) ([]Imported, deed, error) {
		made, names := make([]Imported, len(accounts)), []string{}
		for i, account := range accounts {
			u, err := w.Auth.CreateUserTx(ctx, tx, actor, account)
			if errors.Is(err, contracts.ErrNameTaken) { // found before anything is written
				made[i].Err = err
				continue
			}
			if err != nil {
				return nil, deed{}, err
			}
			made[i].User = u
			names = append(names, u.Username)
			if !links || u.Bot {
				continue
			}
			reset, err := w.Auth.NewResetTx(ctx, tx, actor, u.ID)
			if err != nil {
				return nil, deed{}, err
			}
			made[i].Reset = &reset
		}
		if len(names) == 0 {
			return made, deed{}, nil
		}
		return made, deed{action: "user.import", after: map[string]any{"usernames": names, "links": links}}, nil
	})
}

// DeleteUser takes an account away for good, with its audit entry, and out of all
// channels: see [auth.Service.DeleteUser] and [channels.Service.DepartTx].
func (w *Workspace) DeleteUser(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	departure, err := w.Channels.PrepareDeparture(ctx, id)
	if err != nil {
		return contracts.User{}, err
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.User, deed, error) {
		u, err := w.Auth.DeleteUserTx(ctx, tx, actor, id)
		if err == nil {
			err = w.Messaging.ForgetMutedTx(ctx, tx, id)
		}
		if err == nil {
			err = w.Channels.DepartTx(ctx, tx, actor.UserID, departure)
		}
		return u, deed{action: "user.delete", target: id}, err
	})
}
