package server

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/auth"
	idp "github.com/dankerchat/dankerchat/auth/oidctest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// canaries are the secrets of a workspace in use. Each is shown once, to whom it is for.
type canaries struct {
	t       *testing.T
	w       *world
	secrets map[string]string
	n       int // requests with a key of their own
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

// make sends a request that makes a secret, and is safe to repeat; nothing of it may stay.
func (c *canaries) make(by *client, status int, path string, body, out any) {
	c.t.Helper()
	as := *by
	as.header = http.Header{"Idempotency-Key": {fmt.Sprintf("canary-%d-%s", c.n, path)}}
	for k, v := range by.header {
		as.header[k] = v
	}
	c.n++
	as.must(status, "POST", path, body, out)
	if a := as.do("POST", path, body); a.status < 400 { // the answer's secret is not kept
		c.t.Errorf("a repeat of %s is answered: %s", path, a.body)
	}
}

// Every kind of secret is made, used rightly and wrongly; then no answer to anybody, no
// metric, no line of the log, no mail to somebody else and no table holds it.
func TestSecretsAreShownOnceAndNowhereElse(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, database string) {
		provider, err := idp.New()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(provider.Close)
		post, pepper, seal := &postbox{}, auth.NewPepper(), auth.NewSealKey()
		w := serveWorkspace(t, database, func(cfg *workspace.Config) {
			cfg.Auth.Mailer, cfg.Auth.PublicURL, cfg.Auth.Peppers, cfg.Auth.SealKeys = post, mailedLinks, []auth.Pepper{pepper}, []auth.SealKey{seal}
			cfg.Auth.Providers = []auth.OIDCProvider{{Name: "corp", Label: "Corp", Issuer: provider.Issuer, ClientID: provider.ClientID, ClientSecret: auth.Secret(provider.ClientSecret), CreateUsers: true}}
		})
		c := &canaries{t: t, w: w, secrets: map[string]string{}}
		c.add("provider's client secret", provider.ClientSecret)
		for name, key := range map[string]auth.Secret{"pepper": pepper.Key, "seal key": seal.Key} {
			c.add(name, key.Reveal())
			c.add(name+" in base64", base64.StdEncoding.EncodeToString([]byte(key.Reveal())))
			c.add(name+" in hex", hex.EncodeToString([]byte(key.Reveal())))
		}
		claim := must(w.ws.Auth.NewClaim(t.Context())).Reveal()
		c.add("claim", claim)
		ownersPassword := c.add("owner's password", "copper lanterns beside an old harbour")
		w.anonymous().must(201, "POST", "/setup", obj{"code": claim, "workspace_name": "Test", "username": "owner", "display_name": "Owner", "password": ownersPassword}, nil)
		owner := w.signIn("owner")
		member, seed, codes := w.personWithApp("member")
		c.add("password", firstPassword)
		c.add("new password", secondPassword)
		c.add("TOTP secret", seed)
		c.add("recovery code", codes[0])
		var renewed recoveryCodesBody
		c.make(member, 200, "/auth/2fa/recovery-codes", nil, &renewed)
		c.add("new recovery code", renewed.RecoveryCodes[0])
		_, in := w.withPassword("member", byToken)
		c.add("access token", in.AccessToken)
		c.add("refresh token", in.RefreshToken)
		browser, _ := w.withPassword("member", byCookie)
		c.add("session cookie", browser.cookie)
		c.add("access token of before", member.token)
		owner.setRegistration("open")
		single := w.browser()
		single.open(base + "/auth/oidc/corp/start")
		c.add("session cookie of the provider's user", single.client().cookie)

		var token createdToken
		c.make(member, 201, "/me/tokens", obj{"name": "bot", "scopes": []string{"*"}}, &token)
		c.add("API token", token.Secret)
		var rotated createdToken
		c.make(member, 200, "/me/tokens/"+token.Token.ID+"/rotate", obj{}, &rotated)
		c.add("rotated API token", rotated.Secret)
		var invite, mailed contracts.Invite
		c.make(owner, 201, "/admin/invites", obj{}, &invite)
		c.add("invite", invite.Code)
		c.make(owner, 201, "/admin/invites", obj{"email": "new@example.org"}, &mailed)
		c.add("invite for an address", mailed.Code)
		_, code, _ := strings.Cut(post.first(t, auth.MailInvite, "new@example.org").Link.Reveal(), "/invite/")
		c.add("mailed invite", must(url.QueryUnescape(code)))
		var reset resetLink
		c.make(owner, 201, "/admin/users/"+member.user.ID+"/reset-link", nil, &reset)
		c.add("reset by an administrator", reset.Code)
		email := "member@example.org"
		must(w.ws.Auth.UpdateUser(t.Context(), contracts.Operator, member.user.ID, auth.UserUpdate{Email: &email}))
		w.anonymous().must(202, "POST", "/auth/password/forgot", obj{"username": "member"}, nil)
		_, code, _ = strings.Cut(post.first(t, auth.MailReset, email).Link.Reveal(), "#")
		c.add("mailed reset", must(url.QueryUnescape(code)))
		_, code, _ = strings.Cut(post.first(t, auth.MailEmail, email).Link.Reveal(), "#")
		c.add("confirmation of an address", must(url.QueryUnescape(code)))
		var link handOver
		c.make(member, 201, "/me/sessions/hand-over", nil, &link)
		_, fragment, _ := strings.Cut(link.URL, "#")
		c.add("hand-over code", fragment)
		var device deviceBegun
		c.make(w.anonymous(), 200, "/auth/device", obj{}, &device)
		c.add("device code", device.DeviceCode)
		owner.setRegistration("domain")
		w.anonymous().must(202, "POST", "/auth/signup", obj{"username": "joining", "display_name": "Joining", "password": secondPassword, "email": "j@example.org"}, nil)
		_, code, _ = strings.Cut(post.first(t, auth.MailVerify, "j@example.org").Link.Reveal(), "#")
		c.add("proof of an address", must(url.QueryUnescape(code)))

		// Used wrongly, in the wrong place, and too late: nothing is repeated back.
		anonymous := w.anonymous()
		for name, secret := range c.secrets {
			if !utf8.ValidString(secret) || strings.Contains(name, " in ") { // nobody would type it
				continue
			}
			c.ask(anonymous, "POST", "/auth/login", obj{"username": secret, "password": secret})
			c.ask(anonymous, "POST", "/auth/refresh", obj{"refresh_token": secret + "x"})
			c.ask(anonymous, "POST", "/auth/device/token", obj{"device_code": secret + "x"})
			c.ask(anonymous, "POST", "/auth/handover", obj{"code": secret + "x"})
			c.ask(anonymous, "POST", "/auth/password/reset", obj{"code": secret + "x", "password": secondPassword})
			c.ask(anonymous, "POST", "/auth/signup/verify", obj{"code": secret + "x"})
			c.ask(anonymous, "POST", "/auth/email/verify", obj{"code": secret + "x"})
			c.ask(anonymous, "POST", "/auth/signup", obj{"code": secret + "x", "username": "new", "display_name": "New", "password": "short"})
			c.ask(anonymous, "POST", "/setup", obj{"code": secret, "workspace_name": "Mine", "username": "mine", "display_name": "Mine", "password": secret})
			c.ask(anonymous, "GET", "/me?token="+url.QueryEscape(secret), nil)
			c.ask(member, "POST", "/me/tokens", obj{"name": "x", "scopes": []string{"nonsense"}})
			c.ask(&client{w: w, t: t, token: strings.ReplaceAll(secret, " ", "") + "x"}, "GET", "/me", nil)
			if name != "password" {
				c.ask(member, "POST", "/auth/reauth", obj{"password": secret})
			}
		}
		c.ask(member, "PUT", "/auth/password", obj{"current": secondPassword, "new": firstPassword})
		c.ask(anonymous, "POST", "/auth/device/token", obj{"device_code": device.DeviceCode})
		if s, _, err := anonymous.dial(nil); err == nil {
			s.write(obj{"op": "hello", "id": "h", "d": obj{"token": rotated.Secret + "x"}})
			end := s.ended()
			c.clean("a socket's end", end.reason.Code)
		}

		// Used rightly, then looked at by everybody who may look.
		member.must(204, "POST", "/auth/device/approve", obj{"user_code": device.UserCode, "approve": true}, nil)
		for _, by := range []*client{owner, member, {w: w, t: t, token: rotated.Secret, user: member.user}} {
			for _, rt := range routes {
				if rt.method == "GET" && rt.op != "socket.open" && !strings.Contains(rt.path, "/oidc/") {
					path := strings.NewReplacer("{user}", member.user.ID, "{channel}", owner.channel("general").ID, "{conversation}", owner.channel("general").ID, "{message}", "msg"+nobody,
						"{name}", "general", "{code}", "nonsense", "{user_code}", "AAAA-AAAA").Replace(rt.path)
					c.ask(by, "GET", path, nil)
				}
			}
			c.ask(by, "GET", "/admin/audit?limit=200", nil)
		}
		c.clean("/metrics", string(anonymous.do("GET", "/metrics", nil).body))
		c.clean("the log", w.log.String())
		c.clean("the database", stored(t, w))
		if got := anonymous.do("POST", "/auth/refresh", obj{"refresh_token": in.RefreshToken}); got.status != http.StatusUnauthorized && got.status != http.StatusOK {
			t.Errorf("the refresh token was none: %d", got.status)
		}
		w.stop()
		c.clean("the log at the end", w.log.String())
		for _, m := range post.mails {
			link := m.Link.Reveal()
			m.Link = ""
			c.clean("a mail "+string(m.Kind), fmt.Sprintf("%+v", m))
			if _, _, found := strings.Cut(link, "#"); strings.ContainsAny(link, "?=&") || !found && link != "" && !strings.HasPrefix(link, mailedLinks+"/invite/") {
				t.Errorf("the link of a mail %s is %q, which holds more than a code in its fragment", m.Kind, link)
			}
		}
	})
}

// stored is every table, whole.
func stored(t *testing.T, w *world) string {
	t.Helper()
	names := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if w.ws.DB.Dialect() == sqldb.Postgres {
		names = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	tables := w.strings(names)
	if len(tables) < 30 {
		t.Fatalf("tables %v", tables)
	}
	var all strings.Builder
	for _, table := range tables {
		for _, row := range w.strings(`SELECT * FROM "` + table[0] + `"`) {
			all.WriteString(strings.Join(row, "\n") + "\n")
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
