package server

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// canaries are the secrets of a workspace in use. Each is shown once, to whom it is for.
type canaries struct {
	t       *testing.T
	w       *world
	secrets map[string]string
}

func (c *canaries) add(name, secret string) string {
	c.t.Helper()
	if len(secret) < 8 {
		c.t.Fatalf("%s: %q is no secret", name, secret)
	}
	c.secrets[name] = secret
	return secret
}

// clean fails when text holds a secret, whole or its last half.
func (c *canaries) clean(where, text string) {
	c.t.Helper()
	for name, secret := range c.secrets {
		if strings.Contains(text, secret) || len(secret) >= 40 && strings.Contains(text, secret[len(secret)/2:]) {
			c.t.Errorf("%s holds the %s", where, name)
		}
	}
}

// ask sends a request whose answer, headers too, must hold no secret.
func (c *canaries) ask(by *client, method, path string, body any) answer {
	c.t.Helper()
	a := by.do(method, path, body)
	var text strings.Builder
	if err := a.header.Write(&text); err != nil {
		c.t.Fatal(err)
	}
	c.clean(method+" "+path, text.String()+string(a.body))
	return a
}

// Every kind of secret is made, used rightly and wrongly; then no answer to anybody, no
// metric, no line of the log and no table that is not of its hashes holds it.
func TestSecretsAreShownOnceAndNowhereElse(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w := serve(t, database)
		c := &canaries{t, w, map[string]string{}}
		owner := w.setUp()
		member, seed, codes := w.personWithApp("member")
		c.add("password", firstPassword)
		c.add("new password", secondPassword)
		c.add("TOTP secret", seed)
		for _, code := range codes[:2] {
			c.add("recovery code "+code[:4], code)
		}
		_, in := w.withPassword("member", byToken)
		c.add("access token", in.AccessToken)
		c.add("refresh token", in.RefreshToken)
		browser, _ := w.withPassword("member", byCookie)
		c.add("session cookie", browser.cookie)
		c.add("access token of before", member.token)

		var token createdToken
		member.must(201, "POST", "/me/tokens", obj{"name": "bot", "scopes": []string{"*"}}, &token)
		c.add("API token", token.Secret)
		var rotated createdToken
		member.must(200, "POST", "/me/tokens/"+token.Token.ID+"/rotate", obj{}, &rotated)
		c.add("rotated API token", rotated.Secret)
		var invite contracts.Invite
		owner.must(201, "POST", "/admin/invites", obj{}, &invite)
		c.add("invite", invite.Code)
		reset := must(w.ws.Auth.NewReset(t.Context(), contracts.Operator, member.user.ID))
		c.add("reset", reset.Code.Reveal())
		var link handOver
		member.must(201, "POST", "/me/sessions/hand-over", nil, &link)
		_, fragment, _ := strings.Cut(link.URL, "#")
		c.add("hand-over code", fragment)
		var device deviceBegun
		w.anonymous().must(200, "POST", "/auth/device", obj{}, &device)
		c.add("device code", device.DeviceCode)

		// Used wrongly, in the wrong place, and too late: nothing is repeated back.
		anonymous := w.anonymous()
		for name, secret := range c.secrets {
			c.ask(anonymous, "POST", "/auth/login", obj{"username": secret, "password": secret})
			c.ask(anonymous, "POST", "/auth/refresh", obj{"refresh_token": secret + "x"})
			c.ask(anonymous, "POST", "/auth/device/token", obj{"device_code": secret + "x"})
			c.ask(anonymous, "POST", "/auth/handover", obj{"code": secret + "x"})
			c.ask(anonymous, "POST", "/auth/signup", obj{"code": secret + "x", "username": "new", "display_name": "New", "password": "short"})
			c.ask(anonymous, "GET", "/me?token="+url.QueryEscape(secret), nil)
			c.ask(member, "POST", "/me/tokens", obj{"name": "x", "scopes": []string{"nonsense"}})
			c.ask(&client{w: w, t: t, token: secret + "x"}, "GET", "/me", nil)
			if name != "password" {
				c.ask(member, "POST", "/auth/reauth", obj{"password": secret})
			}
		}
		c.ask(member, "PUT", "/auth/password", obj{"current": secondPassword, "new": firstPassword})
		c.ask(anonymous, "POST", "/auth/device/token", obj{"device_code": device.DeviceCode})

		// Used rightly, then looked at by everybody who may look.
		member.must(204, "POST", "/auth/device/approve", obj{"user_code": device.UserCode, "approve": true}, nil)
		for _, by := range []*client{owner, member, {w: w, t: t, token: rotated.Secret, user: member.user}} {
			for _, path := range []string{
				"/me", "/me/sessions", "/me/tokens", "/me/passkeys", "/auth/2fa", "/auth/jwks.json", "/users", "/users/" + member.user.ID, "/sync", "/meta",
				"/admin/users", "/admin/invites", "/admin/audit?limit=200", "/admin/settings", "/admin/overview", "/openapi.json",
			} {
				c.ask(by, "GET", path, nil)
			}
		}
		c.clean("/metrics", string(anonymous.do("GET", "/metrics", nil).body))
		c.clean("the log", w.log.String())
		c.clean("the database", stored(t, w))
		if got := anonymous.do("POST", "/auth/refresh", obj{"refresh_token": in.RefreshToken}); got.status != http.StatusUnauthorized && got.status != http.StatusOK {
			t.Errorf("the refresh token was none: %d", got.status)
		}
		w.stop()
		c.clean("the log at the end", w.log.String())
	})
}

// stored is what the tables hold that secrets pass by.
func stored(t *testing.T, w *world) string {
	t.Helper()
	var all strings.Builder
	for _, query := range []string{
		`SELECT action || coalesce(state_before, '') || coalesce(state_after, '') FROM audit_log`,
		`SELECT type || scope || subject || refs FROM events`,
		`SELECT headers || body FROM idempotency_keys`,
		`SELECT id || browser_hash || family_hash || refresh_hash || client || device FROM sessions`,
		`SELECT prefix || secret_hash || coalesce(former_hash, '') FROM api_tokens`,
		`SELECT device_hash || user_hash || client FROM device_codes`,
		`SELECT code_hash FROM session_links`, `SELECT code_hash FROM invites`, `SELECT code_hash FROM resets`,
		`SELECT secret FROM mfa_totp`, `SELECT code_hash FROM recovery_codes`, `SELECT hash FROM credentials`,
	} {
		err := sqldb.Each(t.Context(), w.ws.DB.Read, query, nil, func(scan sqldb.Scan) error {
			var text sql.NullString
			err := scan(&text)
			all.WriteString(text.String + "\n")
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	return all.String()
}

// The signing key is made anew by the server's own maintenance, with an entry.
func TestTheServerRotatesItsSigningKey(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		w := serve(t, database)
		owner := w.setUp()
		if err := w.ws.DB.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE signing_keys SET created_at = created_at - $1`, int64(31*24*3600*1000))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := w.ws.Prune(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if keys := must(w.ws.Auth.Keys(t.Context())); len(keys) != 2 || keys[0].RetiredAt == nil {
			t.Errorf("got %+v", keys)
		}
		owner.must(200, "GET", "/me", nil, nil) // the old key's tokens are good until they end
		entries := string(owner.must(200, "GET", "/admin/audit?limit=200", nil, nil).body)
		if n := strings.Count(entries, `"key.rotate"`); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}
