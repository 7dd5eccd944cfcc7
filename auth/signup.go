package auth

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
)

// SignupInput is what somebody who was invited enters.
type SignupInput struct {
	Code        Secret
	Username    string
	DisplayName string
	Password    Secret
	Email       string // optional; where the invite is for an address, that or nothing
	Client      string
	IP          string
}

// Signup redeems an invite: it makes the account with the invite's role, hands the
// invite's channels to Config.OnUserCreated, and starts a session, all in one
// transaction. An invite for one use makes one account, however many try at once. One
// for an address gives the account that address, and proves it when the code is that of
// the mail.
//
// Errors: those of [Service.InviteByCode] and of Config.SignupAllowed,
// [contracts.ErrForbidden] at /email for another address than the invite's, then
// [contracts.ErrInvalid] and [contracts.ErrNameTaken] with the field at fault,
// [contracts.ErrBusy].
func (s *Service) Signup(ctx context.Context, in SignupInput) (SignedIn, error) {
	offer, err := s.InviteByCode(ctx, in.Code) // first, so that a wrong code costs no hash
	if err != nil {
		return SignedIn{}, err
	}
	email, err := openedInvite{Invite: offer}.address(in.Email)
	if err != nil {
		return SignedIn{}, err
	}
	prepared, err := s.prepareUser(ctx, NewUser{
		Username: in.Username, DisplayName: in.DisplayName, Email: email, Password: in.Password, Role: offer.Role,
	}, true)
	if err != nil {
		return SignedIn{}, err
	}
	secrets, now := newSessionSecrets(), s.now()
	var user contracts.User
	var ses startedSession
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		invite, err := s.openHashed(ctx, tx, inviteDigest(in.Code))
		if err != nil {
			return err
		}
		if err := useInvite(ctx, tx, invite.ID); err != nil {
			return err
		}
		if err := s.insertUser(ctx, tx, prepared.user.ID, prepared, invite.Channels); err != nil {
			return err
		}
		if invite.byMail {
			if err := proveEmail(ctx, tx, prepared.user.ID); err != nil {
				return err
			}
		}
		user = withProof(prepared.user, invite.byMail)
		created, err := s.insertSession(ctx, tx, user, secrets, SignInProof{Method: contracts.MethodInvite, Assurance: OneFactor, Client: in.Client, IP: in.IP}, now)
		ses = created
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}
