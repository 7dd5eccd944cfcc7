package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

var (
	errNoAnswer   = contracts.Invalid("/response", "that is no answer of a passkey").WithHint("Send what navigator.credentials returned, as its toJSON writes it.")
	errBadPasskey = contracts.ErrBadCredentials.With("the passkey was not accepted").WithHint("Begin again, or sign in another way: it may have been removed here.")
)

// PasskeyChallenge is what a browser needs to sign in by a passkey.
type PasskeyChallenge struct {
	// Options are those of navigator.credentials.get (PublicKeyCredentialRequestOptionsJSON).
	Options json.RawMessage
	// Browser has to come back with the answer. It binds the login to the browser that
	// began it: keep it where only that browser's requests bring it, in a cookie.
	Browser Secret
}

// BeginPasskeyLogin begins a login by a passkey alone, by whoever it will be. The answer
// comes to [Service.FinishPasskeyLogin] within five minutes. ip may begin 100 in five
// minutes; "" is not counted.
//
// Errors: [contracts.ErrRateLimited], [contracts.ErrInvalid] for a party that is none.
func (s *Service) BeginPasskeyLogin(ctx context.Context, party RelyingParty, ip string) (PasskeyChallenge, error) {
	none := PasskeyChallenge{}
	web, err := party.webauthn()
	if err != nil {
		return none, err
	}
	if err := s.limitLogins(ctx, ip); err != nil {
		return none, err
	}
	// Alone it is two factors: the device, and what unlocks it.
	options, session, err := web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return none, fmt.Errorf("begin a login by passkey: %w", err)
	}
	begun := PasskeyChallenge{Browser: Secret(randomText(secretLetters))}
	if begun.Options, err = json.Marshal(options.Response); err != nil {
		return none, fmt.Errorf("write the options of a passkey: %w", err)
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.keepChallenge(ctx, tx, session.Challenge, challenge{purpose: forLogin, bound: inBrowser(begun.Browser), party: party})
	})
	if err != nil {
		return none, err
	}
	return begun, nil
}

// PasskeyLogin is a browser's answer to [Service.BeginPasskeyLogin].
type PasskeyLogin struct {
	Browser  Secret // of the [PasskeyChallenge]
	Response []byte // JSON (AuthenticationResponseJSON)
	Client   string // what the client calls itself, "web/0.1.0"
	IP       string
}

// FinishPasskeyLogin starts a session for the owner of a passkey that verified its user:
// two factors, so nothing is owed. A signature counter that went back is refused and
// logged, since the passkey may have been copied.
//
// Errors: [contracts.ErrInvalid] at /response for what is no answer,
// [contracts.ErrBadCredentials] for a wrong, late or repeated one and for a passkey that
// is not known here, [contracts.ErrSuspended] (only after the right signature).
func (s *Service) FinishPasskeyLogin(ctx context.Context, in PasskeyLogin) (SignedIn, error) {
	none := SignedIn{}
	a, err := s.takeAnswer(ctx, in.Response, forLogin, inBrowser(in.Browser))
	if err != nil {
		return none, err
	}
	k, err := onePasskey(ctx, s.db.Read, `credential_id = $1 AND rp_id = $2`, a.credential(), a.party.ID)
	if errors.Is(err, contracts.ErrNotFound) {
		return none, errBadPasskey
	}
	if err != nil {
		return none, err
	}
	if err := s.checkAnswer(&a, &k, protocol.VerificationRequired); err != nil {
		s.notePasskey(k, in, err)
		return none, err
	}
	secrets, now := newSessionSecrets(), s.now()
	var user contracts.User
	var ses startedSession
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.usePasskey(ctx, tx, k); err != nil {
			return err
		}
		if user, err = s.fullUser(ctx, tx, k.user); err != nil {
			return err
		}
		ses, err = s.insertSession(ctx, tx, user, secrets, SignInProof{Method: contracts.MethodPasskey, Assurance: TwoFactors, Client: in.Client, IP: in.IP, begunBy: k.ID}, now)
		return err
	})
	if err != nil {
		s.notePasskey(k, in, err)
		return none, err
	}
	return s.signedIn(ctx, user, ses, secrets, now)
}

// notePasskey records that a passkey that is known did not sign its owner in.
func (s *Service) notePasskey(k storedPasskey, in PasskeyLogin, err error) {
	l := contracts.Login{Outcome: contracts.LoginRefused, Method: contracts.MethodPasskey}
	switch {
	case errors.Is(err, contracts.ErrSuspended):
		l.Outcome = contracts.LoginSuspended
	case !errors.Is(err, contracts.ErrBadCredentials):
		return // nobody was refused: something failed
	}
	s.noteFailure(k.user, in.Client, in.IP, l)
}

// BeginPasskeyProof begins to prove by a passkey who is in a session: as the second
// factor that it owes, or anew. It returns the options of navigator.credentials.get.
//
// Errors: [contracts.ErrConflict] without a passkey for the party's pages,
// [contracts.ErrForbidden] for an API token, [contracts.ErrInvalid] for a party that is none.
func (s *Service) BeginPasskeyProof(ctx context.Context, actor contracts.Actor, party RelyingParty) (json.RawMessage, error) {
	if err := inSessionOnly(actor); err != nil {
		return nil, err
	}
	web, err := party.webauthn()
	if err != nil {
		return nil, err
	}
	keys, err := passkeysOf(ctx, s.db.Read, actor.UserID, party.ID)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, contracts.ErrConflict.With("you have no passkey for " + party.ID).WithHint("Use a code of your authenticator app or a recovery code.")
	}
	owner := passkeyOwner{handle: keys[0].handle}
	for _, k := range keys {
		record, err := k.record()
		if err != nil {
			return nil, err
		}
		owner.records = append(owner.records, record)
	}
	options, session, err := web.BeginLogin(owner)
	if err != nil {
		return nil, fmt.Errorf("begin a proof by passkey: %w", err)
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.keepChallenge(ctx, tx, session.Challenge, challenge{purpose: forProof, bound: inSession(actor), party: party})
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// FinishPasskeyProof takes the browser's answer to [Service.BeginPasskeyProof]: the
// session has proved two factors, and freshly. It need not have verified its user, since
// the session did something else before.
//
// Errors: those of [Service.FinishPasskeyLogin], [contracts.ErrForbidden] for an API token.
func (s *Service) FinishPasskeyProof(ctx context.Context, actor contracts.Actor, answer []byte) error {
	if err := inSessionOnly(actor); err != nil {
		return err
	}
	a, err := s.takeAnswer(ctx, answer, forProof, inSession(actor))
	if err != nil {
		return err
	}
	k, err := onePasskey(ctx, s.db.Read, `credential_id = $1 AND rp_id = $2 AND user_id = $3`, a.credential(), a.party.ID, actor.UserID)
	if errors.Is(err, contracts.ErrNotFound) {
		return errBadPasskey
	}
	if err != nil {
		return err
	}
	if err = s.checkAnswer(&a, &k, protocol.VerificationPreferred); err == nil {
		err = s.provedByPasskey(ctx, actor, k)
	}
	if errors.Is(err, contracts.ErrBadCredentials) {
		s.noteWrongProof(actor, contracts.LoginRefused, contracts.MethodPasskey)
	}
	return err
}

func (s *Service) provedByPasskey(ctx context.Context, actor contracts.Actor, k storedPasskey) error {
	now := s.now()
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		user, err := s.fullUser(ctx, tx, k.user)
		switch {
		case err != nil:
			return err
		case user.State != contracts.UserActive:
			return contracts.ErrSuspended
		}
		if err := s.usePasskey(ctx, tx, k); err != nil {
			return err
		}
		return proved(ctx, tx, actor, TwoFactors, now)
	})
}

// assertion is an answer whose challenge was used up.
type assertion struct {
	challenge
	*protocol.ParsedCredentialAssertionData
}

func (a assertion) credential() string { return base64url.EncodeToString(a.RawID) }

func (s *Service) takeAnswer(ctx context.Context, answer []byte, purpose, bound string) (assertion, error) {
	if len(answer) > maxAnswer {
		return assertion{}, errNoAnswer
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return assertion{}, errNoAnswer
	}
	c, err := s.takeChallenge(ctx, parsed.Response.CollectedClientData.Challenge, purpose, bound)
	return assertion{c, parsed}, err
}

// checkAnswer verifies an answer of a passkey, and brings it to what the answer says:
// its counter and whether it is synced.
func (s *Service) checkAnswer(a *assertion, k *storedPasskey, verification protocol.UserVerificationRequirement) error {
	web, err := a.party.webauthn()
	if err != nil {
		return err
	}
	record, err := k.record()
	if err != nil {
		return err
	}
	owner := passkeyOwner{handle: k.handle, records: []webauthn.Credential{record}}
	session := webauthn.SessionData{Challenge: a.Response.CollectedClientData.Challenge, RelyingPartyID: a.party.ID, UserVerification: verification}
	var shown *webauthn.Credential
	if a.purpose == forLogin {
		_, shown, err = web.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return owner, nil }, session, a.ParsedCredentialAssertionData)
	} else {
		session.UserID = owner.WebAuthnID()
		shown, err = web.ValidateLogin(owner, session, a.ParsedCredentialAssertionData)
	}
	if err != nil {
		s.log.Info().Err(err).Str("user_id", k.user).Str("passkey_id", k.ID).Msg("passkey refused")
		return errBadPasskey
	}
	if shown.Authenticator.CloneWarning {
		return s.wentBack(*k, int64(a.Response.AuthenticatorData.Counter))
	}
	k.count, k.Synced = int64(shown.Authenticator.SignCount), shown.Flags.BackupState
	return nil
}

// usePasskey notes the use of a passkey. Of two answers at once whose counters are in
// the wrong order, or when it was removed meanwhile, this one is refused.
func (s *Service) usePasskey(ctx context.Context, tx *sql.Tx, k storedPasskey) error {
	result, err := tx.ExecContext(ctx, `UPDATE passkeys SET sign_count = $1, backed_up = $2, last_used_at = $3
		WHERE id = $4 AND (sign_count < $1 OR sign_count = 0 AND $1 = 0)`, k.count, k.Synced, s.now().UnixMilli(), k.ID)
	if err != nil {
		return fmt.Errorf("note the use of a passkey: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	if _, err := onePasskey(ctx, tx, `id = $1`, k.ID); err != nil {
		return errBadPasskey
	}
	return s.wentBack(k, k.count)
}

// wentBack: the same key signed elsewhere, or the authenticator lost its memory.
func (s *Service) wentBack(k storedPasskey, count int64) error {
	s.log.Warn().Str("user_id", k.user).Str("passkey_id", k.ID).Int64("count", count).Msg("the counter of a passkey went back, it may have been copied")
	return errBadPasskey.With("the passkey was not accepted: another copy of it seems to be in use").WithHint("Remove it in your settings and make a new one.")
}
