package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/dankerchat/dankerchat/contracts"
	"golang.org/x/oauth2"
)

// OIDCPurpose is why somebody is sent to an identity provider.
type OIDCPurpose string

// The purposes.
const (
	OIDCSignIn OIDCPurpose = "sign_in" // to begin a session
	OIDCLink   OIDCPurpose = "link"    // to sign in that way from now on, out of a session
	OIDCProof  OIDCPurpose = "proof"   // to prove anew who is in a session
	oidcLogout OIDCPurpose = "logout"  // the provider's own call, which is not begun here
)

// OIDCStart begins a way to an identity provider and back.
type OIDCStart struct {
	Provider string
	Purpose  OIDCPurpose // default OIDCSignIn
	// Redirect is where the provider sends the browser back to, an absolute URL that it
	// knows. Whoever serves it calls [Service.FinishOIDC].
	Redirect string
	Next     string // the page after that, a path of this site; default "/"
	// Browser is the secret that the browser has from an earlier start; "" makes one.
	Browser Secret
	// Invite is the code of an invite that somebody brings along to sign in: it makes an
	// account for whoever has none, also by a provider without CreateUsers.
	Invite Secret
	Actor  contracts.Actor // of the session, unless the purpose is to sign in
	IP     string
}

// OIDCRequest is where to send the browser.
type OIDCRequest struct {
	URL string
	// Browser has to come back with the answer: keep it where only that browser's requests
	// bring it, in a cookie, until Expires.
	Browser Secret
	Expires time.Time
}

const (
	oidcStateLife = 10 * time.Minute
	maxNext       = 512 // bytes
	maxOIDCBegun  = 100 // by an address
)

// StartOIDC begins to sign somebody in, to link an account at a provider with the one of
// a session, or to prove who is in a session. The provider's answer is good for ten
// minutes, once, in the same browser. Nonce and code verifier (PKCE, RFC 7636) are made
// of the browser's secret, so that the database holds nothing that an answer could be
// redeemed with.
//
// Errors: [contracts.ErrNotFound] for a provider that is not configured,
// [contracts.ErrInvalid] at /next for an address that leads elsewhere,
// [contracts.ErrUnavailable] when the provider cannot be asked,
// [contracts.ErrReauthRequired] to link, [contracts.ErrRateLimited].
func (s *Service) StartOIDC(ctx context.Context, in OIDCStart) (OIDCRequest, error) {
	none := OIDCRequest{}
	p, err := s.providers.named(in.Provider)
	if err != nil {
		return none, err
	}
	setDefault(&in.Purpose, OIDCSignIn)
	setDefault(&in.Next, "/")
	if !localPath(in.Next) {
		return none, contracts.Invalid("/next", "next is not a path of this site")
	}
	if u, err := url.Parse(in.Redirect); err != nil || !u.IsAbs() || u.Host == "" {
		return none, contracts.Invalid("/redirect", "the redirect URI is not an absolute URL")
	}
	if err := s.mayStartOIDC(ctx, in); err != nil {
		return none, err
	}
	found, err := p.discover(ctx)
	if err != nil {
		return none, err
	}
	if len(in.Browser) != secretLetters || strings.ContainsFunc(string(in.Browser), notCompact) {
		in.Browser = Secret(randomText(secretLetters))
	}
	invite := ""
	if in.Purpose == OIDCSignIn {
		in.Actor = contracts.Actor{} // whoever is signed in, it will be a session of its own
		if in.Invite != "" {
			invite = inviteDigest(in.Invite)
		}
	}
	state, now := randomText(secretLetters), s.now()
	begun := OIDCRequest{Browser: in.Browser, Expires: now.Add(oidcStateLife)}
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO oidc_states (state_hash, purpose, provider, browser_hash, redirect, next, session_id, created_at, expires_at, invite_hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			stateDigest(state), string(in.Purpose), p.Name, inBrowser(in.Browser), in.Redirect, in.Next, in.Actor.SessionID, now.UnixMilli(), begun.Expires.UnixMilli(), invite)
		if err != nil {
			return fmt.Errorf("insert the state of a sign-in: %w", err)
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(derived("nonce", in.Browser, state)), oauth2.S256ChallengeOption(derived("verifier", in.Browser, state))}
	if in.Purpose == OIDCProof { // whoever sits there now, not who signed in at the provider this morning
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	oauth := found.oauth
	oauth.RedirectURL = in.Redirect
	begun.URL = oauth.AuthCodeURL(state, options...)
	return begun, nil
}

func (s *Service) mayStartOIDC(ctx context.Context, in OIDCStart) error {
	switch in.Purpose {
	case OIDCSignIn:
		if in.IP == "" {
			return nil
		}
		err := s.reserve(ctx, []counted{{digest("oidc\x00" + Network(in.IP)), maxOIDCBegun, oidcStateLife}})
		var limited *contracts.Error
		if errors.As(err, &limited) && limited.Code == contracts.CodeRateLimited {
			return contracts.ErrRateLimited.With("too many sign-ins were begun from this address").After(limited.RetryAfter)
		}
		return err
	case OIDCLink, OIDCProof:
		if err := inSessionOnly(in.Actor); err != nil {
			return err
		}
		if err := Owing(in.Actor); err != nil {
			return err
		}
		if in.Purpose == OIDCProof {
			return nil
		}
		return s.requireFresh(ctx, s.db.Read, in.Actor)
	}
	return contracts.Invalid("/purpose", "no such purpose")
}

func stateDigest(state string) string { return digest("oidc state\x00" + state) }

// derived is a secret of one sign-in that the browser's secret and the state make together.
func derived(use string, browser Secret, state string) string {
	sum := sha256.Sum256([]byte("oidc " + use + "\x00" + string(browser) + "\x00" + state))
	return base64url.EncodeToString(sum[:])
}

// localPath tells whether a browser takes next for a path of this site and nothing else.
func localPath(next string) bool {
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsFunc(next, func(r rune) bool {
		return r == '\\' || r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.IsSpace(r)
	}) {
		return false
	}
	u, err := url.Parse(next)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && !strings.HasPrefix(u.Path, "//")
}

// Refusal says why a sign-in through a provider came to nothing, for a page that tells
// what to do next. Texts for people are in the error itself.
type Refusal string

// The reasons.
const (
	RefusedDenied    Refusal = "denied"           // by the person, or by the provider
	RefusedStale     Refusal = "stale"            // too late, used already, or begun in another browser
	RefusedAnswer    Refusal = "answer"           // what the provider said does not hold
	RefusedDown      Refusal = "unavailable"      // the provider cannot be reached
	RefusedUnknown   Refusal = "no_account"       // nobody here has it, and accounts are not made that way
	RefusedClosed    Refusal = "closed"           // the workspace takes no new accounts
	RefusedDomain    Refusal = "domain"           // it takes verified addresses of some domains, and this is none
	RefusedUninvited Refusal = "uninvited"        // it takes whom somebody invited
	RefusedInvite    Refusal = "invite"           // the invite that came along is not good any more
	RefusedAddress   Refusal = "other_address"    // the invite is for another address
	RefusedTaken     Refusal = "taken"            // somebody here has the address: they link it from inside
	RefusedGroup     Refusal = "no_group"         // in none of the groups that may come in
	RefusedUser      Refusal = "suspended"        // the account here is suspended
	RefusedElsewhere Refusal = "linked_elsewhere" // it signs another user in
	RefusedOther     Refusal = "other_account"    // it is not the one of the session
)

// RefusedError is an error of [Service.StartOIDC] or [Service.FinishOIDC] with its reason.
type RefusedError struct {
	Reason Refusal
	err    *contracts.Error
}

func refuse(reason Refusal, err *contracts.Error) *RefusedError { return &RefusedError{reason, err} }

// Refuse gives an error of Config.SignupAllowed another reason than [RefusedClosed], for
// whoever comes from a provider.
func Refuse(reason Refusal, err *contracts.Error) error { return refuse(reason, err) }

func (e *RefusedError) Error() string { return e.err.Error() }

// Unwrap returns the [contracts.Error].
func (e *RefusedError) Unwrap() error { return e.err }

// attempt is a state that came back.
type attempt struct {
	purpose                 OIDCPurpose
	redirect, next, session string
	invite                  string // its code's hash, "" for none
	began                   time.Time
}

// takeState uses a state up, before anything of the answer is looked at.
func (s *Service) takeState(ctx context.Context, in OIDCAnswer) (attempt, error) {
	var a attempt
	stale := refuse(RefusedStale, contracts.ErrBadCredentials.With("this sign-in is older than 10 minutes, was finished already, or was begun in another browser").WithHint("Begin again."))
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var began int64
		err := tx.QueryRowContext(ctx, `DELETE FROM oidc_states WHERE state_hash = $1 AND provider = $2 AND browser_hash = $3 AND expires_at > $4 AND purpose <> $5
			RETURNING purpose, redirect, next, session_id, invite_hash, created_at`, stateDigest(in.State), in.Provider, inBrowser(in.Browser), s.now().UnixMilli(), string(oidcLogout)).
			Scan(&a.purpose, &a.redirect, &a.next, &a.session, &a.invite, &began)
		a.began = fromMillis(began)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return stale
		case err != nil:
			return fmt.Errorf("use the state of a sign-in up: %w", err)
		}
		return nil
	})
	if err == nil && a.session != "" && a.session != in.Actor.SessionID {
		return a, stale
	}
	return a, err
}
