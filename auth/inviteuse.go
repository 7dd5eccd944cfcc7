package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// openedInvite is an invite that can be used at this moment.
type openedInvite struct {
	contracts.Invite
	byMail bool // the code is that of the mail, which nobody else was shown
}

// InviteByCode returns the invite that a code opens, to show before signing up.
//
// Errors: [contracts.ErrNotFound] for a code of no invite, [contracts.ErrGone] when it
// is used up, expired or revoked, or the inviter may not invite any more, and what
// Config.SignupAllowed answers.
func (s *Service) InviteByCode(ctx context.Context, code Secret) (contracts.Invite, error) {
	invite, err := s.openHashed(ctx, s.db.Read, inviteDigest(code))
	if refused := s.mayJoin(ctx, Joining{Invited: true, Email: invite.Email}); refused != nil {
		return contracts.Invite{}, refused // where nobody comes in, no code is worth a look
	}
	return invite.Invite, err
}

// mayJoin asks Config.SignupAllowed.
func (s *Service) mayJoin(ctx context.Context, who Joining) error {
	if s.cfg.SignupAllowed == nil {
		return nil
	}
	return s.cfg.SignupAllowed(ctx, who)
}

// openHashed reads an invite by the hash of one of its codes and checks that it can be
// used at this moment.
func (s *Service) openHashed(ctx context.Context, q eventlog.Querier, hash string) (openedInvite, error) {
	var i openedInvite
	var err error
	i.Invite, err = scanInvite(func(dest ...any) error {
		return q.QueryRowContext(ctx, `SELECT `+inviteColumns+`, CASE WHEN mail_hash = $1 THEN 1 ELSE 0 END FROM invites WHERE code_hash = $1 OR mail_hash = $1`, hash).Scan(append(dest, &i.byMail)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return openedInvite{}, contracts.ErrNotFound.With("no such invite").At("/code")
	}
	if err != nil {
		return openedInvite{}, fmt.Errorf("read invite: %w", err)
	}
	gone := contracts.ErrGone.At("/code").WithHint("Ask for a new invite.")
	switch {
	case i.Revoked:
		return openedInvite{}, gone.With("the invite was revoked")
	case i.Uses >= i.MaxUses:
		return openedInvite{}, gone.With("the invite has been used")
	case !i.ExpiresAt.After(s.now()):
		return openedInvite{}, gone.With("the invite has expired")
	case i.CreatedBy == "":
		return i, nil
	}
	inviter, err := s.fullUser(ctx, q, i.CreatedBy)
	if err != nil && !errors.Is(err, contracts.ErrNotFound) {
		return openedInvite{}, err
	}
	actor := contracts.Actor{UserID: inviter.ID, Role: inviter.Role}
	if err != nil || inviter.State != contracts.UserActive || !actor.Can(contracts.PermInvite) || mayGive(actor, i.Role, false) != nil {
		return openedInvite{}, gone.With("whoever sent the invite may not invite any more")
	}
	return i, nil
}

// useInvite counts one use. The table refuses one too many.
func useInvite(ctx context.Context, tx *sql.Tx, id string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE invites SET uses = uses + 1 WHERE id = $1`, id); err != nil {
		return fmt.Errorf("use invite: %w", err)
	}
	return nil
}

var errOthersInvite = contracts.ErrForbidden.With("this invite is for another email address").
	WithHint("Use the address that the invite was sent to, or ask for an invite of your own.").At("/email")

// address is the one that an account gets by the invite, where somebody entered one.
func (i openedInvite) address(entered string) (string, error) {
	switch {
	case i.Email == "":
		return entered, nil
	case entered != "" && emailKey(entered) != emailKey(i.Email):
		return "", errOthersInvite
	}
	return i.Email, nil
}
