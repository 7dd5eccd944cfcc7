package auth_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwe"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// forge makes a compact JWS with any header and claims, signed by sign.
func forge(header, claims map[string]any, sign func(input []byte) []byte) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	input := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

// jwtCorpus is every way to get an access token wrong, with the server's own key where
// the signature is not what is wrong.
func jwtCorpus(w *world, in auth.SignedIn, outside string) map[string]string {
	w.Helper()
	kid, private, err := w.SigningSeed(w.ctx)
	w.must(err)
	key := ed25519.PrivateKey(private)
	public := []byte(key.Public().(ed25519.PublicKey))
	now := w.clock.Now().Unix()
	header := map[string]any{"alg": "EdDSA", "kid": kid, "typ": "at+jwt"}
	claims := map[string]any{"iss": w.cfg.Issuer, "aud": []string{"dankerchat"}, "sub": in.User.ID, "sid": in.Session.ID, "iat": now, "exp": now + 300}
	ours := func(b []byte) []byte { return ed25519.Sign(key, b) }
	hmac := func(secret []byte) func([]byte) []byte {
		return func(b []byte) []byte {
			signer, err := jws.NewSigner(jwa.HS256)
			w.must(err)
			mac, err := signer.Sign(b, secret)
			w.must(err)
			return mac
		}
	}
	_, strange, err := ed25519.GenerateKey(nil)
	w.must(err)
	theirs := func(b []byte) []byte { return ed25519.Sign(strange, b) }
	strangeJWK, err := jwk.FromRaw(strange.Public())
	w.must(err)
	with := func(m map[string]any, changes ...any) map[string]any {
		m = maps.Clone(m)
		for i := 0; i < len(changes); i += 2 {
			if m[changes[i].(string)] = changes[i+1]; changes[i+1] == nil {
				delete(m, changes[i].(string))
			}
		}
		return m
	}
	none := func([]byte) []byte { return nil }
	good := forge(header, claims, ours)
	actor, err := w.Authenticate(w.ctx, good)
	w.must(err) // the corpus is only as good as its base
	if actor.UserID != in.User.ID {
		w.Fatalf("the base token is another's: %+v", actor)
	}
	parts := strings.Split(good, ".")
	pem, err := jwk.Pem(func() jwk.Key { k, _ := jwk.FromRaw(key.Public()); return k }())
	w.must(err)
	encrypted, err := jwe.Encrypt([]byte(good), jwe.WithKey(jwa.DIRECT, make([]byte, 32)), jwe.WithContentEncryption(jwa.A256GCM))
	w.must(err)
	full, err := jws.Sign([]byte(`{}`), jws.WithJSON(), jws.WithKey(jwa.EdDSA, key))
	w.must(err)
	b64 := base64.RawURLEncoding.EncodeToString
	tokens := map[string]string{
		"alg none":                        forge(with(header, "alg", "none"), claims, none),
		"alg None":                        forge(with(header, "alg", "None"), claims, none),
		"alg none with our signature":     forge(with(header, "alg", "none"), claims, ours),
		"no alg":                          forge(with(header, "alg", nil), claims, ours),
		"no signature":                    parts[0] + "." + parts[1] + ".",
		"HS256 with the public key":       forge(with(header, "alg", "HS256"), claims, hmac(public)),
		"HS256 with the public key's PEM": forge(with(header, "alg", "HS256"), claims, hmac(pem)),
		"HS256 with an empty key":         forge(with(header, "alg", "HS256"), claims, hmac([]byte{0})),
		"HS512":                           forge(with(header, "alg", "HS512"), claims, hmac(public)),
		"ES256":                           forge(with(header, "alg", "ES256"), claims, ours),
		"a strange key":                   forge(header, claims, theirs),
		"no kid":                          forge(with(header, "kid", nil), claims, ours),
		"an unknown kid":                  forge(with(header, "kid", contracts.NewID("key")), claims, ours),
		"kid as a path":                   forge(with(header, "kid", "../../../../dev/null"), claims, hmac([]byte{0})),
		"kid as SQL":                      forge(with(header, "kid", kid+"' OR '1'='1"), claims, ours),
		"kid as a UNION":                  forge(with(header, "kid", "x' UNION SELECT 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' --"), claims, theirs),
		"kid as a URL":                    forge(with(header, "kid", outside), claims, theirs),
		"kid as a number":                 forge(with(header, "kid", 1), claims, ours),
		"kid as a list":                   forge(with(header, "kid", []string{kid}), claims, ours),
		"jku":                             forge(with(header, "jku", outside), claims, theirs),
		"jku with our signature":          forge(with(header, "jku", outside), claims, ours),
		"x5u":                             forge(with(header, "x5u", outside), claims, theirs),
		"x5c":                             forge(with(header, "x5c", []string{"AAAA"}), claims, theirs),
		"jwk":                             forge(with(header, "jwk", strangeJWK), claims, theirs),
		"jwk without kid":                 forge(with(header, "jwk", strangeJWK, "kid", nil), claims, theirs),
		"crit":                            forge(with(header, "crit", []string{"exp"}, "exp", 1), claims, ours),
		"crit b64":                        forge(with(header, "crit", []string{"b64"}, "b64", false), claims, ours),
		"zip":                             forge(with(header, "zip", "DEF"), claims, ours),
		"cty":                             forge(with(header, "cty", "JWT"), claims, ours),
		"typ JWT":                         forge(with(header, "typ", "JWT"), claims, ours),
		"no typ":                          forge(with(header, "typ", nil), claims, ours),
		"another issuer":                  forge(header, with(claims, "iss", "https://evil.example.org"), ours),
		"no issuer":                       forge(header, with(claims, "iss", nil), ours),
		"another audience":                forge(header, with(claims, "aud", "elsewhere"), ours),
		"no audience":                     forge(header, with(claims, "aud", nil), ours),
		"no subject":                      forge(header, with(claims, "sub", nil), ours),
		"another subject":                 forge(header, with(claims, "sub", w.owner.UserID), ours),
		"a subject that is no id":         forge(header, with(claims, "sub", "' OR 1=1 --"), ours),
		"no session":                      forge(header, with(claims, "sid", nil), ours),
		"a session of nobody":             forge(header, with(claims, "sid", contracts.NewID("ses")), ours),
		"a session that is a list":        forge(header, with(claims, "sid", []string{in.Session.ID}), ours),
		"an expiry far ahead":             forge(header, with(claims, "exp", now+10*365*86400), ours),
		"no expiry":                       forge(header, with(claims, "exp", nil), ours),
		"an expiry that is a text":        forge(header, with(claims, "exp", "tomorrow"), ours),
		"an expiry past all years":        forge(header, with(claims, "exp", 1e300), ours),
		"expired":                         forge(header, with(claims, "iat", now-600, "exp", now-61), ours),
		"issued later":                    forge(header, with(claims, "iat", now+120, "exp", now+300), ours),
		"no issue time":                   forge(header, with(claims, "iat", nil), ours),
		"not before later":                forge(header, with(claims, "nbf", now+120), ours),
		"claims that are a list":          parts[0] + "." + b64([]byte(`[]`)) + "." + parts[2],
		"claims that are no JSON":         parts[0] + "." + b64([]byte(`{`)) + "." + parts[2],
		"a header that is null":           b64([]byte(`null`)) + "." + parts[1] + "." + parts[2],
		"a header with two algs":          b64([]byte(`{"alg":"EdDSA","alg":"none","kid":"`+kid+`","typ":"at+jwt"}`)) + "." + parts[1] + ".",
		"deep JSON":                       b64([]byte(strings.Repeat("[", 700))) + "." + parts[1] + "." + parts[2],
		"a changed signature":             otherwise(good, len(good)-3),
		"a changed claim":                 parts[0] + "." + b64([]byte(strings.Replace(string(must64(parts[1])), in.User.ID, w.owner.UserID, 1))) + "." + parts[2],
		"padding":                         good + "==",
		"white space":                     " " + good,
		"a newline inside":                parts[0] + ".\n" + parts[1] + "." + parts[2],
		"two parts":                       parts[0] + "." + parts[1],
		"four parts":                      good + ".x",
		"dots alone":                      "..",
		"8 kB":                            forge(header, with(claims, "pad", strings.Repeat("x", 8192)), ours),
		"a JWE":                           string(encrypted),
		"JSON serialization":              string(full),
		"a bearer prefix":                 "Bearer " + good,
		"another instance's token":        anotherInstances(w, in),
	}
	return tokens
}

// otherwise is a text with another letter at i.
func otherwise(s string, i int) string {
	letter := "A"
	if s[i] == 'A' {
		letter = "B"
	}
	return s[:i] + letter + s[i+1:]
}

func must64(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// anotherInstances is a token for the same ids by a workspace with another key.
func anotherInstances(w *world, in auth.SignedIn) string {
	_, key, err := ed25519.GenerateKey(nil)
	w.must(err)
	token, err := jwt.NewBuilder().Issuer(w.cfg.Issuer).Audience([]string{"dankerchat"}).Subject(in.User.ID).
		IssuedAt(w.clock.Now()).Expiration(w.clock.Now().Add(time.Minute)).Claim("sid", in.Session.ID).Build()
	w.must(err)
	h := jws.NewHeaders()
	w.must(h.Set(jws.TypeKey, "at+jwt"))
	w.must(h.Set(jws.KeyIDKey, contracts.NewID("key")))
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA, key, jws.WithProtectedHeaders(h)))
	w.must(err)
	return string(signed)
}

func TestForgedAccessTokens(t *testing.T) {
	var requests atomic.Int64
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(outside.Close)
	each(t, func(w *world) {
		in, _ := w.signIn(w.user("member1", contracts.RoleMember))
		for name, token := range jwtCorpus(w, in, outside.URL) {
			if actor, err := w.Authenticate(w.ctx, token); contracts.CodeOf(err) != contracts.CodeUnauthenticated || actor.UserID != "" {
				t.Errorf("%s: got %+v, %v", name, actor, err)
			}
		}
		if n := requests.Load(); n != 0 {
			t.Errorf("%d requests went out", n)
		}
		_, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
	})
}

func TestAccessTokenEnds(t *testing.T) {
	each(t, func(w *world) {
		in, _ := w.signIn(w.user("member1", contracts.RoleMember))
		if d := in.AccessExpires.Sub(w.clock.Now()); d > 5*time.Minute || d <= 5*time.Minute-time.Second {
			t.Errorf("an access token of %v", d)
		}
		w.clock.advance(5 * time.Minute)
		_, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err) // a clock may be a minute behind
		w.clock.advance(50 * time.Second)
		_, err = w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		w.clock.advance(10 * time.Second) // less than a verified credential is believed
		_, err = w.Authenticate(w.ctx, in.Access.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.Authenticate(w.ctx, in.Secret.Reveal())
		w.must(err)
	})
}

func TestAccessTokenHoldsNoSecrets(t *testing.T) {
	each(t, func(w *world) {
		in, _ := w.signIn(w.user("member1", contracts.RoleMember))
		parts := strings.Split(in.Access.Reveal(), ".")
		var header, claims map[string]any
		w.must(json.Unmarshal(must64(parts[0]), &header))
		w.must(json.Unmarshal(must64(parts[1]), &claims))
		if header["alg"] != "EdDSA" || header["typ"] != "at+jwt" || header["kid"] == "" || len(header) != 3 {
			t.Errorf("header %v", header)
		}
		if claims["iss"] != w.cfg.Issuer || claims["sub"] != in.User.ID || claims["sid"] != in.Session.ID || len(claims) != 6 {
			t.Errorf("claims %v", claims)
		}
	})
}

// Other programs verify with the published keys.
func TestJWKSVerifiesAccessTokens(t *testing.T) {
	each(t, func(w *world) {
		in, _ := w.signIn(w.user("member1", contracts.RoleMember))
		published, err := w.JWKS(w.ctx)
		w.must(err)
		if strings.Contains(string(published), `"d"`) {
			t.Fatalf("the private key is published: %s", published)
		}
		set, err := jwk.Parse(published)
		w.must(err)
		token, err := jwt.Parse([]byte(in.Access.Reveal()), jwt.WithKeySet(set), jwt.WithClock(jwt.ClockFunc(w.clock.Now)), jwt.WithIssuer(w.cfg.Issuer))
		w.must(err)
		if token.Subject() != in.User.ID {
			t.Errorf("got %v", token.Subject())
		}
	})
}

func TestKeyRotation(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		other := w.another()
		in, member := w.signIn(member1)
		_, err := w.RotateKey(w.ctx, member)
		w.wants(err, contracts.ErrForbidden)
		head := w.head()
		w.clock.advance(time.Second) // keys are listed by their age
		fresh, err := w.RotateKey(w.ctx, w.owner)
		w.must(err)
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Type != contracts.EventKeyRotated || evs[0].Scope != contracts.ScopeWorkspace || evs[0].Subject != fresh.ID {
			t.Errorf("events: %+v", evs)
		}
		next, err := other.Refresh(w.ctx, in.Refresh, "")
		w.must(err)
		if kid := kidOf(t, next.Access); kid != fresh.ID {
			t.Errorf("signed with %s, want the new key %s", kid, fresh.ID)
		}
		for _, s := range []*auth.Service{w.Service, other} {
			for _, access := range []auth.Secret{in.Access, next.Access} {
				_, err := s.Authenticate(w.ctx, access.Reveal())
				w.must(err)
			}
		}
		keys, err := w.Keys(w.ctx)
		w.must(err)
		if len(keys) != 2 || keys[0].RetiredAt == nil || keys[1].RetiredAt != nil || keys[1].ID != fresh.ID {
			t.Errorf("keys: %+v", keys)
		}
		if n := published(w); n != 2 {
			t.Errorf("%d keys published, want 2", n)
		}
		// The old key's last token has ended, and the key with it.
		w.clock.advance(5*time.Minute + time.Minute + time.Minute)
		if n := published(w); n != 1 {
			t.Errorf("%d keys published, want 1", n)
		}
		_, err = w.Authenticate(w.ctx, in.Access.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.RotateKey(w.ctx, contracts.Operator)
		w.must(err)
		if keys, err = w.Keys(w.ctx); err != nil || len(keys) != 2 {
			t.Errorf("an ended key is kept: %+v, %v", keys, err)
		}
	})
}

// A retired key's end is its own, whatever its tokens say.
func TestRetiredKeyEnds(t *testing.T) {
	each(t, func(w *world) {
		in, _ := w.signIn(w.user("member1", contracts.RoleMember))
		kid, private, err := w.SigningSeed(w.ctx)
		w.must(err)
		_, err = w.RotateKey(w.ctx, contracts.Operator)
		w.must(err)
		sign := func() string {
			now := w.clock.Now().Unix()
			return forge(map[string]any{"alg": "EdDSA", "kid": kid, "typ": "at+jwt"},
				map[string]any{"iss": w.cfg.Issuer, "aud": "dankerchat", "sub": in.User.ID, "sid": in.Session.ID, "iat": now, "exp": now + 300},
				func(b []byte) []byte { return ed25519.Sign(private, b) })
		}
		_, err = w.Authenticate(w.ctx, sign())
		w.must(err)
		w.clock.advance(7 * time.Minute)
		_, err = w.Authenticate(w.ctx, sign())
		w.wants(err, contracts.ErrUnauthenticated)
	})
}

func published(w *world) int {
	w.Helper()
	b, err := w.JWKS(w.ctx)
	w.must(err)
	set, err := jwk.Parse(b)
	w.must(err)
	return set.Len()
}

func kidOf(t *testing.T, access auth.Secret) string {
	t.Helper()
	m, err := jws.Parse([]byte(access.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	return m.Signatures()[0].ProtectedHeaders().KeyID()
}

// Processes that start together agree on one key.
func TestFirstKeyRace(t *testing.T) {
	unclaimed(t, func(w *world) {
		w.must(w.write(deleteKeys))
		errs := atOnce(8, func(int) error {
			s, err := auth.New(w.ctx, w.db, w.cfg)
			if err == nil {
				err = s.Close()
			}
			return err
		})
		if n := w.won(errs); n != 8 {
			t.Errorf("%d of 8 started", n)
		}
		keys, err := w.Keys(w.ctx)
		w.must(err)
		if len(keys) != 1 {
			t.Errorf("%d keys, want one", len(keys))
		}
	})
}

func FuzzAuthenticate(f *testing.F) {
	w := fuzzWorld(f)
	in, err := w.StartSession(context.Background(), w.owner.UserID, auth.SignInProof{})
	if err != nil {
		f.Fatal(err)
	}
	own := map[string]bool{in.Access.Reveal(): true, in.Secret.Reveal(): true}
	for _, s := range []string{"", ".", "..", "ey..", "eyJhbGciOiJub25lIn0..", "dks_", "dkt_", "dkr_", in.Access.Reveal(), in.Access.Reveal() + ".", in.Secret.Reveal(), strings.Repeat("ey.", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, credential string) {
		if _, err := w.Authenticate(context.Background(), credential); err == nil && !own[credential] {
			t.Errorf("a made-up credential is good: %q", credential)
		} else if err != nil && contracts.CodeOf(err) != contracts.CodeUnauthenticated {
			t.Errorf("%q: %v", credential, err)
		}
	})
}
