package auth

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// SignupInput is what somebody who was invited enters.
type SignupInput struct {
	Code        Secret
	Username    string
	DisplayName string
	Password    Secret
	Email       string // optional
	Client      string
	IP          string
}

// Signup redeems an invite: it makes the account with the invite's role, hands the
// invite's channels to Config.OnUserCreated, and starts a session, all in one
// transaction. An invite for one use makes one account, however many try at once.
//
// Errors: those of [Service.InviteByCode] and of Config.SignupAllowed, then
// [contracts.ErrInvalid] and [contracts.ErrNameTaken] with the field at fault,
// [contracts.ErrBusy].
func (s *Service) Signup(ctx context.Context, in SignupInput) (SignedIn, error) {
	invite, err := s.InviteByCode(ctx, in.Code) // first, so that a wrong code costs no hash
	if err != nil {
		return SignedIn{}, err
	}
	prepared, err := s.prepareUser(ctx, NewUser{
		Username: in.Username, DisplayName: in.DisplayName, Email: in.Email, Password: in.Password, Role: invite.Role,
	}, true)
	if err != nil {
		return SignedIn{}, err
	}
	secrets, now := newSessionSecrets(), s.now()
	var ses startedSession
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		invite, err := s.openInvite(ctx, tx, string(in.Code))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE invites SET uses = uses + 1 WHERE id = $1`, invite.ID); err != nil {
			return fmt.Errorf("use invite: %w", err)
		}
		if err := s.insertUser(ctx, tx, prepared.user.ID, prepared, invite.Channels); err != nil {
			return err
		}
		created, err := s.insertSession(ctx, tx, prepared.user, secrets, SignInProof{Method: contracts.MethodInvite, Assurance: OneFactor, Client: in.Client, IP: in.IP}, now)
		ses = created
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, prepared.user, ses, secrets, now)
}
