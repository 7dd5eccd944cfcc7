package workspace

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// The acts of auth on passkeys, each with its audit entry in its transaction. Rights and
// errors are auth's.

// BeginPasskey begins to make a passkey, which browsers keep under the workspace's name.
func (w *Workspace) BeginPasskey(ctx context.Context, actor contracts.Actor, party auth.RelyingParty) (json.RawMessage, error) {
	settings, err := w.Admin.Settings(ctx)
	if err != nil {
		return nil, err
	}
	party.Name = settings.Name
	return w.Auth.BeginPasskey(ctx, actor, party)
}

// AddPasskey makes the passkey of the browser's answer.
func (w *Workspace) AddPasskey(ctx context.Context, actor contracts.Actor, name string, answer []byte) (auth.NewPasskey, error) {
	prepared, err := w.Auth.PreparePasskey(ctx, actor, name, answer)
	if err != nil {
		return auth.NewPasskey{}, err
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (auth.NewPasskey, deed, error) {
		made, err := w.Auth.AddPasskeyTx(ctx, tx, actor, prepared)
		return made, deed{action: "passkey.add", target: made.ID, after: passkeyState(made.Passkey)}, err
	})
}

// RenamePasskey gives one of the actor's passkeys another name.
func (w *Workspace) RenamePasskey(ctx context.Context, actor contracts.Actor, id, name string) (contracts.Passkey, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Passkey, deed, error) {
		k, err := w.Auth.RenamePasskeyTx(ctx, tx, actor, id, name)
		return k, deed{action: "passkey.rename", target: id, after: passkeyState(k)}, err
	})
}

// RemovePasskey takes a passkey away: one of the actor's, or the operator anybody's.
func (w *Workspace) RemovePasskey(ctx context.Context, actor contracts.Actor, id string) (contracts.Passkey, error) {
	required, err := w.Auth.SecondFactorRequired(ctx, actor)
	if err != nil {
		return contracts.Passkey{}, err
	}
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Passkey, deed, error) {
		k, err := w.Auth.RemovePasskeyTx(ctx, tx, actor, id, required)
		return k, deed{action: "passkey.remove", target: id, before: passkeyState(k)}, err
	})
}

// passkeyState is what the audit log keeps of a passkey.
func passkeyState(k contracts.Passkey) map[string]any {
	return map[string]any{"name": k.Name, "host": k.Host}
}
