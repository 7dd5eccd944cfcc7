package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// maxAnswer bounds what an authenticator answers. An attestation that nobody asked for
// may hold certificates.
const maxAnswer = 64 << 10

var errTooManyPasskeys = contracts.ErrConflict.With(fmt.Sprintf("a user has at most %d passkeys", maxPasskeys)).WithHint("Remove one that is not used any more.")

// BeginPasskey begins to make a passkey and returns the options of
// navigator.credentials.create as JSON (PublicKeyCredentialCreationOptionsJSON).
// [Service.FinishPasskey] takes the browser's answer, in the same session and within
// five minutes; another beginning ends this one.
//
// It needs a session that proved who it is in the last Config.FreshFor. A session that
// owes the enrolment may, one that owes a second factor may not.
//
// Errors: [contracts.ErrReauthRequired], [contracts.ErrMFARequired],
// [contracts.ErrConflict] at 20 passkeys, [contracts.ErrForbidden] for an API token,
// [contracts.ErrInvalid] for a party that is none.
func (s *Service) BeginPasskey(ctx context.Context, actor contracts.Actor, party RelyingParty) (json.RawMessage, error) {
	if err := mayEnrol(actor); err != nil {
		return nil, err
	}
	web, err := party.webauthn()
	if err != nil {
		return nil, err
	}
	user, err := s.fullUser(ctx, s.db.Read, actor.UserID)
	if err != nil {
		return nil, err
	}
	all, err := passkeysOf(ctx, s.db.Read, user.ID, "")
	if err != nil {
		return nil, err
	}
	if len(all) >= maxPasskeys {
		return nil, errTooManyPasskeys
	}
	// One random handle for all passkeys of a user on a host: it means nothing elsewhere.
	owner := passkeyOwner{handle: newHandle(), name: user.Username, display: user.DisplayName}
	var exclude []protocol.CredentialDescriptor
	for _, k := range all {
		if k.Host != party.ID {
			continue
		}
		record, err := k.record()
		if err != nil {
			return nil, err
		}
		owner.handle, exclude = k.handle, append(exclude, record.Descriptor())
	}
	options, session, err := web.BeginRegistration(owner, webauthn.WithExclusions(exclude))
	if err != nil {
		return nil, fmt.Errorf("begin a passkey: %w", err)
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.requireFresh(ctx, tx, actor); err != nil {
			return err
		}
		return s.keepChallenge(ctx, tx, session.Challenge, challenge{purpose: forRegistration, bound: inSession(actor), party: party, handle: owner.handle})
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

func newHandle() string {
	var handle [32]byte
	_, _ = rand.Read(handle[:])
	return base64url.EncodeToString(handle[:])
}

// PreparedPasskey is a new passkey whose making was checked.
type PreparedPasskey struct{ stored storedPasskey }

// NewPasskey is a passkey that was just made. When it is the first second factor, there
// are recovery codes, which are shown this once.
type NewPasskey struct {
	contracts.Passkey
	RecoveryCodes []Secret
}

// FinishPasskey takes the browser's answer to [Service.BeginPasskey] as JSON
// (RegistrationResponseJSON) and makes the passkey: it is a second factor from then on,
// signs in by itself where its device verifies the user, and the session has proved two
// factors. name is cut to 64 characters; "" is a plain one.
//
// Errors: [contracts.ErrInvalid] at /response for what is no answer,
// [contracts.ErrBadCredentials] for an answer to another challenge, a late one, or one
// from a wrong page, [contracts.ErrConflict] at 20 passkeys or when it is known already,
// [contracts.ErrSuspended], [contracts.ErrMFARequired], [contracts.ErrForbidden] for an
// API token.
func (s *Service) FinishPasskey(ctx context.Context, actor contracts.Actor, name string, answer []byte) (NewPasskey, error) {
	prepared, err := s.PreparePasskey(ctx, actor, name, answer)
	if err != nil {
		return NewPasskey{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (NewPasskey, error) {
		return s.AddPasskeyTx(ctx, tx, actor, prepared)
	})
}

// PreparePasskey checks the answer to [Service.BeginPasskey], and uses its challenge up,
// before the transaction of [Service.AddPasskeyTx].
func (s *Service) PreparePasskey(ctx context.Context, actor contracts.Actor, name string, answer []byte) (PreparedPasskey, error) {
	if err := mayEnrol(actor); err != nil {
		return PreparedPasskey{}, err
	}
	if len(answer) > maxAnswer {
		return PreparedPasskey{}, errNoAnswer
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return PreparedPasskey{}, errNoAnswer
	}
	c, err := s.takeChallenge(ctx, parsed.Response.CollectedClientData.Challenge, forRegistration, inSession(actor))
	if err != nil {
		return PreparedPasskey{}, err
	}
	web, err := c.party.webauthn()
	if err != nil {
		return PreparedPasskey{}, err
	}
	made, err := web.CreateCredential(passkeyOwner{handle: c.handle}, webauthn.SessionData{
		Challenge: parsed.Response.CollectedClientData.Challenge, RelyingPartyID: c.party.ID, UserID: decoded(c.handle),
		UserVerification: protocol.VerificationPreferred, CredParams: webauthn.CredentialParametersDefault(),
	}, parsed)
	if err != nil {
		s.log.Info().Err(err).Str("user_id", actor.UserID).Msg("new passkey refused")
		return PreparedPasskey{}, errBadPasskey
	}
	k := storedPasskey{
		user: actor.UserID, credential: base64url.EncodeToString(made.ID), handle: c.handle, public: base64url.EncodeToString(made.PublicKey),
		eligible: made.Flags.BackupEligible, count: int64(made.Authenticator.SignCount), transports: transports(made.Transport),
	}
	k.Passkey = contracts.Passkey{
		ID: contracts.NewID(contracts.PrefixPasskey), Name: cleanLabel(name, maxPasskeyName), Host: c.party.ID,
		Synced: made.Flags.BackupState, CreatedAt: s.now(),
	}
	setDefault(&k.Name, passkeyNameless)
	return PreparedPasskey{k}, nil
}

// transports keeps the names that are short words, of which there are few: the browser
// reads them back.
func transports(said []protocol.AuthenticatorTransport) string {
	var kept []string
	for _, t := range said {
		if word := string(t); len(kept) < 8 && word != "" && len(word) <= 16 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") == "" {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// AddPasskeyTx stores a passkey that [Service.PreparePasskey] checked, in the caller's
// transaction.
func (s *Service) AddPasskeyTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, p PreparedPasskey) (NewPasskey, error) {
	none, k := NewPasskey{}, p.stored
	if err := mayEnrol(actor); err != nil {
		return none, err
	}
	// The user's row is taken, so that of many at once none is the 21st.
	if _, err := tx.ExecContext(ctx, `UPDATE users SET state = state WHERE id = $1`, k.user); err != nil {
		return none, fmt.Errorf("take the user: %w", err)
	}
	user, err := s.fullUser(ctx, tx, k.user)
	switch {
	case err != nil:
		return none, err
	case user.State != contracts.UserActive:
		return none, contracts.ErrSuspended
	}
	var count int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM passkeys WHERE user_id = $1`, k.user).Scan(&count); err != nil {
		return none, fmt.Errorf("count passkeys: %w", err)
	}
	if count >= maxPasskeys {
		return none, errTooManyPasskeys
	}
	had, err := hasFactor(ctx, tx, k.user)
	if err != nil {
		return none, err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO passkeys (id, user_id, credential_id, rp_id, user_handle, public_key, transports, backup_eligible, backed_up, sign_count, name, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (credential_id) DO NOTHING RETURNING id`,
		k.ID, k.user, k.credential, k.Host, k.handle, k.public, k.transports, k.eligible, k.Synced, k.count, k.Name, k.CreatedAt.UnixMilli()).Scan(&k.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return none, contracts.ErrConflict.With("this passkey is registered already")
	}
	if err != nil {
		return none, fmt.Errorf("insert passkey: %w", err)
	}
	if err := proved(ctx, tx, actor, TwoFactors, s.now()); err != nil {
		return none, err
	}
	made := NewPasskey{Passkey: k.Passkey}
	if !had {
		made.RecoveryCodes, err = newRecoveryCodes(ctx, tx, k.user)
	}
	return made, err
}
