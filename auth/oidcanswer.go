package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/dankerchat/dankerchat/contracts"
	"golang.org/x/oauth2"
)

// OIDCAnswer is what a provider sends a browser back with.
type OIDCAnswer struct {
	Provider string // whose answer it is, by the address that it came to
	State    string
	Code     Secret
	Issuer   string          // iss (RFC 9207); "" when it is missing
	Error    string          // error (RFC 6749, section 4.1.2.1); "" when it is none
	Browser  Secret          // of [OIDCRequest]
	Actor    contracts.Actor // of the browser's session, if it has one
	Client   string          // what the client calls itself, "web/0.1.0"
	IP       string
}

// PreparedOIDC is a checked answer, for [Service.FinishOIDCTx].
type PreparedOIDC struct {
	provider *provider
	attempt  attempt
	claims   oidcClaims
	idToken  string // sealed
	closed   error  // what Config.SignupAllowed says to a new account, with its reason
	answer   OIDCAnswer
	secrets  sessionSecrets
	noted    *sync.Once // that it was refused stands in the history once, however often a transaction is tried
}

// Actor is whose audit entry it is when nobody was signed in before: the user is known
// only when it is finished.
func (p PreparedOIDC) Actor() contracts.Actor { return p.answer.Actor }

// Format keeps secrets out of logs.
func (p PreparedOIDC) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[prepared OIDC answer]")) }

// PrepareOIDC does of [Service.FinishOIDC] what is too slow for a transaction: it uses
// the state up, redeems the code, and checks what the provider says.
func (s *Service) PrepareOIDC(ctx context.Context, in OIDCAnswer) (PreparedOIDC, error) {
	none := PreparedOIDC{}
	p, err := s.providers.named(in.Provider)
	if err != nil {
		return none, err
	}
	began, err := s.takeState(ctx, in)
	if err != nil {
		return none, err
	}
	found, err := p.discover(ctx)
	if err != nil {
		return none, err
	}
	// The answer may be another provider's, brought here to make us send it our code.
	if in.Issuer != "" && in.Issuer != p.Issuer || in.Issuer == "" && found.namesItself {
		return none, p.untrue("the answer is of another issuer")
	}
	switch {
	case in.Error == "temporarily_unavailable" || in.Error == "server_error":
		return none, p.unavailable(errors.New("the provider answered " + cleanLabel(in.Error, 64)))
	case in.Error != "":
		return none, refuse(RefusedDenied, contracts.ErrForbidden.With(p.Label+" did not sign you in").WithHint("Begin again, or sign in another way."))
	case in.Code == "":
		return none, p.untrue("the answer has no code")
	}
	c, raw, err := s.redeem(ctx, p, found, began, in)
	if err != nil {
		return none, err
	}
	ready := PreparedOIDC{provider: p, attempt: began, claims: c, answer: in, secrets: newSessionSecrets(), noted: new(sync.Once)}
	if p.EndSession && found.endSession != "" && len(s.cfg.SealKeys) > 0 {
		if ready.idToken, err = s.sealer.seal(sealIDToken, ready.secrets.id, []byte(raw)); err != nil {
			return none, err
		}
	}
	ready.closed = s.mayJoinBy(ctx, ready)
	return ready, nil
}

// mayJoinBy asks whether somebody new may come in as a provider says who they are.
func (s *Service) mayJoinBy(ctx context.Context, p PreparedOIDC) error {
	who := Joining{Provider: p.provider.Name, Trusted: p.provider.Trusted, Invited: p.attempt.invite != ""}
	if email, bad := cleanEmail(p.claims.Email); bad == nil && p.claims.EmailVerified {
		who.Email = email
	}
	err := s.mayJoin(ctx, who)
	if err == nil && who.Invited {
		_, err = s.broughtInvite(ctx, s.db.Read, p)
	}
	var e *contracts.Error
	var refused *RefusedError
	if errors.As(err, &refused) || !errors.As(err, &e) {
		return err
	}
	return refuse(RefusedClosed, e)
}

// untrue refuses an answer that does not hold. What is wrong with it is for the log.
func (p *provider) untrue(why string) error {
	e := refuse(RefusedAnswer, contracts.ErrBadCredentials.With("what "+p.Label+" answered does not hold").WithHint("Begin again; if it stays, an administrator finds the reason in the server's log."))
	return fmt.Errorf("%w: %s", e, why)
}

// redeem changes the code for what the provider says of the person, and returns the ID
// token too.
func (s *Service) redeem(ctx context.Context, p *provider, found *discovered, began attempt, in OIDCAnswer) (oidcClaims, string, error) {
	none := oidcClaims{}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), outboundTime)
	defer cancel()
	oauth := found.oauth
	oauth.RedirectURL = began.redirect
	token, err := oauth.Exchange(ctx, in.Code.Reveal(), oauth2.VerifierOption(derived("verifier", in.Browser, in.State)))
	if err != nil {
		var said *oauth2.RetrieveError
		switch {
		case !errors.As(err, &said):
			return none, "", p.unavailable(fmt.Errorf("redeem code: %w", err))
		case said.ErrorCode == "invalid_grant":
			return none, "", p.untrue("the provider does not take its code")
		}
		// Our id, secret or redirect URI is not what the provider knows.
		return none, "", p.unavailable(fmt.Errorf("redeem code: the provider answered %d %s", said.Response.StatusCode, cleanLabel(said.ErrorCode, 64)))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok || len(raw) > maxIDToken {
		return none, "", p.untrue("no ID token, or one that is too long")
	}
	id, err := found.verifier.Verify(ctx, raw)
	if err != nil {
		return none, "", p.keysOr(err)
	}
	var c oidcClaims
	if err := c.read(id.Claims); err != nil {
		return none, "", p.untrue(err.Error())
	}
	c.Subject = id.Subject
	if err := c.check(p.ClientID, id.Audience, s.now()); err != nil {
		return none, "", p.untrue(err.Error())
	}
	if !equal(c.Nonce, derived("nonce", in.Browser, in.State)) {
		return none, "", p.untrue("the nonce is not ours")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return none, "", p.untrue("the access token belongs to another ID token")
		}
	}
	if began.purpose == OIDCProof && c.AuthTime.Before(began.began.Add(-clockSkew)) {
		return none, "", refuse(RefusedAnswer, contracts.ErrBadCredentials.With(p.Label+" did not ask you to sign in anew").WithHint("Use your password, a code or a passkey instead."))
	}
	return c, raw, s.askUserInfo(ctx, p, found, token, &c)
}

// keysOr tells keys that could not be fetched from a token that is wrong.
func (p *provider) keysOr(err error) error {
	if strings.Contains(err.Error(), "fetching keys") {
		return p.unavailable(fmt.Errorf("verify ID token: %w", err))
	}
	return p.untrue(err.Error())
}

// askUserInfo fills in what providers leave out of the ID token.
func (s *Service) askUserInfo(ctx context.Context, p *provider, found *discovered, token *oauth2.Token, c *oidcClaims) error {
	_, grouped := c.at(p.GroupsClaim)
	if found.UserInfoEndpoint() == "" || c.Email != "" && c.PreferredUsername != "" && (len(p.Roles) == 0 || grouped) {
		return nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return p.unavailable(fmt.Errorf("ask for user info: %w", err))
	}
	if info.Subject != c.Subject {
		return p.untrue("the user info is somebody else's")
	}
	if err := c.read(info.Claims); err != nil {
		return p.untrue(err.Error())
	}
	return nil
}

const (
	maxIDToken  = 32 << 10 // bytes
	maxSubject  = 255      // OpenID Connect Core, section 2
	maxGroups   = 1000
	sealIDToken = "id_token"
)

// oidcClaims are what is read of what a provider says of a person.
type oidcClaims struct {
	Subject, Nonce, SID, Name, PreferredUsername, Email string
	EmailVerified                                       bool
	AuthTime                                            time.Time // zero when it is not said
	all                                                 map[string]any
}

// read takes over what is not known yet: what the ID token says counts more than what
// comes after it.
func (c *oidcClaims) read(decode func(any) error) error {
	var said map[string]any
	if err := decode(&said); err != nil {
		return errors.New("the claims are not an object")
	}
	if c.all == nil {
		c.all = map[string]any{}
	}
	switch { // an address and whether it is verified come from one mouth
	case c.Email == "":
		delete(c.all, "email_verified")
	case said["email"] != c.Email:
		delete(said, "email_verified")
	}
	for name, value := range said {
		if _, known := c.all[name]; !known {
			c.all[name] = value
		}
	}
	text := func(name string) string {
		v, _ := c.all[name].(string)
		return v
	}
	c.Nonce, c.SID, c.Name, c.PreferredUsername, c.Email = text("nonce"), text("sid"), text("name"), text("preferred_username"), text("email")
	c.EmailVerified = c.Email != "" && (c.all["email_verified"] == true || c.all["email_verified"] == "true") // some write a text
	c.AuthTime, _ = c.time("auth_time")
	return nil
}

func (c *oidcClaims) time(name string) (time.Time, bool) {
	switch v := c.all[name].(type) {
	case float64:
		if v > 0 && v < 1<<40 {
			return time.Unix(int64(v), 0), true
		}
	case json.Number:
		n, err := v.Int64()
		return time.Unix(n, 0), err == nil
	}
	return time.Time{}, false
}

// check is of the ID token alone; issuer, audience and signature are right already.
func (c *oidcClaims) check(client string, audience []string, now time.Time) error {
	expires, ends := c.time("exp")
	issued, begins := c.time("iat")
	notBefore, waits := c.time("nbf")
	azp, authorized := c.all["azp"]
	switch {
	case c.Subject == "" || len(c.Subject) > maxSubject || strings.ContainsRune(c.Subject, 0):
		return errors.New("the subject is none")
	case !ends || !expires.Add(clockSkew).After(now):
		return errors.New("the token has expired")
	case !begins || issued.After(now.Add(clockSkew)) || waits && notBefore.After(now.Add(clockSkew)):
		return errors.New("the token is of the future")
	case authorized && azp != client, len(audience) > 1 && !authorized:
		return errors.New("the token is for another client")
	}
	return nil
}

// at is the claim of that name, or at the end of a path that leads into objects.
func (c *oidcClaims) at(name string) (any, bool) {
	if v, ok := c.all[name]; ok {
		return v, true
	}
	var v any = c.all
	for part := range strings.SplitSeq(name, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = object[part]; !ok {
			return nil, false
		}
	}
	return v, true
}

// role is the highest role that the groups give; false when they give none.
func (c *oidcClaims) role(p *provider) (role contracts.Role, ok bool) {
	groups := []string{"*"}
	switch v, _ := c.at(p.GroupsClaim); v := v.(type) {
	case string:
		groups = append(groups, v)
	case []any:
		for _, g := range v[:min(len(v), maxGroups)] {
			if text, is := g.(string); is {
				groups = append(groups, text)
			}
		}
	}
	for _, g := range groups {
		if r, mapped := p.Roles[g]; mapped && (!ok || r.Above(role)) {
			role, ok = r, true
		}
	}
	return role, ok
}
