package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// OIDCDone is what came of an answer.
type OIDCDone struct {
	SignedIn // without secrets unless somebody signed in; User is always there
	Purpose  OIDCPurpose
	Identity contracts.Identity
	Created  bool           // the account was made
	Linked   bool           // the identity is new on an account that there was
	Former   contracts.Role // before the groups changed it; "" when they did not
	Next     string         // the page to go on with

	started startedSession
	secrets sessionSecrets
	now     time.Time
}

// FinishOIDC takes a provider's answer to [Service.StartOIDC]. It checks state, browser,
// issuer, the ID token with its nonce, times and audience, and then signs the person in
// as the user whom the provider's account belongs to: known by its subject, or linked or
// made as the provider's configuration allows. Such a session counts as two factors. To
// link, it adds the account to the user of the session; to prove, it takes it as a fresh
// proof of identity.
//
// Errors are [RefusedError] with a reason, and by code [contracts.ErrBadCredentials],
// [contracts.ErrForbidden], [contracts.ErrConflict], [contracts.ErrSuspended] or
// [contracts.ErrUnavailable].
func (s *Service) FinishOIDC(ctx context.Context, in OIDCAnswer) (OIDCDone, error) {
	p, err := s.PrepareOIDC(ctx, in)
	if err != nil {
		return OIDCDone{}, err
	}
	done, err := inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (OIDCDone, error) { return s.FinishOIDCTx(ctx, tx, p) })
	if err != nil {
		return OIDCDone{}, err
	}
	return s.CompleteOIDC(ctx, done)
}

// FinishOIDCTx is the part of [Service.FinishOIDC] that writes, in the caller's
// transaction. [Service.CompleteOIDC] comes after its commit.
func (s *Service) FinishOIDCTx(ctx context.Context, tx *sql.Tx, p PreparedOIDC) (OIDCDone, error) {
	none := OIDCDone{}
	if p.provider == nil {
		return none, errors.New("auth: finish a sign-in that was not prepared")
	}
	done := OIDCDone{Purpose: p.attempt.purpose, Next: p.attempt.next, secrets: p.secrets, now: s.now()}
	known, err := findIdentity(ctx, tx, p.provider.Name, p.claims.Subject)
	found := err == nil
	if err != nil && !errors.Is(err, contracts.ErrNotFound) {
		return none, err
	}
	another := found && known.issuer != "" && known.issuer != p.provider.Issuer
	done.Identity = known.Identity
	switch {
	case p.attempt.purpose == OIDCSignIn:
		done.User.ID = known.UserID
		if done, err = s.signInThrough(ctx, tx, p, done, another); err != nil {
			s.noteRefusal(p, done, err)
			return none, err
		}
		return done, nil
	case another:
		return none, p.provider.untrue(anotherIssuer)
	case p.attempt.purpose == OIDCLink:
		return s.linkedFromInside(ctx, tx, p, done, found)
	}
	return s.provedFromInside(ctx, tx, p, done, found)
}

const anotherIssuer = "the provider's name stood for another issuer before"

// noteRefusal records that somebody who is known did not come in through a provider.
func (s *Service) noteRefusal(p PreparedOIDC, done OIDCDone, err error) {
	var refused *RefusedError
	if done.Created || !errors.As(err, &refused) {
		return // there is no account, or nobody was refused: something failed
	}
	l := contracts.Login{Outcome: contracts.LoginRefused, Method: contracts.MethodOIDC}
	if errors.Is(err, contracts.ErrSuspended) {
		l.Outcome = contracts.LoginSuspended
	}
	p.noted.Do(func() { s.noteFailure(done.User.ID, p.answer.Client, p.answer.IP, l) })
}

// signInThrough begins a session for whom the identity belongs to, or who is new. With an
// error it returns the user whom it was about, if that is known.
func (s *Service) signInThrough(ctx context.Context, tx *sql.Tx, p PreparedOIDC, done OIDCDone, another bool) (OIDCDone, error) {
	var err error
	switch {
	case another:
		return done, p.provider.untrue(anotherIssuer)
	case done.User.ID != "":
		done.User, err = s.fullUser(ctx, tx, done.User.ID)
	default:
		err = s.newcomer(ctx, tx, p, &done)
	}
	if err != nil {
		return done, err
	}
	if done.User.State != contracts.UserActive {
		return done, refuse(RefusedUser, contracts.ErrSuspended)
	}
	if err := s.followGroups(ctx, tx, p, &done); err != nil {
		return done, err
	}
	if err := useIdentity(ctx, tx, &done.Identity, p, done.now); err != nil {
		return done, err
	}
	when := p.claims.AuthTime // of the proof, which may be the morning's
	if when.After(done.now) {
		when = done.now
	}
	done.started, err = s.insertSession(ctx, tx, done.User, p.secrets,
		SignInProof{Method: contracts.MethodOIDC, Assurance: TwoFactors, ProvedAt: when, Client: p.answer.Client, IP: p.answer.IP, begunBy: done.Identity.ID}, done.now)
	if err != nil {
		return done, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO oidc_sessions (session_id, identity_id, sid, id_token) VALUES ($1, $2, $3, $4)`,
		done.started.ID, done.Identity.ID, cleanLabel(p.claims.SID, maxSubject), p.idToken)
	if err != nil {
		return done, fmt.Errorf("insert the provider's session: %w", err)
	}
	return done, nil
}

// CompleteOIDC adds the session's secrets to what [Service.FinishOIDCTx] returned.
func (s *Service) CompleteOIDC(ctx context.Context, done OIDCDone) (OIDCDone, error) {
	if done.Purpose != OIDCSignIn {
		return done, nil
	}
	in, err := s.signedIn(ctx, done.User, done.started, done.secrets, done.now)
	if err != nil {
		return OIDCDone{}, err
	}
	done.SignedIn = in
	return done, nil
}

// newcomer finds or makes the user of an identity that is not known yet.
func (s *Service) newcomer(ctx context.Context, tx *sql.Tx, p PreparedOIDC, done *OIDCDone) error {
	email, bad := cleanEmail(p.claims.Email)
	if bad != nil || !p.claims.EmailVerified {
		email = "" // anybody can write anything there
	}
	owner := ""
	if email != "" {
		var proved bool
		err := tx.QueryRowContext(ctx, `SELECT id, CASE WHEN email_proved = email_key THEN 1 ELSE 0 END FROM users WHERE email_key = $1 AND bot = $2`, emailKey(email), false).Scan(&owner, &proved)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return fmt.Errorf("look for the address: %w", err)
		case !proved || !p.provider.LinkByVerifiedEmail:
			done.User.ID = owner
			return refuse(RefusedTaken, contracts.ErrConflict.With("an account here has this address already").
				WithHint("Sign in as before, then add "+p.provider.Label+" in the settings under Security."))
		}
	}
	var err error
	if owner != "" {
		if done.User, err = s.fullUser(ctx, tx, owner); err != nil {
			return err
		}
		done.Linked = true
		return s.insertIdentity(ctx, tx, p, done)
	}
	switch {
	case !p.provider.CreateUsers && p.attempt.invite == "":
		return refuse(RefusedUnknown, contracts.ErrForbidden.With("no account here belongs to this one").
			WithHint("Ask an administrator for an account or an invite; then add "+p.provider.Label+" in the settings under Security."))
	case p.closed != nil:
		return p.closed
	}
	role, channels := contracts.RoleMember, []string(nil)
	if p.attempt.invite != "" {
		invite, err := s.broughtInvite(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := useInvite(ctx, tx, invite.ID); err != nil {
			return err
		}
		role, channels = invite.Role, invite.Channels
	}
	if len(p.provider.Roles) > 0 {
		mapped, ok := p.claims.role(p.provider)
		if !ok {
			return noGroup(p)
		}
		role = mapped
	}
	name, err := freeUsername(ctx, tx, p.claims)
	if err != nil {
		return err
	}
	display, bad := cleanDisplayName(p.claims.Name, name)
	if bad != nil {
		display = name
	}
	done.User = withProof(contracts.User{
		ID: contracts.NewID(contracts.PrefixUser), Username: name, DisplayName: display, Email: email,
		Role: role, State: contracts.UserActive, CreatedAt: done.now,
	}, true)
	done.Created = true
	if err := s.insertUser(ctx, tx, done.User.ID, PreparedUser{user: done.User}, channels); err != nil {
		return err
	}
	if err := proveEmail(ctx, tx, done.User.ID); err != nil {
		return err
	}
	return s.insertIdentity(ctx, tx, p, done)
}

// broughtInvite is the invite that somebody took along to the provider, if it is still
// good and is for them.
func (s *Service) broughtInvite(ctx context.Context, q eventlog.Querier, p PreparedOIDC) (openedInvite, error) {
	invite, err := s.openHashed(ctx, q, p.attempt.invite)
	var e *contracts.Error
	switch {
	case errors.As(err, &e) && (e.Code == contracts.CodeGone || e.Code == contracts.CodeNotFound):
		return invite, refuse(RefusedInvite, e)
	case err != nil:
		return invite, err
	case invite.Email != "" && (!p.claims.EmailVerified || emailKey(p.claims.Email) != emailKey(invite.Email)):
		return invite, refuse(RefusedAddress, errOthersInvite)
	}
	return invite, nil
}

func noGroup(p PreparedOIDC) error {
	return refuse(RefusedGroup, contracts.ErrForbidden.With("your account at "+p.provider.Label+" is in no group that may come in").
		WithHint("Ask whoever manages it to add you to one."))
}

// followGroups gives the role that the provider's groups stand for, when it has any that
// do. Owners stay what they are: a provider can neither make nor unmake one.
func (s *Service) followGroups(ctx context.Context, tx *sql.Tx, p PreparedOIDC, done *OIDCDone) error {
	if len(p.provider.Roles) == 0 || done.User.Role == contracts.RoleOwner {
		return nil
	}
	role, ok := p.claims.role(p.provider)
	switch {
	case !ok:
		return noGroup(p)
	case role == done.User.Role:
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE users SET role = $1 WHERE id = $2`, string(role), done.User.ID); err != nil {
		return fmt.Errorf("set role by groups: %w", err)
	}
	done.Former, done.User.Role = done.User.Role, role
	return appendEvents(ctx, tx, userEvent(contracts.EventUserUpdated, "", done.User))
}

// linkedFromInside adds the identity to the user of the session.
func (s *Service) linkedFromInside(ctx context.Context, tx *sql.Tx, p PreparedOIDC, done OIDCDone, found bool) (OIDCDone, error) {
	var err error
	if done.User, err = s.inSession(ctx, tx, p.answer.Actor); err != nil {
		return OIDCDone{}, err
	}
	switch {
	case found && done.Identity.UserID != done.User.ID:
		return OIDCDone{}, refuse(RefusedElsewhere, contracts.ErrConflict.With("this account at "+p.provider.Label+" signs another user in").WithHint("Remove it there first, or use another account."))
	case !found:
		done.Linked = true
		if err := s.insertIdentity(ctx, tx, p, &done); err != nil {
			return OIDCDone{}, err
		}
	}
	return done, useIdentity(ctx, tx, &done.Identity, p, done.now)
}

// provedFromInside takes a sign-in at the provider as a fresh proof of the session's user.
func (s *Service) provedFromInside(ctx context.Context, tx *sql.Tx, p PreparedOIDC, done OIDCDone, found bool) (OIDCDone, error) {
	var err error
	if done.User, err = s.inSession(ctx, tx, p.answer.Actor); err != nil {
		return OIDCDone{}, err
	}
	if !found || done.Identity.UserID != done.User.ID {
		return OIDCDone{}, refuse(RefusedOther, contracts.ErrForbidden.With("this account at "+p.provider.Label+" is not one of yours").WithHint("Sign in there with the account that is linked in your settings."))
	}
	if err := useIdentity(ctx, tx, &done.Identity, p, done.now); err != nil {
		return OIDCDone{}, err
	}
	return done, proved(ctx, tx, p.answer.Actor, TwoFactors, done.now)
}

// inSession reads the user of a session as they are now.
func (s *Service) inSession(ctx context.Context, tx *sql.Tx, actor contracts.Actor) (contracts.User, error) {
	u, err := s.fullUser(ctx, tx, actor.UserID)
	if err == nil && u.State != contracts.UserActive {
		err = refuse(RefusedUser, contracts.ErrSuspended)
	}
	return u, err
}

// freeUsername makes a user name that is free of what a provider calls somebody.
func freeUsername(ctx context.Context, tx *sql.Tx, c oidcClaims) (string, error) {
	for _, wish := range []string{c.PreferredUsername, c.Email, c.Name, "user"} {
		base := wishedUsername(wish)
		for n := 1; base != "" && n <= 20; n++ {
			name := base
			if n > 1 {
				name += strconv.Itoa(n)
			}
			err := namesFree(ctx, tx, name, "", "")
			if err == nil || !errors.Is(err, contracts.ErrNameTaken) {
				return name, err
			}
		}
	}
	return "user-" + strings.ToLower(randomText(12)), nil
}

// wishedUsername makes the best valid user name of a text, "" when there is none.
func wishedUsername(wish string) string {
	wish, _, _ = strings.Cut(strings.ToValidUTF8(wish, ""), "@")
	runes := []rune(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '+', r == '/', r == '\\':
			return '.'
		case unicode.IsLetter(r), unicode.IsMark(r), '0' <= r && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return -1
	}, wish))
	wish = strings.Trim(string(runes[:min(len(runes), 28)]), "._-")
	if name, bad := cleanUsername(wish); bad == nil && utf8.RuneCountInString(name) <= 28 {
		return name
	}
	ascii := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return -1
		}
		return r
	}, wish)
	name, bad := cleanUsername(strings.Trim(ascii, "._-"))
	if bad != nil {
		return ""
	}
	return name
}
