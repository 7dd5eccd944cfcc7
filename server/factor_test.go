package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func totpCode(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatalf("make a code: %v", err)
	}
	return code
}

// nextCode is the code of the next time step, for who has used this one.
func nextCode(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(30*time.Second))
	if err != nil {
		t.Fatalf("make a code: %v", err)
	}
	return code
}

// wrongCode is none of an app's codes, now or in the minutes around.
func wrongCode(t testing.TB, secret string) string {
	t.Helper()
	good := map[string]bool{}
	for step := -4; step <= 4; step++ {
		code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(step)*30*time.Second))
		if err != nil {
			t.Fatalf("make a code: %v", err)
		}
		good[code] = true
	}
	n := 0
	for good[fmt.Sprintf("%06d", n)] {
		n++
	}
	return fmt.Sprintf("%06d", n)
}

// withPassword signs in by the password, by which a second factor may be owed.
func (w *world) withPassword(name, mode string) (*client, signedInBody) {
	w.t.Helper()
	var in signedInBody
	a := w.anonymous().must(200, "POST", "/auth/login", obj{"username": name, "password": firstPassword, "session": mode}, &in)
	c := &client{w: w, t: w.t, token: in.AccessToken, user: in.User}
	if mode == byCookie {
		c.origin = w.address
		c.cookie = strings.TrimPrefix(strings.SplitN(a.header.Get("Set-Cookie"), ";", 2)[0], w.srv.cookieName()+"=")
	}
	return c, in
}

// personWithApp is somebody with a password and an authenticator app.
func (w *world) personWithApp(name string) (c *client, secret string, codes []string) {
	w.t.Helper()
	c = w.newUser(name, contracts.RoleMember)
	if err := w.ws.Auth.SetPassword(w.t.Context(), contracts.Operator, c.user.ID, auth.Secret(firstPassword)); err != nil {
		w.t.Fatal(err)
	}
	c, _ = w.withPassword(name, byToken)
	var begun totpBody
	c.must(200, "POST", "/auth/2fa/enrol", nil, &begun)
	var made recoveryCodesBody
	c.must(200, "POST", "/auth/2fa/confirm", obj{"code": totpCode(w.t, begun.Secret)}, &made)
	return c, begun.Secret, made.RecoveryCodes
}

// Nothing but proving it, looking at oneself and leaving is possible while a second
// factor is owed, on no transport and by no detour.
func TestASessionThatOwesASecondFactorCanDoNothingElse(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner := w.setUp()
		_, secret, codes := w.personWithApp("somebody")
		for _, mode := range []string{byToken, byCookie} {
			c, in := w.withPassword("somebody", mode)
			if in.Owes != contracts.ProofSecondFactor {
				t.Fatalf("owes %q", in.Owes)
			}
			for _, rt := range routes {
				r := access[rt.op]
				if r.gate == everybody || r.owing {
					continue
				}
				path := strings.NewReplacer("{user}", owner.user.ID, "{channel}", "chn"+nobody, "{conversation}", "chn"+nobody, "{message}", "msg"+nobody,
					"{session}", in.Session.ID, "{token}", "tok"+nobody, "{invite}", "inv"+nobody, "{name}", "general").Replace(rt.path)
				c.wrong = true
				if a := c.do(rt.method, path, nil); a.status != 401 || a.code() != "mfa_required" {
					t.Errorf("%s by %s: %d %s", rt.op, mode, a.status, a.code())
				}
				c.wrong = false
			}
			if _, res, err := c.dial(nil); err == nil || res.StatusCode != 401 {
				t.Errorf("a socket by %s: %v", mode, res)
			}
			if mode == byToken {
				a := w.anonymous().do("POST", "/auth/refresh", obj{"refresh_token": in.RefreshToken})
				if a.status != 401 || a.code() != "mfa_required" {
					t.Errorf("refresh: %d %s", a.status, a.code())
				}
				s, _, err := w.anonymous().dial(nil)
				if err != nil {
					t.Fatal(err)
				}
				s.write(obj{"op": "hello", "id": "h", "d": obj{"token": in.AccessToken}})
				if end := s.ended(); end.code != closeUnauthenticated || end.reason.Code != "mfa_required" {
					t.Errorf("hello: closed with %d %s", end.code, end.reason.Code)
				}
			}
			var f auth.SecondFactors
			c.must(200, "GET", "/auth/2fa", nil, &f)
			if f.Owes != contracts.ProofSecondFactor || !f.TOTP {
				t.Errorf("second factors %+v", f)
			}
			var proved verifiedBody
			code := nextCode(t, secret)
			if mode == byCookie {
				code = codes[0]
			}
			c.must(200, "POST", "/auth/2fa/verify", obj{"code": code}, &proved)
			if want := map[string]int{byToken: 10, byCookie: 9}[mode]; proved.RecoveryCodesLeft != want {
				t.Errorf("%d recovery codes left, want %d", proved.RecoveryCodesLeft, want)
			}
			c.must(200, "GET", "/conversations", nil, nil)
			c.connect(nil)
			if mode == byToken {
				w.anonymous().must(200, "POST", "/auth/refresh", obj{"refresh_token": in.RefreshToken}, nil)
			}
		}
		for _, text := range append(codes, secret) {
			if strings.Contains(w.log.String(), text) {
				t.Error("the log shows a secret")
			}
		}
	})
}

// A role that comes to demand a second factor closes the sockets of those without one.
func TestDemandingASecondFactorReachesOpenSockets(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		in := must(w.ws.Auth.StartSession(t.Context(), member.user.ID, auth.SignInProof{}))
		member.token = in.Access.Reveal()
		s := member.connect(nil)
		owner.header = http.Header{"If-Match": {"*"}}
		owner.must(200, "PATCH", "/admin/settings", obj{"require_second_factor": []string{"member", "guest"}}, nil)
		var settings contracts.Settings
		owner.header = nil
		owner.must(200, "GET", "/admin/settings", nil, &settings)
		if len(settings.RequireSecondFactor) != 2 {
			t.Errorf("settings %+v", settings)
		}
		if a := member.do("GET", "/conversations", nil); a.code() != "mfa_required" || !strings.Contains(string(a.body), "enrol") {
			t.Errorf("REST: %s", a.body)
		}
		s.write(obj{"op": "typing", "id": "1", "d": obj{"conversation_id": owner.channel("general").ID}})
		if end := s.ended(); end.code != closeUnauthenticated || end.reason.Code != "mfa_required" {
			t.Errorf("the socket: %d %s", end.code, end.reason.Code)
		}
		// The way out is open.
		var begun totpBody
		member.must(200, "POST", "/auth/2fa/enrol", nil, &begun)
		member.must(200, "POST", "/auth/2fa/confirm", obj{"code": totpCode(t, begun.Secret)}, nil)
		member.must(200, "GET", "/conversations", nil, nil)
		if a := member.do("DELETE", "/auth/2fa", nil); a.status != 409 {
			t.Errorf("the last second factor is removed: %d", a.status)
		}
		// The settings name roles and nothing else.
		if _, err := w.ws.Admin.UpdateSettings(t.Context(), contracts.Operator, admin.SettingsUpdate{RequireSecondFactor: &[]contracts.Role{"robot"}}, 0); contracts.CodeOf(err) != contracts.CodeInvalid {
			t.Errorf("an unknown role: %v", err)
		}
	})
}

// A session that was proved long ago changes nothing that decides who gets in.
func TestSensitiveChangesWantAFreshProof(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	w.setUp()
	c, secret, _ := w.personWithApp("somebody")
	in := must(w.ws.Auth.StartSession(t.Context(), c.user.ID, auth.SignInProof{Assurance: auth.TwoFactors, ProvedAt: time.Now().Add(-11 * time.Minute)}))
	c.token = in.Access.Reveal()
	sensitive := func(want string) {
		t.Helper()
		for _, ask := range []struct {
			method, path string
			body         any
		}{
			{"POST", "/me/tokens", obj{"name": "x", "scopes": []string{"*"}}}, {"POST", "/me/sessions/hand-over", nil}, {"POST", "/auth/2fa/recovery-codes", nil}, {"DELETE", "/auth/2fa", nil}, {"POST", "/auth/2fa/enrol", nil},
		} {
			if a := c.do(ask.method, ask.path, ask.body); a.code() != want {
				t.Errorf("%s %s: %d %q, want %q", ask.method, ask.path, a.status, a.code(), want)
			}
		}
	}
	sensitive("reauth_required")
	for _, wrong := range []obj{{"password": "not the password"}, {"code": "abcd-efgh-abcd-efgh"}} {
		if a := c.do("POST", "/auth/reauth", wrong); a.code() != "bad_credentials" {
			t.Errorf("%v: %d %s", wrong, a.status, a.code())
		}
	}
	c.wrong = true
	for _, wrong := range []obj{{}, {"password": firstPassword, "code": "123456"}} {
		if a := c.do("POST", "/auth/reauth", wrong); a.status != 422 {
			t.Errorf("%v: %d", wrong, a.status)
		}
	}
	c.wrong = false
	sensitive("reauth_required")
	c.must(204, "POST", "/auth/reauth", obj{"code": nextCode(t, secret)}, nil)
	sensitive("")

	c, _, _ = w.personWithApp("other")
	in = must(w.ws.Auth.StartSession(t.Context(), c.user.ID, auth.SignInProof{Assurance: auth.TwoFactors, ProvedAt: time.Now().Add(-11 * time.Minute)}))
	c.token = in.Access.Reveal()
	c.must(204, "POST", "/auth/reauth", obj{"password": firstPassword}, nil)
	c.must(201, "POST", "/me/tokens", obj{"name": "x", "scopes": []string{"*"}}, nil)
}
