package auth_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// An answer counts once, in time, in the browser that asked for it.
func TestAnswersThatDoNotBelong(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		stale := func(what string, err error) {
			w.Helper()
			t.Log(what)
			w.refused(err, auth.RefusedStale, contracts.ErrBadCredentials)
		}
		a := w.answer(auth.OIDCStart{})
		_, err := w.FinishOIDC(w.ctx, a)
		w.must(err)
		_, err = w.FinishOIDC(w.ctx, a)
		stale("the same answer again", err)

		mine, theirs := w.answer(auth.OIDCStart{}), w.answer(auth.OIDCStart{})
		swapped := mine
		swapped.Browser = theirs.Browser
		_, err = w.FinishOIDC(w.ctx, swapped)
		stale("my answer in your browser", err)
		swapped.Browser = ""
		_, err = w.FinishOIDC(w.ctx, swapped)
		stale("without a browser", err)
		swapped = mine
		swapped.State += "x"
		_, err = w.FinishOIDC(w.ctx, swapped)
		stale("another state", err)

		// My code with your state and browser: your code verifier does not fit it.
		swapped = theirs
		swapped.Code = mine.Code
		_, err = w.FinishOIDC(w.ctx, swapped)
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
		// That used the state up; mine is untouched, but the provider has seen its code.
		_, err = w.FinishOIDC(w.ctx, theirs)
		stale("after a wrong answer", err)
		_, err = w.FinishOIDC(w.ctx, mine)
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)

		late := w.answer(auth.OIDCStart{})
		w.clock.advance(10 * time.Minute)
		_, err = w.FinishOIDC(w.ctx, late)
		stale("after ten minutes", err)

		w.idp.Error = "access_denied"
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedDenied, contracts.ErrForbidden)
		w.idp.Error = "server_error"
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedDown, contracts.ErrUnavailable)
		w.idp.Error = ""
		_, err = w.travel(auth.OIDCStart{}, func(a *auth.OIDCAnswer) { a.Code = "" })
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
	})
}

// Of many who bring one answer at once, one signs in.
func TestOneAnswerSignsInOnce(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		for range 5 {
			a := w.answer(auth.OIDCStart{})
			errs := atOnce(8, func(int) error {
				_, err := w.FinishOIDC(w.ctx, a)
				return err
			})
			if n := w.won(errs, contracts.ErrBadCredentials); n != 1 {
				t.Fatalf("%d signed in", n)
			}
		}
	})
}

// What a provider says is refused unless all of it holds.
func TestIDTokensThatDoNotHold(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.person("1")
		_, err := w.travel(auth.OIDCStart{})
		w.must(err)
		at := func(d time.Duration) int64 { return w.clock.Now().Add(d).Unix() }
		for name, spoil := range map[string]func(c map[string]any){
			"another nonce":            func(c map[string]any) { c["nonce"] = "x" },
			"no nonce":                 func(c map[string]any) { delete(c, "nonce") },
			"another issuer":           func(c map[string]any) { c["iss"] = "https://id.example.org" },
			"another audience":         func(c map[string]any) { c["aud"] = "other" },
			"several, and no azp":      func(c map[string]any) { c["aud"] = []string{w.idp.ClientID, "other"} },
			"several, and their azp":   func(c map[string]any) { c["aud"], c["azp"] = []string{w.idp.ClientID, "other"}, "other" },
			"another azp":              func(c map[string]any) { c["azp"] = "other" },
			"an azp that is no text":   func(c map[string]any) { c["azp"] = []string{w.idp.ClientID} },
			"expired":                  func(c map[string]any) { c["exp"] = at(-61 * time.Second) },
			"no end":                   func(c map[string]any) { delete(c, "exp") },
			"issued in the future":     func(c map[string]any) { c["iat"] = at(62 * time.Second) },
			"not issued":               func(c map[string]any) { delete(c, "iat") },
			"not yet":                  func(c map[string]any) { c["nbf"] = at(62 * time.Second) },
			"no subject":               func(c map[string]any) { delete(c, "sub") },
			"an endless subject":       func(c map[string]any) { c["sub"] = string(make([]byte, 300)) },
			"another's access token":   func(c map[string]any) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
			"a time that is no number": func(c map[string]any) { c["exp"] = "tomorrow" },
		} {
			w.idp.Spoil = spoil
			if done, err := w.travel(auth.OIDCStart{}); err == nil {
				t.Errorf("%s: signed in as %+v", name, done.User)
			} else {
				t.Log(name)
				w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
			}
		}
		// Clocks may be a minute apart.
		w.idp.Spoil = func(c map[string]any) {
			c["exp"], c["iat"], c["nbf"] = at(-58*time.Second), at(58*time.Second), at(58*time.Second)
		}
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		w.idp.Spoil = func(c map[string]any) { c["aud"], c["azp"] = []string{w.idp.ClientID, "other"}, w.idp.ClientID }
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		w.idp.Spoil = nil
		w.idp.UserInfo = map[string]any{"sub": "2", "email": "x@x.example", "email_verified": true}
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
	})
}

func TestSignaturesThatAreNone(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.person("1")
		encoded := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		public, err := w.idp.Key().PublicKey()
		w.must(err)
		var modulus []byte
		if v, ok := public.Get("n"); ok {
			modulus, _ = v.([]byte)
		}
		for name, sign := range map[string]func([]byte) []byte{
			"none": func(c []byte) []byte { return []byte(encoded(`{"alg":"none"}`) + "." + encoded(string(c)) + ".") },
			"a shared secret made of the public key": func(c []byte) []byte {
				b, err := jws.Sign(c, jws.WithKey(jwa.HS256, modulus))
				w.must(err)
				return b
			},
			"a shared secret, the client's": func(c []byte) []byte {
				b, err := jws.Sign(c, jws.WithKey(jwa.HS256, []byte(w.idp.ClientSecret)))
				w.must(err)
				return b
			},
			"a key that the provider does not have": func(c []byte) []byte {
				key := w.idp.Key()
				w.must(w.idp.Rotate())
				b, err := jws.Sign(c, jws.WithKey(jwa.RS256, key))
				w.must(err)
				return b
			},
			"no token": func([]byte) []byte { return []byte("x") },
		} {
			w.idp.Sign = sign
			_, err := w.travel(auth.OIDCStart{})
			t.Log(name)
			w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
		}
	})
}

// One provider's answer brought to another's address gets neither a code nor a session.
func TestAMixUpOfTwoProviders(t *testing.T) {
	each(t, func(w *world) {
		honest, evil := newIDP(w), newIDP(w)
		for name, idp := range map[string]string{"corp": honest.Issuer, "evil": evil.Issuer} {
			w.cfg.Providers = append(w.cfg.Providers, auth.OIDCProvider{Name: name, Issuer: idp, ClientID: "chat", ClientSecret: "of the client", CreateUsers: true})
		}
		w.Service = w.another()
		s := &site{w, honest}
		a := s.answer(auth.OIDCStart{})
		a.Provider = "evil"
		_, err := w.FinishOIDC(w.ctx, a)
		s.refused(err, auth.RefusedStale, contracts.ErrBadCredentials)
		if evil.Asked("/token") != 0 {
			t.Error("the other provider got the code")
		}
		// And an answer that names another issuer (RFC 9207).
		a = s.answer(auth.OIDCStart{})
		a.Issuer = evil.Issuer
		_, err = w.FinishOIDC(w.ctx, a)
		s.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
		if honest.Asked("/token") != 0 {
			t.Error("the code of such an answer was redeemed")
		}
		// The accounts of one are not those of the other.
		s.person("42")
		done, err := s.travel(auth.OIDCStart{})
		w.must(err)
		evil.Person = map[string]any{"sub": "42"}
		begun, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "evil", Redirect: redirect})
		w.must(err)
		q, err := evil.Browse(begun.URL)
		w.must(err)
		other, err := w.FinishOIDC(w.ctx, auth.OIDCAnswer{Provider: "evil", State: q.Get("state"), Code: auth.Secret(q.Get("code")), Browser: begun.Browser})
		w.must(err)
		if other.User.ID == done.User.ID {
			t.Error("two providers' accounts of one number are one user")
		}
		// Nor when a name comes to stand for another issuer.
		for i := range w.cfg.Providers {
			w.cfg.Providers[i].Issuer = evil.Issuer
		}
		w.Service = w.another()
		s.idp = evil
		_, err = s.travel(auth.OIDCStart{})
		s.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
	})
}

func TestAProviderThatNamesItselfHasToEveryTime(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.idp.Alias = w.idp.Issuer
		_, err := w.travel(auth.OIDCStart{})
		w.must(err)
		_, err = w.travel(auth.OIDCStart{}, func(a *auth.OIDCAnswer) { a.Issuer = "" })
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
	})
}

func TestAProviderRotatesItsKeys(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		_, err := w.travel(auth.OIDCStart{})
		w.must(err)
		fetched := w.idp.Asked("/keys")
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if n := w.idp.Asked("/keys"); n != fetched {
			t.Errorf("the keys were fetched %d times more", n-fetched)
		}
		w.must(w.idp.Rotate())
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if n := w.idp.Asked("/keys"); n != fetched+1 {
			t.Errorf("after the rotation the keys were fetched %d times", n-fetched)
		}
		if n := w.idp.Asked("/.well-known/openid-configuration"); n != 1 {
			t.Errorf("the configuration was fetched %d times", n)
		}
	})
}

// A provider that is down keeps nothing from starting, and is asked again when it is back.
func TestAProviderThatIsDown(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.idp.SetDown(true)
		for range 3 {
			_, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect})
			w.refused(err, auth.RefusedDown, contracts.ErrUnavailable)
		}
		if n := w.idp.Asked("/.well-known/openid-configuration"); n != 1 {
			t.Errorf("asked %d times in a moment", n)
		}
		if in, _ := w.login("owner"); in.User.ID != w.owner.UserID {
			t.Error("nobody else can sign in")
		}
		w.idp.SetDown(false)
		w.clock.advance(4 * time.Second)
		a := w.answer(auth.OIDCStart{})
		w.idp.SetDown(true)
		_, err := w.FinishOIDC(w.ctx, a)
		w.refused(err, auth.RefusedDown, contracts.ErrUnavailable)
		w.idp.SetDown(false)
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		// What it said an hour ago is believed while it is down.
		w.clock.advance(2 * time.Hour)
		w.idp.SetDown(true)
		_, err = w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect})
		w.must(err)
	})
}

func TestAnAddressBeginsSoManySignIns(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		start := auth.OIDCStart{Provider: "corp", Redirect: redirect, IP: "192.0.2.1"}
		for range 100 {
			_, err := w.StartOIDC(w.ctx, start)
			w.must(err)
		}
		_, err := w.StartOIDC(w.ctx, start)
		w.wants(err, contracts.ErrRateLimited)
		start.IP = "192.0.2.2"
		_, err = w.StartOIDC(w.ctx, start)
		w.must(err)
		if n := w.count("oidc_states"); n != 101 {
			t.Errorf("%d states", n)
		}
		w.clock.advance(11 * time.Minute)
		_, err = w.Prune(w.ctx)
		w.must(err)
		if n := w.count("oidc_states"); n != 0 {
			t.Errorf("%d states after they expired", n)
		}
	})
}

func (w *world) count(table string) (n int) {
	w.Helper()
	w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM `+table).Scan(&n))
	return n
}
