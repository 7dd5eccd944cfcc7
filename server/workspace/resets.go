package workspace

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// NewReset makes the code by which somebody else sets a new password, with its audit
// entry.
func (w *Workspace) NewReset(ctx context.Context, actor contracts.Actor, user string) (auth.Reset, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (auth.Reset, deed, error) {
		r, err := w.Auth.NewResetTx(ctx, tx, actor, user)
		return r, deed{action: "password.reset_link", target: user, after: map[string]any{"expires_at": r.ExpiresAt}}, err
	})
}

// ResetPassword sets a new password by a code. The actor of its audit entry is the user
// whose it is: nobody is signed in.
func (w *Workspace) ResetPassword(ctx context.Context, code, password auth.Secret, ip string) (contracts.User, error) {
	prepared, err := w.Auth.PrepareReset(ctx, code, password, ip)
	if err != nil {
		return contracts.User{}, err
	}
	var user contracts.User
	err = w.DB.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		u, err := w.Auth.ResetPasswordTx(ctx, tx, prepared)
		if err != nil {
			return err
		}
		user = u
		actor := contracts.Actor{UserID: u.ID, Username: u.Username, Role: u.Role, IP: ip}
		return w.Admin.RecordTx(ctx, tx, actor, "password.reset", u.ID, nil, nil)
	})
	return user, err
}
