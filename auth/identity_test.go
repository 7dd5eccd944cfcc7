package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestAnAccountIsLinkedFromInside(t *testing.T) {
	eachSite(t, func(p *auth.OIDCProvider) { p.CreateUsers = false }, func(w *site) {
		a, b := w.user("jo", contracts.RoleMember), w.user("other", contracts.RoleMember)
		_, actor := w.signIn(a)
		_, second := w.signIn(a)
		_, other := w.signIn(b)
		w.person("42", "email", "jo@x.example")
		link := auth.OIDCStart{Purpose: auth.OIDCLink, Actor: actor, Next: "/settings"}

		// Only the session that began it finishes it.
		for _, who := range []contracts.Actor{{}, second, other} {
			_, err := w.travel(link, func(a *auth.OIDCAnswer) { a.Actor = who })
			w.refused(err, auth.RefusedStale, contracts.ErrBadCredentials)
		}
		done, err := w.travel(link)
		w.must(err)
		if !done.Linked || done.User.ID != a.UserID || done.Purpose != auth.OIDCLink || done.Next != "/settings" || done.Secret != "" || done.Identity.Label != "jo@x.example" {
			t.Errorf("linked %+v", done)
		}
		again, err := w.travel(link)
		w.must(err)
		if again.Linked || again.Identity.ID != done.Identity.ID {
			t.Errorf("linked again %+v", again)
		}
		_, err = w.travel(auth.OIDCStart{Purpose: auth.OIDCLink, Actor: other})
		w.refused(err, auth.RefusedElsewhere, contracts.ErrConflict)
		in, err := w.travel(auth.OIDCStart{})
		w.must(err)
		if in.User.ID != a.UserID || in.Session.Method != contracts.MethodOIDC {
			t.Errorf("signed in as %+v", in.User)
		}

		// It is a sensitive change, and none for a token or one who owes a factor.
		_, token := w.token(a, "*")
		owing := actor
		owing.Owes = contracts.ProofSecondFactor
		w.clock.advance(11 * time.Minute)
		for who, want := range map[*contracts.Actor]error{&actor: contracts.ErrReauthRequired, &token: contracts.ErrForbidden, &owing: contracts.ErrMFARequired, {}: contracts.ErrForbidden} {
			_, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect, Purpose: auth.OIDCLink, Actor: *who})
			w.wants(err, want)
			_, err = w.RemoveIdentity(w.ctx, *who, done.Identity.ID)
			w.wants(err, want)
		}
		fresh := w.fresh(a)
		_, err = w.RemoveIdentity(w.ctx, w.fresh(b), done.Identity.ID)
		w.wants(err, contracts.ErrNotFound)
		_, err = w.Identities(w.ctx, other, a.UserID)
		w.wants(err, contracts.ErrForbidden)
		removed, err := w.RemoveIdentity(w.ctx, fresh, done.Identity.ID)
		w.must(err)
		if removed.Subject != "42" {
			t.Errorf("removed %+v", removed)
		}
		_, err = w.RemoveIdentity(w.ctx, fresh, done.Identity.ID)
		w.wants(err, contracts.ErrNotFound)
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedUnknown, contracts.ErrForbidden)
	})
}

func TestTheLastWayInStays(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.person("1")
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		actor, err := w.Authenticate(w.ctx, done.Secret.Reveal())
		w.must(err)
		_, err = w.RemoveIdentity(w.ctx, actor, done.Identity.ID)
		w.wants(err, contracts.ErrConflict)
		w.person("2")
		_, err = w.travel(auth.OIDCStart{Purpose: auth.OIDCLink, Actor: actor})
		w.must(err)
		_, err = w.RemoveIdentity(w.ctx, actor, done.Identity.ID)
		w.must(err)
		if _, err := w.Authenticate(w.ctx, done.Access.Reveal()); err != nil {
			t.Errorf("the session ended: %v", err)
		}
	})
}

func TestTheOperatorLinksAndUnlinks(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		a := w.user("jo", contracts.RoleMember)
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "bot", Bot: true})
		w.must(err)
		in := auth.NewIdentity{UserID: a.UserID, Provider: "corp", Subject: "42"}
		_, err = w.LinkIdentity(w.ctx, w.owner, in)
		w.wants(err, contracts.ErrForbidden)
		for _, bad := range []struct {
			auth.NewIdentity
			want error
		}{
			{auth.NewIdentity{UserID: a.UserID, Provider: "No Name", Subject: "1"}, contracts.ErrInvalid},
			{auth.NewIdentity{UserID: a.UserID, Provider: "corp"}, contracts.ErrInvalid},
			{auth.NewIdentity{UserID: a.UserID, Provider: "corp", Subject: "a\nb"}, contracts.ErrInvalid},
			{auth.NewIdentity{UserID: bot.ID, Provider: "corp", Subject: "1"}, contracts.ErrConflict},
			{auth.NewIdentity{UserID: "usr_none", Provider: "corp", Subject: "1"}, contracts.ErrNotFound},
		} {
			_, err := w.LinkIdentity(w.ctx, contracts.Operator, bad.NewIdentity)
			w.wants(err, bad.want)
		}
		made, err := w.LinkIdentity(w.ctx, contracts.Operator, in)
		w.must(err)
		_, err = w.LinkIdentity(w.ctx, contracts.Operator, in)
		w.wants(err, contracts.ErrConflict)
		w.person("42")
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.ID != a.UserID || done.Identity.ID != made.ID {
			t.Errorf("signed in as %+v", done.User)
		}
		_, err = w.RemoveIdentity(w.ctx, contracts.Operator, made.ID)
		w.must(err)
	})
}

// A fresh sign-in at the provider is a proof like a password; an old one is not.
func TestAProviderProvesWhoIsThere(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.person("1", "auth_time", w.clock.Now().Add(-time.Hour).Unix())
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		actor, err := w.Authenticate(w.ctx, done.Secret.Reveal())
		w.must(err)
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired)
		proof := auth.OIDCStart{Purpose: auth.OIDCProof, Actor: actor}
		begun, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect, Purpose: auth.OIDCProof, Actor: actor})
		w.must(err)
		if u, err := url.Parse(begun.URL); err != nil || u.Query().Get("max_age") != "0" || u.Query().Get("prompt") != "login" {
			t.Errorf("sent to %s", begun.URL)
		}
		_, err = w.travel(proof) // the provider did not ask
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
		w.idp.Spoil = func(c map[string]any) { delete(c, "auth_time") }
		_, err = w.travel(proof)
		w.refused(err, auth.RefusedAnswer, contracts.ErrBadCredentials)
		w.idp.Spoil = nil
		w.person("somebody else")
		_, err = w.travel(proof)
		w.refused(err, auth.RefusedOther, contracts.ErrForbidden)
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired)
		w.person("1")
		_, err = w.travel(proof)
		w.must(err)
		w.must(w.RequireFresh(w.ctx, actor))
	})
}

func TestSigningOutEndsTheProvidersSessionToo(t *testing.T) {
	sealed := func(c *auth.Config) { c.SealKeys = []auth.SealKey{auth.NewSealKey()} }
	eachSite(t, func(p *auth.OIDCProvider) { p.EndSession = true }, func(w *site) {
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		actor, err := w.Authenticate(w.ctx, done.Secret.Reveal())
		w.must(err)
		address, err := w.EndSessionURL(w.ctx, actor, "https://chat.example.org/login")
		w.must(err)
		u, err := url.Parse(address)
		w.must(err)
		q := u.Query()
		payload, err := base64Payload(q.Get("id_token_hint"))
		w.must(err)
		if !strings.HasPrefix(address, w.idp.Issuer+"/logout?") || q.Get("client_id") != "chat" || q.Get("post_logout_redirect_uri") != "https://chat.example.org/login" || payload["sub"] != "1" {
			t.Errorf("sent to %s", address)
		}
		var stored string
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT id_token FROM oidc_sessions`).Scan(&stored))
		if stored == "" || strings.Contains(stored, q.Get("id_token_hint")) {
			t.Error("the token is stored in the clear, or not at all")
		}
		_, by := w.signIn(w.owner)
		if address, err := w.EndSessionURL(w.ctx, by, ""); err != nil || address != "" {
			t.Errorf("a session that began otherwise: %q, %v", address, err)
		}
		// The provider's being down keeps nobody signed in.
		w.Service = w.another()
		w.idp.SetDown(true)
		if address, err := w.EndSessionURL(w.ctx, actor, ""); err != nil || address != "" {
			t.Errorf("while the provider is down: %q, %v", address, err)
		}
		w.must(w.Logout(w.ctx, actor))
		if n := w.count("oidc_sessions"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	}, sealed)
}

func base64Payload(token string) (claims map[string]any, err error) {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return nil, err
	}
	return claims, json.Unmarshal(text, &claims)
}

func TestAProviderEndsSessions(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		signIn := func(sub, sid string) string {
			w.person(sub, "sid", sid)
			done, err := w.travel(auth.OIDCStart{})
			w.must(err)
			return done.Secret.Reveal()
		}
		alive := func(secret string) bool {
			_, err := w.Authenticate(w.ctx, secret)
			return err == nil
		}
		first, second, third, others := signIn("1", "s1"), signIn("1", "s2"), signIn("1", "s3"), signIn("2", "s1")
		pass, _ := w.login("owner")
		w.person("1")
		logout := func(change ...func(map[string]any)) (int, error) {
			token, err := w.idp.LogoutToken(change...)
			w.must(err)
			return w.BackchannelLogout(w.ctx, "corp", auth.Secret(token))
		}
		// Tokens that end nothing.
		for name, change := range map[string]func(map[string]any){
			"an ID token's nonce": func(c map[string]any) { c["nonce"] = "x" },
			"no event":            func(c map[string]any) { delete(c, "events") },
			"another event":       func(c map[string]any) { c["events"] = map[string]any{"x": map[string]any{}} },
			"an event that is a text": func(c map[string]any) {
				c["events"] = map[string]any{"http://schemas.openid.net/event/backchannel-logout": "x"}
			},
			"another client": func(c map[string]any) { c["aud"] = "other" },
			"another issuer": func(c map[string]any) { c["iss"] = "https://id.example.org" },
			"nobody":         func(c map[string]any) { delete(c, "sub") },
			"no id":          func(c map[string]any) { delete(c, "jti") },
			"long ago":       func(c map[string]any) { c["iat"] = w.clock.Now().Add(-11 * time.Minute).Unix() },
			"no time":        func(c map[string]any) { delete(c, "iat") },
			"expired":        func(c map[string]any) { c["exp"] = w.clock.Now().Add(-2 * time.Minute).Unix() },
		} {
			if n, err := logout(change); err == nil {
				t.Errorf("%s: ended %d sessions", name, n)
			} else {
				w.wants(err, contracts.ErrInvalid)
			}
		}
		_, err := w.BackchannelLogout(w.ctx, "corp", "garbage")
		w.wants(err, contracts.ErrInvalid)
		_, err = w.BackchannelLogout(w.ctx, "nobody", "garbage")
		w.wants(err, contracts.ErrNotFound)
		if !alive(first) || !alive(second) {
			t.Fatal("a token that does not hold ended a session")
		}
		// One of them by its name, then all of the account.
		head := w.head()
		n, err := logout(func(c map[string]any) { c["sid"] = "s2" })
		w.must(err)
		if n != 1 || alive(second) || !alive(first) || !alive(others) {
			t.Errorf("%d sessions ended", n)
		}
		if types := w.types(head); len(types) != 1 || types[0] != contracts.EventSessionRevoked {
			t.Errorf("events %v", types)
		}
		token, err := w.idp.LogoutToken()
		w.must(err)
		n, err = w.BackchannelLogout(w.ctx, "corp", auth.Secret(token))
		w.must(err)
		if n != 2 || alive(first) || alive(third) || !alive(others) || !alive(pass.Secret.Reveal()) {
			t.Errorf("%d sessions ended", n)
		}
		again := signIn("1", "s4")
		_, err = w.BackchannelLogout(w.ctx, "corp", auth.Secret(token))
		w.wants(err, contracts.ErrInvalid)
		if !alive(again) {
			t.Error("a used token ended a later session")
		}
	})
}
