package auth

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	maxPasskeys     = 20 // of a user
	maxPasskeyName  = 64
	passkeyNameless = "Passkey"
)

// storedPasskey is a row of passkeys.
type storedPasskey struct {
	contracts.Passkey
	user, credential, handle, public, transports string
	eligible                                     bool
	count                                        int64
}

const passkeyColumns = `id, user_id, credential_id, rp_id, user_handle, public_key, transports, backup_eligible, backed_up, sign_count, name, created_at, last_used_at`

func scanPasskey(scan sqldb.Scan) (k storedPasskey, err error) {
	var created int64
	var used *int64
	err = scan(&k.ID, &k.user, &k.credential, &k.Host, &k.handle, &k.public, &k.transports, &k.eligible, &k.Synced, &k.count, &k.Name, &created, &used)
	k.CreatedAt, k.LastUsedAt = fromMillis(created), fromMillisPtr(used)
	return k, err
}

// base64url is how WebAuthn writes bytes in JSON, and the database too.
var base64url = base64.RawURLEncoding

// record is the passkey as the protocol knows it.
func (k storedPasskey) record() (webauthn.Credential, error) {
	var c webauthn.Credential
	var err, publicErr error
	c.ID, err = base64url.DecodeString(k.credential)
	c.PublicKey, publicErr = base64url.DecodeString(k.public)
	if err := errors.Join(err, publicErr); err != nil {
		return c, fmt.Errorf("read passkey %s: %w", k.ID, err)
	}
	for _, t := range strings.Fields(k.transports) {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	c.Flags = webauthn.CredentialFlags{BackupEligible: k.eligible, BackupState: k.Synced}
	c.Authenticator.SignCount = uint32(k.count)
	return c, nil
}

// passkeyOwner is a user as the protocol knows one: by a random handle. A browser shows
// the names when it makes a passkey.
type passkeyOwner struct {
	handle, name, display string
	records               []webauthn.Credential
}

func (o passkeyOwner) WebAuthnID() []byte                         { return decoded(o.handle) }
func (o passkeyOwner) WebAuthnName() string                       { return o.name }
func (o passkeyOwner) WebAuthnDisplayName() string                { return o.display }
func (o passkeyOwner) WebAuthnCredentials() []webauthn.Credential { return o.records }

// decoded is nothing for what was not encoded, which then equals no handle.
func decoded(text string) []byte {
	b, err := base64url.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// passkeysOf reads a user's passkeys, the oldest first; of one host, or of all for "".
func passkeysOf(ctx context.Context, q eventlog.Querier, userID, host string) ([]storedPasskey, error) {
	list, err := sqldb.List(ctx, q, scanPasskey, `SELECT `+passkeyColumns+` FROM passkeys WHERE user_id = $1 AND ($2 = '' OR rp_id = $2) ORDER BY created_at, id`, userID, host)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	return list, nil
}

// onePasskey reads one by a condition on its columns.
func onePasskey(ctx context.Context, q eventlog.Querier, where string, args ...any) (storedPasskey, error) {
	k, err := scanPasskey(q.QueryRowContext(ctx, `SELECT `+passkeyColumns+` FROM passkeys WHERE `+where, args...).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return k, contracts.ErrNotFound.With("no such passkey")
	case err != nil:
		return k, fmt.Errorf("read passkey: %w", err)
	}
	return k, nil
}

// Passkeys lists a user's passkeys, the oldest first: one's own, but not by an API token, or with
// [contracts.PermManageUsers] anybody's.
func (s *Service) Passkeys(ctx context.Context, actor contracts.Actor, userID string) ([]contracts.Passkey, error) {
	own := actor.UserID == userID && actor.TokenID == "" && actor.Owes == ""
	if !own && !actor.Can(contracts.PermManageUsers) {
		return nil, contracts.ErrForbidden
	}
	stored, err := passkeysOf(ctx, s.db.Read, userID, "")
	list := make([]contracts.Passkey, len(stored))
	for i, k := range stored {
		list[i] = k.Passkey
	}
	return list, err
}

// RenamePasskey gives one of one's own passkeys another name, of 1 to 64 characters.
//
// Errors: [contracts.ErrInvalid] at /name, [contracts.ErrNotFound] also for another's,
// [contracts.ErrForbidden] for an API token, [contracts.ErrMFARequired].
func (s *Service) RenamePasskey(ctx context.Context, actor contracts.Actor, id, name string) (contracts.Passkey, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Passkey, error) {
		return s.RenamePasskeyTx(ctx, tx, actor, id, name)
	})
}

// RenamePasskeyTx is [Service.RenamePasskey] in the caller's transaction.
func (s *Service) RenamePasskeyTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id, name string) (contracts.Passkey, error) {
	if err := inSessionOnly(actor); err != nil {
		return contracts.Passkey{}, err
	}
	if err := Owing(actor); err != nil {
		return contracts.Passkey{}, err
	}
	if name = cleanLabel(name, maxPasskeyName); name == "" {
		return contracts.Passkey{}, contracts.Invalid("/name", "a passkey needs a name")
	}
	k, err := onePasskey(ctx, tx, `id = $1 AND user_id = $2`, id, actor.UserID)
	if err != nil {
		return contracts.Passkey{}, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE passkeys SET name = $1 WHERE id = $2`, name, id); err != nil {
		return contracts.Passkey{}, fmt.Errorf("rename passkey: %w", err)
	}
	k.Name = name
	return k.Passkey, nil
}

// RemovePasskey takes a passkey away: [Service.RemovePasskeyTx] in a transaction of its
// own.
func (s *Service) RemovePasskey(ctx context.Context, actor contracts.Actor, id string) (contracts.Passkey, error) {
	required, err := s.factorRequired(ctx, actor.Role)
	if err != nil {
		return contracts.Passkey{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Passkey, error) {
		return s.RemovePasskeyTx(ctx, tx, actor, id, required)
	})
}

// RemovePasskeyTx takes a passkey away, and with the last second factor the recovery
// codes: one's own after a fresh proof, or the operator anybody's. Sessions that it began end,
// and those that they let in (device, hand-over), with their events; not the one that asks,
// whose person has just proved who they are. required is [Service.SecondFactorRequired] of the actor. It returns what it
// removed.
//
// Errors: [contracts.ErrNotFound] also for another's, [contracts.ErrReauthRequired],
// [contracts.ErrMFARequired], [contracts.ErrConflict] when the role demands a second
// factor and this is the last, or when one could not sign in any more without it,
// [contracts.ErrForbidden] for an API token.
func (s *Service) RemovePasskeyTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, required bool) (contracts.Passkey, error) {
	if !actor.Operator {
		if err := s.mayManageFactors(ctx, tx, actor); err != nil {
			return contracts.Passkey{}, err
		}
	}
	k, err := onePasskey(ctx, tx, `id = $1`, id)
	switch {
	case err != nil:
		return contracts.Passkey{}, err
	case !actor.Operator && k.user != actor.UserID:
		return contracts.Passkey{}, contracts.ErrNotFound.With("no such passkey")
	}
	if !actor.Operator {
		var others int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM credentials WHERE user_id = $1) + (SELECT count(*) FROM identities WHERE user_id = $1)
			+ (SELECT count(*) FROM passkeys WHERE user_id = $1 AND id <> $2)`, k.user, id).Scan(&others)
		switch {
		case err != nil:
			return contracts.Passkey{}, fmt.Errorf("count ways to sign in: %w", err)
		case others == 0:
			return contracts.Passkey{}, contracts.ErrConflict.With("you could not sign in any more without this passkey").WithHint("Set a password or add another passkey first.")
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM passkeys WHERE id = $1`, id); err != nil {
		return contracts.Passkey{}, fmt.Errorf("delete passkey: %w", err)
	}
	if err := endBegunByTx(ctx, tx, actor, k.user, k.ID); err != nil {
		return contracts.Passkey{}, err
	}
	return k.Passkey, factorRemoved(ctx, tx, k.user, required && !actor.Operator)
}

// inSessionOnly refuses an API token, which proves nobody.
func inSessionOnly(actor contracts.Actor) error {
	if actor.UserID == "" || actor.SessionID == "" {
		return contracts.ErrForbidden.With("an API token may not do this").WithHint("Sign in instead.")
	}
	return nil
}
