// Package oidctest is an identity provider in this process, for tests of programs that
// sign in by OpenID Connect. It asks nobody anything: whoever is sent to it is signed in
// as Provider.Person at once. It is strict where providers are: a code works once, for
// its client, redirect URI and verifier (PKCE). And it lies when it is told to.
package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Provider is one. Its fields may be changed between the steps of a sign-in.
type Provider struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Now          func() time.Time

	Person   map[string]any // claims of the ID token; sub is needed
	UserInfo map[string]any // further claims that only the userinfo endpoint gives, sub too
	// Spoil changes the ID token before it is signed.
	Spoil func(claims map[string]any)
	// Sign makes a token of claims; nil signs with RS256 and the newest key.
	Sign func(claims []byte) []byte
	// Alias makes every answer of the authorization endpoint name its issuer (RFC 9207)
	// as this; "" does not name it.
	Alias string
	Error string // what the authorization endpoint answers instead of a code

	server *httptest.Server
	mu     sync.Mutex // guards what follows
	down   bool
	keys   []jwk.Key // the newest first
	codes  map[string]url.Values
	tokens map[string]map[string]any
	asked  map[string]int
}

// New starts a provider on loopback; Close ends it.
func New() (*Provider, error) {
	p := &Provider{
		ClientID: "chat", ClientSecret: "of the client", Now: time.Now, Person: map[string]any{"sub": "1"},
		codes: map[string]url.Values{}, tokens: map[string]map[string]any{}, asked: map[string]int{},
	}
	if err := p.Rotate(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for path, handle := range map[string]http.HandlerFunc{
		"/.well-known/openid-configuration": p.configuration, "/keys": p.publicKeys, "/authorize": p.authorize, "/token": p.token, "/userinfo": p.userInfo,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			p.asked[path]++
			down := p.down
			p.mu.Unlock()
			if down {
				http.Error(w, "down", http.StatusBadGateway)
				return
			}
			handle(w, r)
		})
	}
	p.server = httptest.NewServer(mux)
	p.Issuer = p.server.URL
	return p, nil
}

// Close ends the provider.
func (p *Provider) Close() { p.server.Close() }

// SetDown makes every endpoint fail, or work again.
func (p *Provider) SetDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Asked is how often an endpoint was asked, by its path.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// Rotate makes a new signing key; the former ones are withdrawn.
func (p *Provider) Rotate() error {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	key, err := jwk.FromRaw(private)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	for name, value := range map[string]any{jwk.KeyIDKey: random(), jwk.AlgorithmKey: jwa.RS256, jwk.KeyUsageKey: "sig"} {
		if err := key.Set(name, value); err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append([]jwk.Key{key}, p.keys...)
	return nil
}

// Key is the newest signing key, its private half.
func (p *Provider) Key() jwk.Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[0]
}

// Browse is what a browser does with the address that it was sent to: it returns what
// the provider sends it back with.
func (p *Provider) Browse(address string) (url.Values, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		return nil, fmt.Errorf("browse: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil {
		return nil, fmt.Errorf("browse: answered %d: %w", res.StatusCode, err)
	}
	return back.Query(), nil
}

// LogoutToken is what the provider ends sessions with by its own call. change may spoil it.
func (p *Provider) LogoutToken(change ...func(map[string]any)) (string, error) {
	claims := map[string]any{
		"iss": p.Issuer, "aud": p.ClientID, "iat": p.Now().Unix(), "exp": p.Now().Add(2 * time.Minute).Unix(), "jti": random(), "sub": p.Person["sub"],
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	for _, f := range change {
		f(claims)
	}
	token, err := p.signed(claims)
	return string(token), err
}

func (p *Provider) configuration(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token",
		"jwks_uri": p.Issuer + "/keys", "userinfo_endpoint": p.Issuer + "/userinfo", "end_session_endpoint": p.Issuer + "/logout",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"RS256", "HS256", "none"},
		"authorization_response_iss_parameter_supported": p.Alias != "",
	})
}

func (p *Provider) publicKeys(w http.ResponseWriter, _ *http.Request) {
	public, err := p.Key().PublicKey()
	if err != nil {
		panic(err)
	}
	answer(w, map[string]any{"keys": []any{public}})
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back := url.Values{"state": {q.Get("state")}}
	switch {
	case q.Get("client_id") != p.ClientID || q.Get("response_type") != "code" || !strings.Contains(q.Get("scope"), "openid") || q.Get("code_challenge_method") != "S256":
		http.Error(w, "the request is wrong", http.StatusBadRequest)
		return
	case p.Error != "":
		back.Set("error", p.Error)
	default:
		code := random()
		p.mu.Lock()
		p.codes[code] = q
		p.mu.Unlock()
		back.Set("code", code)
	}
	if p.Alias != "" {
		back.Set("iss", p.Alias)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	p.mu.Lock()
	begun, ok := p.codes[code]
	delete(p.codes, code)
	p.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	switch {
	case id != p.ClientID || secret != url.QueryEscape(p.ClientSecret):
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	case !ok || begun.Get("redirect_uri") != r.PostFormValue("redirect_uri") || begun.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]):
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	now := p.Now()
	claims := map[string]any{"iss": p.Issuer, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": begun.Get("nonce"), "auth_time": now.Unix()}
	maps.Copy(claims, p.Person)
	if p.Spoil != nil {
		p.Spoil(claims)
	}
	idToken, err := p.signed(claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	access := random()
	p.mu.Lock()
	p.tokens[access] = p.UserInfo
	p.mu.Unlock()
	answer(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": string(idToken)})
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	info, ok := p.tokens[access]
	p.mu.Unlock()
	if !ok {
		http.Error(w, "unknown token", http.StatusUnauthorized)
		return
	}
	if info == nil {
		info = map[string]any{"sub": p.Person["sub"]}
	}
	answer(w, info)
}

func (p *Provider) signed(claims map[string]any) ([]byte, error) {
	text, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("write claims: %w", err)
	}
	if p.Sign != nil {
		return p.Sign(text), nil
	}
	key := p.Key()
	headers := jws.NewHeaders()
	if err := errors.Join(headers.Set(jws.KeyIDKey, key.KeyID()), headers.Set(jws.TypeKey, "JWT")); err != nil {
		return nil, fmt.Errorf("write header: %w", err)
	}
	return jws.Sign(text, jws.WithKey(jwa.RS256, key, jws.WithProtectedHeaders(headers)))
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
}

func random() string { return rand.Text() }
