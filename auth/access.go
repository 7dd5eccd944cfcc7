package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

const (
	audience      = "dankerchat"
	accessType    = "at+jwt" // RFC 9068
	sessionClaim  = "sid"
	maxAccessTTL  = time.Hour
	maxCredential = 2048 // bytes; our access tokens take about 400
)

// issue signs an access token for a session.
func (s *Service) issue(ctx context.Context, userID, sessionID string, now time.Time) (Secret, time.Time, error) {
	key, err := s.signing(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	// exp counts in whole seconds (RFC 7519 NumericDate).
	now = now.Truncate(time.Second)
	expires := now.Add(s.cfg.AccessTTL)
	token, err := jwt.NewBuilder().Issuer(s.cfg.Issuer).Audience([]string{audience}).Subject(userID).
		IssuedAt(now).Expiration(expires).Claim(sessionClaim, sessionID).Build()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("build access token: %w", err)
	}
	headers := jws.NewHeaders()
	for name, value := range map[string]string{jws.TypeKey: accessType, jws.KeyIDKey: key.ID} {
		if err := headers.Set(name, value); err != nil {
			return "", time.Time{}, fmt.Errorf("build access token: %w", err)
		}
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA, key.private, jws.WithProtectedHeaders(headers)))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign access token: %w", err)
	}
	return Secret(signed), expires, nil
}

// accessToken is what a valid access token says.
type accessToken struct {
	user, session string
	expires       time.Time
}

// checkAccess verifies an access token. The algorithm is fixed; the header may hold
// alg, typ and kid and nothing else, so no key or address in it is ever looked at.
// Whatever is wrong, the answer is the same.
func (s *Service) checkAccess(ctx context.Context, token string) (accessToken, error) {
	kid, ok := accessHeader(token)
	if !ok {
		return accessToken{}, contracts.ErrUnauthenticated
	}
	key, ok, err := s.verifying(ctx, kid)
	if err != nil {
		return accessToken{}, err
	}
	if !ok {
		return accessToken{}, contracts.ErrUnauthenticated
	}
	t, err := jwt.Parse([]byte(token), jwt.WithKey(jwa.EdDSA, key.public()), jwt.WithValidate(true),
		jwt.WithClock(jwt.ClockFunc(s.now)), jwt.WithAcceptableSkew(clockSkew),
		jwt.WithIssuer(s.cfg.Issuer), jwt.WithAudience(audience),
		jwt.WithRequiredClaim(jwt.SubjectKey), jwt.WithRequiredClaim(jwt.IssuedAtKey),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(sessionClaim))
	if err != nil {
		return accessToken{}, contracts.ErrUnauthenticated
	}
	sid, _ := t.PrivateClaims()[sessionClaim].(string)
	if !contracts.ValidID(contracts.PrefixUser, t.Subject()) || !contracts.ValidID(contracts.PrefixSession, sid) ||
		t.Expiration().Sub(t.IssuedAt()) > maxAccessTTL {
		return accessToken{}, contracts.ErrUnauthenticated
	}
	return accessToken{user: t.Subject(), session: sid, expires: t.Expiration().Add(clockSkew)}, nil
}

// accessHeader returns the kid of a compact JWS with exactly the header that issue
// writes.
func accessHeader(token string) (kid string, ok bool) {
	// A JWE has four dots, the JSON forms have braces. The library's base64 is lenient:
	// padding and line breaks would make many texts of one token.
	if strings.Count(token, ".") != 2 || strings.ContainsFunc(token, notCompact) {
		return "", false
	}
	message, err := jws.Parse([]byte(token), jws.WithCompact())
	if err != nil || len(message.Signatures()) != 1 {
		return "", false
	}
	h := message.Signatures()[0].ProtectedHeaders()
	fields, err := h.AsMap(context.Background())
	if err != nil || len(fields) != 3 || h.Algorithm() != jwa.EdDSA || h.Type() != accessType || h.KeyID() == "" {
		return "", false
	}
	return h.KeyID(), true
}

// notCompact: outside base64url (RFC 4648 section 5) and the dot.
func notCompact(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}
