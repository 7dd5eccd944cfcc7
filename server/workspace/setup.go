package workspace

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
)

// SetupInput is what the first owner enters.
type SetupInput struct {
	Code          auth.Secret // of the first-run link
	WorkspaceName string
	Username      string
	DisplayName   string
	Password      auth.Secret
	Email         string // optional
	Client, IP    string // of the session that it opens
}

// Setup makes the owner, the workspace's name, #general with a welcome, #random and
// the owner's notes in one transaction with its audit entry, and signs the owner in.
// Of several who hold the code one wins; the others get [contracts.ErrAlreadySetUp],
// as does everybody later. A wrong or expired code is [contracts.ErrGone].
func (w *Workspace) Setup(ctx context.Context, in SetupInput) (auth.SignedIn, error) {
	claim, err := w.Auth.PrepareClaim(ctx, auth.ClaimInput{Code: in.Code, Username: in.Username, DisplayName: in.DisplayName, Password: in.Password, Email: in.Email})
	if err != nil {
		return auth.SignedIn{}, err
	}
	var owner contracts.User
	err = w.DB.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		user, err := w.Auth.ClaimTx(ctx, tx, claim)
		if err != nil {
			return err
		}
		actor := contracts.Actor{UserID: user.ID, Username: user.Username, Role: user.Role, IP: in.IP}
		if err := w.firstRoomsTx(ctx, tx, actor, in.WorkspaceName); err != nil {
			return err
		}
		owner = user
		return w.Admin.RecordTx(ctx, tx, actor, "workspace.setup", user.ID, nil, map[string]any{"username": user.Username, "role": user.Role})
	})
	if err != nil {
		return auth.SignedIn{}, err
	}
	signedIn, err := w.Auth.StartSession(ctx, owner.ID, auth.SignInProof{Method: contracts.MethodClaim, Client: in.Client, IP: in.IP})
	if err != nil {
		return auth.SignedIn{}, fmt.Errorf("sign the owner in: %w", err)
	}
	return signedIn, nil
}

const welcome = "Welcome to %s! This is #general: everybody is here. Invite your team with a link (Invite people), " +
	"open more channels for what deserves a place of its own, and write to one person directly by their name."

func (w *Workspace) firstRoomsTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, name string) error {
	if err := w.Admin.SetNameTx(ctx, tx, actor, name); err != nil {
		return err
	}
	general, err := w.Channels.CreateTx(ctx, tx, actor, channels.NewChannel{Name: "general", Kind: contracts.KindPublic, Purpose: "What concerns everybody", Default: true})
	if err != nil {
		return fmt.Errorf("make #general: %w", err)
	}
	if _, err := w.Channels.CreateTx(ctx, tx, actor, channels.NewChannel{Name: "random", Kind: contracts.KindPublic, Purpose: "Everything else", Default: true}); err != nil {
		return fmt.Errorf("make #random: %w", err)
	}
	if _, err := w.Messaging.SystemTx(ctx, tx, general.ID, "", fmt.Sprintf(welcome, name)); err != nil {
		return fmt.Errorf("write the welcome: %w", err)
	}
	if _, _, err := w.Messaging.OpenDirectTx(ctx, tx, actor.UserID, []string{actor.UserID}); err != nil {
		return fmt.Errorf("make the owner's notes: %w", err)
	}
	return nil
}
