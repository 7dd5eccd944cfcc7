package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/dankerchat/dankerchat/contracts"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// OIDCProvider is an identity provider that people may sign in through (OpenID Connect
// Core 1.0). It has to know this server as a client, with the address that
// [OIDCStart] names as its redirect URI.
type OIDCProvider struct {
	// Name is in addresses and in the database, 1–32 letters a–z, digits and hyphens. It
	// stays with its issuer for good: another issuer under it signs nobody in.
	Name         string `json:"name"`
	Label        string `json:"label"`         // on the button; default Name
	Issuer       string `json:"issuer"`        // URL: https, or http on this machine
	ClientID     string `json:"client_id"`     // as the provider knows this server
	ClientSecret Secret `json:"client_secret"` // "" for a client that has none
	// Scopes that are asked for besides openid; default profile and email.
	Scopes []string `json:"scopes"`
	// GroupsClaim is where the provider says in which groups somebody is, a list of texts;
	// default "groups". A dot leads into an object: "realm_access.roles".
	GroupsClaim string `json:"groups_claim"`
	// Roles are workspace roles by group; the highest counts, and "*" is everybody. With
	// any, whoever is in no such group is refused, and a role follows the groups at each
	// sign-in. Never owner: owners are made here, and what groups say does not touch them.
	Roles map[string]contracts.Role `json:"roles"`
	// LinkByVerifiedEmail lets somebody in as the user with the same address, when both
	// the provider and this server had it proved.
	LinkByVerifiedEmail bool `json:"link_by_verified_email"`
	// CreateUsers makes an account for whoever has none, as far as Config.SignupAllowed
	// lets them; without it only for who brings an invite.
	CreateUsers bool `json:"create_users"`
	// Trusted says that the provider knows who belongs here: its accounts are given out by
	// whoever runs the workspace. Config.SignupAllowed is told.
	Trusted bool `json:"trusted"`
	// EndSession ends the session at the provider too when somebody signs out, if the
	// provider can (RP-Initiated Logout 1.0).
	EndSession bool `json:"end_session"`
}

// maxProviders is a sane number of buttons.
const maxProviders = 20

// check fills in defaults and refuses what cannot work.
func (p *OIDCProvider) check() error {
	bad := func(format string, args ...any) error {
		return contracts.ErrInvalid.With(fmt.Sprintf("auth: provider %q: ", p.Name) + fmt.Sprintf(format, args...))
	}
	if !validProviderName(p.Name) {
		return bad("the name has 1–32 letters a–z, digits and hyphens")
	}
	issuer, err := url.Parse(p.Issuer)
	switch {
	case err != nil || issuer.Host == "" || issuer.User != nil || issuer.RawQuery != "" || issuer.Fragment != "":
		return bad("the issuer has the form https://id.example.org")
	case issuer.Scheme != "https" && (issuer.Scheme != "http" || !onThisMachine(issuer.Hostname())):
		return bad("the issuer has to be https")
	case p.ClientID == "":
		return bad("the client id is missing")
	}
	for group, role := range p.Roles {
		if group == "" || !contracts.ValidRole(role) || role == contracts.RoleOwner {
			return bad("the role of group %q must be admin, member or guest", group)
		}
	}
	setDefault(&p.Label, p.Name)
	setDefault(&p.GroupsClaim, "groups")
	if p.Scopes == nil {
		p.Scopes = []string{"profile", "email"}
	}
	if !slices.Contains(p.Scopes, oidc.ScopeOpenID) {
		p.Scopes = append([]string{oidc.ScopeOpenID}, p.Scopes...)
	}
	return nil
}

func validProviderName(name string) bool {
	return len(name) >= 1 && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func onThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// providers are those of the configuration, in its order.
type providers []*provider

func newProviders(configured []OIDCProvider, now func() time.Time) (providers, error) {
	if len(configured) > maxProviders {
		return nil, contracts.ErrInvalid.With("auth: too many identity providers")
	}
	var list providers
	named := map[string]bool{}
	for _, p := range configured {
		if err := p.check(); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(x *provider) bool { return x.Name == p.Name }) {
			return nil, contracts.ErrInvalid.With("auth: two providers have the name " + p.Name)
		}
		issuer, err := url.Parse(p.Issuer)
		if err != nil {
			return nil, fmt.Errorf("read issuer: %w", err)
		}
		named[hostPort(issuer)] = true
		list = append(list, &provider{OIDCProvider: p, now: now})
	}
	client := newOutbound(named)
	for _, p := range list {
		p.client = client
	}
	return list, nil
}

// CheckProviders refuses what [New] would refuse of Config.Providers: [contracts.ErrInvalid].
func CheckProviders(list []OIDCProvider) error {
	_, err := newProviders(list, time.Now)
	return err
}

func (l providers) named(name string) (*provider, error) {
	for _, p := range l {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, contracts.ErrNotFound.With("no such identity provider")
}

func (l providers) close() {
	if len(l) > 0 {
		l[0].client.CloseIdleConnections()
	}
}

// provider is one with what it said of itself, which is asked for when it is first
// needed: one that is down keeps nothing here from starting.
type provider struct {
	OIDCProvider
	client *http.Client
	now    func() time.Time
	asking singleflight.Group

	mu     sync.Mutex // guards found and failed
	found  *discovered
	failed time.Time
}

const (
	discoveryLife = time.Hour       // what a provider said of itself is believed
	discoveryRest = 3 * time.Second // after it could not be asked
)

// signingAlgs are those that a provider may sign with: none that shares a secret, none
// that signs nothing.
var signingAlgs = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// discovered is what a provider said of itself (OpenID Connect Discovery 1.0).
type discovered struct {
	*oidc.Provider
	verifier    *oidc.IDTokenVerifier // fetches the keys, and again when one is not known
	oauth       oauth2.Config         // without RedirectURL
	endSession  string                // "" when the provider has none
	namesItself bool                  // RFC 9207
	at          time.Time
}

func (p *provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	found, failed := p.found, p.failed
	p.mu.Unlock()
	now := p.now()
	switch resting := now.Sub(failed) < discoveryRest; {
	case found != nil && (resting || now.Sub(found.at) < discoveryLife):
		return found, nil
	case resting:
		return nil, p.unavailable(nil)
	}
	v, err, _ := p.asking.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outboundTime)
		defer cancel()
		d, err := p.ask(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			p.failed = p.now()
			if p.found == nil {
				return nil, err
			}
			return p.found, nil // what it said an hour ago is better than nothing
		}
		p.found, p.failed = d, time.Time{}
		return d, nil
	})
	if err != nil {
		return nil, p.unavailable(err)
	}
	return v.(*discovered), nil
}

func (p *provider) unavailable(cause error) error {
	e := refuse(RefusedDown, contracts.ErrUnavailable.With(p.Label+" cannot be reached at the moment").WithHint("Try again in a minute, or sign in another way."))
	if cause == nil {
		return e
	}
	return fmt.Errorf("%w: %w", e, cause)
}

func (p *provider) ask(ctx context.Context) (*discovered, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", p.Name, err)
	}
	var said struct {
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		EndSession  string   `json:"end_session_endpoint"`
		JWKS        string   `json:"jwks_uri"`
		UserInfo    string   `json:"userinfo_endpoint"`
		NamesItself bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&said); err != nil {
		return nil, fmt.Errorf("discover %s: %w", p.Name, err)
	}
	endpoint := found.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, said.JWKS, said.UserInfo, said.EndSession} {
		u, err := url.Parse(address)
		optional := address == said.UserInfo || address == said.EndSession
		if err != nil || u.User != nil || address == "" && !optional ||
			address != "" && u.Scheme != "https" && (u.Scheme != "http" || !strings.HasPrefix(p.Issuer, "http:")) {
			return nil, fmt.Errorf("discover %s: the endpoint %q is none", p.Name, address)
		}
	}
	switch {
	case p.ClientSecret == "":
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	case len(said.AuthMethods) == 0 || slices.Contains(said.AuthMethods, "client_secret_basic"): // RFC 8414: the default
		endpoint.AuthStyle = oauth2.AuthStyleInHeader
	default:
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &discovered{
		Provider: found,
		verifier: found.VerifierContext(oidc.ClientContext(context.WithoutCancel(ctx), p.client), &oidc.Config{
			ClientID: p.ClientID, SupportedSigningAlgs: signingAlgs, SkipExpiryCheck: true, // checkTimes does it, to the minute
		}),
		oauth:      oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret.Reveal(), Endpoint: endpoint, Scopes: p.Scopes},
		endSession: said.EndSession, namesItself: said.NamesItself, at: p.now(),
	}, nil
}

// Providers lists the identity providers that people may sign in through.
func (s *Service) Providers() []contracts.Provider {
	list := make([]contracts.Provider, len(s.providers))
	for i, p := range s.providers {
		list[i] = contracts.Provider{Name: p.Name, Label: p.Label}
	}
	return list
}
