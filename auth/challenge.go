package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// RelyingParty says for whose pages a passkey is made, and who may ask for it (WebAuthn
// Level 3, section 5.4.2).
type RelyingParty struct {
	// ID is a host name, "chat.example.org": the passkeys work on its pages alone.
	ID      string
	Name    string   // what a browser may show; "" is ID
	Origins []string // of the pages that may ask, "https://chat.example.org"
}

// RelyingPartyAt is the party of the pages at a URL, which are https, or plain http on
// this machine (localhost): browsers make passkeys nowhere else, and not for addresses
// without a name. Of others it is [contracts.ErrUnavailable] with the way out.
func RelyingPartyAt(page string) (RelyingParty, error) {
	u, err := url.Parse(page)
	if err != nil {
		u = &url.URL{}
	}
	host := strings.ToLower(u.Hostname())
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	_, notIP := netip.ParseAddr(host)
	if host == "" || notIP == nil || u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return RelyingParty{}, contracts.ErrUnavailable.With("passkeys work on pages with https and a host name, not here").
			WithHint("Open DankerChat by its https address, or on this machine by http://localhost.")
	}
	return RelyingParty{ID: host, Origins: []string{u.Scheme + "://" + strings.ToLower(u.Host)}}, nil
}

// How long a challenge is good for, and how many logins an address may begin: a sign-in
// page begins one by being looked at, for the browser's autofill, and an office has one
// address.
const (
	challengeLife   = 5 * time.Minute
	maxLoginsBegun  = 300
	loginsBegunTime = 5 * time.Minute
)

// webauthn opens the protocol for a party. Attestation is not asked for: what made a key
// says nothing about who holds it.
func (p RelyingParty) webauthn() (*webauthn.WebAuthn, error) {
	if p.Name == "" {
		p.Name = p.ID
	}
	life := webauthn.TimeoutConfig{Timeout: challengeLife, TimeoutUVD: challengeLife}
	w, err := webauthn.New(&webauthn.Config{
		RPID: p.ID, RPDisplayName: p.Name, RPOrigins: p.Origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: life, Registration: life},
		// Password managers answer credProps without being asked; nothing here reads it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	switch {
	case err != nil:
		return nil, contracts.ErrInvalid.With("auth: the relying party: " + err.Error())
	case p.ID == "":
		return nil, contracts.ErrInvalid.With("auth: a relying party needs a host name")
	}
	return w, nil
}

// What a challenge is for.
const (
	forRegistration = "register"
	forLogin        = "login"
	forProof        = "proof"
)

// challenge is one under way. Its text is what an authenticator signs; the database
// knows its hash.
type challenge struct {
	purpose string
	bound   string // who began it: inSession or inBrowser
	party   RelyingParty
	handle  string // of the user, base64url; of a registration
}

func inSession(actor contracts.Actor) string { return digest("session\x00" + actor.SessionID) }
func inBrowser(secret Secret) string         { return digest("browser\x00" + string(secret)) }
func (c challenge) origins() string          { return strings.Join(c.party.Origins, " ") }
func challengeDigest(text string) string     { return digest("challenge\x00" + text) }
func errStale() *contracts.Error {
	return contracts.ErrBadCredentials.With("the challenge is older than 5 minutes, was used, or belongs to another browser").WithHint("Begin again.")
}

// keepChallenge stores a challenge in place of those of the same purpose that the session
// or browser has begun before.
func (s *Service) keepChallenge(ctx context.Context, tx *sql.Tx, text string, c challenge) error {
	now := s.now()
	if _, err := tx.ExecContext(ctx, `DELETE FROM webauthn_challenges WHERE bound_hash = $1 AND purpose = $2`, c.bound, c.purpose); err != nil {
		return fmt.Errorf("delete the challenge of before: %w", err)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO webauthn_challenges (challenge_hash, purpose, bound_hash, rp_id, origins, user_handle, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		challengeDigest(text), c.purpose, c.bound, c.party.ID, c.origins(), c.handle, now.Add(challengeLife).UnixMilli())
	if err != nil {
		return fmt.Errorf("insert challenge: %w", err)
	}
	return nil
}

// takeChallenge uses a challenge up before its answer is looked at, so that an answer
// gets one try, right or wrong.
func (s *Service) takeChallenge(ctx context.Context, text, purpose, bound string) (challenge, error) {
	c := challenge{purpose: purpose, bound: bound}
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var origins string
		err := tx.QueryRowContext(ctx, `DELETE FROM webauthn_challenges WHERE challenge_hash = $1 AND purpose = $2 AND bound_hash = $3 AND expires_at > $4
			RETURNING rp_id, origins, user_handle`, challengeDigest(text), purpose, bound, s.now().UnixMilli()).Scan(&c.party.ID, &origins, &c.handle)
		if errors.Is(err, sql.ErrNoRows) {
			return errStale()
		}
		if err != nil {
			return fmt.Errorf("use challenge up: %w", err)
		}
		c.party.Origins = strings.Fields(origins)
		return nil
	})
	return c, err
}

// limitLogins counts a login by passkey that an address begins: each stores a challenge.
func (s *Service) limitLogins(ctx context.Context, ip string) error {
	if ip == "" {
		return nil
	}
	return s.reserveFor(ctx, []counted{{digest("passkey\x00" + Network(ip)), maxLoginsBegun, loginsBegunTime}}, "too many logins by passkey were begun from this address")
}
