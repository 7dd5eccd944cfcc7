package workspace

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// ConfirmEmail proves an address by the code of the mail to it. The actor of its audit
// entry is the user whose it is: nobody is signed in. The address itself is not recorded.
func (w *Workspace) ConfirmEmail(ctx context.Context, code auth.Secret, ip string) (auth.ConfirmedEmail, error) {
	var done auth.ConfirmedEmail
	err := w.DB.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, err := w.Auth.ConfirmEmailTx(ctx, tx, code, ip)
		if err != nil {
			return err
		}
		done = c
		actor := contracts.Actor{UserID: c.User.ID, Username: c.User.Username, Role: c.User.Role, IP: ip}
		return w.Admin.RecordTx(ctx, tx, actor, "email.confirm", c.User.ID, nil, map[string]any{"changed": c.Changed})
	})
	return done, err
}
