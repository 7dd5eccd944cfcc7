package server

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace/workspacetest"
)

// An audited act of the REST API: who does it, and by which request. The path and
// the body are made for the occasion, before the act.
type auditedAct struct {
	action, by string
	request    func(h *audited) (method, path, target string, body any)
}

// audited is a workspace in which people act.
type audited struct {
	*world
	clients map[string]*client
	n       int
}

func (h *audited) must(who, method, path string, body any) (id string) {
	h.t.Helper()
	var made struct {
		ID    string `json:"id"`
		Token struct {
			ID string `json:"id"`
		} `json:"token"`
	}
	h.clients[who].must(201, method, path, body, &made)
	return made.ID + made.Token.ID
}

func (h *audited) fresh(prefix string) string {
	h.n++
	return fmt.Sprintf("%s%d", prefix, h.n)
}

func (h *audited) user(extra map[string]any) string {
	body := map[string]any{"username": h.fresh("person"), "display_name": "Person", "role": "member"}
	for k, v := range extra {
		body[k] = v
	}
	return h.must("owner", "POST", "/admin/users", body)
}

func (h *audited) room(owner string) string {
	return h.must(owner, "POST", "/channels", map[string]any{"name": h.fresh("room"), "kind": "public"})
}

const firstPassword, secondPassword = "violet lantern over quiet harbour", "amber harbour under loud lanterns"

var auditedActs = []auditedAct{
	{"user.create", "owner", func(h *audited) (string, string, string, any) {
		return "POST", "/admin/users", "", map[string]any{"username": h.fresh("made"), "display_name": "Made", "role": "member"}
	}},
	{"user.role", "owner", func(h *audited) (string, string, string, any) {
		id := h.user(nil)
		return "PATCH", "/admin/users/" + id, id, map[string]any{"role": "guest"}
	}},
	{"user.suspend", "owner", func(h *audited) (string, string, string, any) {
		id := h.user(nil)
		return "PATCH", "/admin/users/" + id, id, map[string]any{"state": "suspended"}
	}},
	{"user.restore", "owner", func(h *audited) (string, string, string, any) {
		id := h.user(nil)
		h.clients["owner"].must(200, "PATCH", "/admin/users/"+id, map[string]any{"state": "suspended"}, nil)
		return "PATCH", "/admin/users/" + id, id, map[string]any{"state": "active"}
	}},
	{"channel.archive", "owner", func(h *audited) (string, string, string, any) {
		id := h.room("member")
		return "PATCH", "/admin/channels/" + id, id, map[string]any{"archived": true}
	}},
	{"channel.unarchive", "owner", func(h *audited) (string, string, string, any) {
		id := h.room("member")
		h.clients["owner"].must(200, "PATCH", "/admin/channels/"+id, map[string]any{"archived": true}, nil)
		return "PATCH", "/admin/channels/" + id, id, map[string]any{"archived": false}
	}},
	{"channel.owner", "owner", func(h *audited) (string, string, string, any) {
		id := h.room("member")
		return "PATCH", "/admin/channels/" + id, id, map[string]any{"owner": h.clients["owner"].user.ID}
	}},
	{"settings.update", "owner", func(h *audited) (string, string, string, any) {
		owner := h.clients["owner"]
		current := owner.must(200, "GET", "/admin/settings", nil, nil)
		owner.header = http.Header{"If-Match": {current.header.Get("ETag")}}
		return "PATCH", "/admin/settings", "workspace", map[string]any{"name": h.fresh("Name ")}
	}},
	{"message.delete", "owner", func(h *audited) (string, string, string, any) {
		return "DELETE", "/messages/" + h.clients["member"].post(h.room("member"), "to be removed").ID, "", nil
	}},
	{"invite.create", "member", func(*audited) (string, string, string, any) {
		return "POST", "/admin/invites", "", map[string]any{}
	}},
	{"invite.revoke", "member", func(h *audited) (string, string, string, any) {
		id := h.must("member", "POST", "/admin/invites", map[string]any{})
		return "DELETE", "/admin/invites/" + id, id, nil
	}},
	{"session.revoke", "member", func(h *audited) (string, string, string, any) {
		id := h.session("member")
		return "DELETE", "/me/sessions/" + id, id, nil
	}},
	{"session.revoke", "member", func(h *audited) (string, string, string, any) {
		h.session("member")
		return "DELETE", "/me/sessions", h.clients["member"].user.ID, nil
	}},
	{"token.create", "member", func(h *audited) (string, string, string, any) {
		return "POST", "/me/tokens", "", map[string]any{"name": h.fresh("token"), "scopes": []string{"messages:read"}}
	}},
	{"token.revoke", "member", func(h *audited) (string, string, string, any) {
		id := h.must("member", "POST", "/me/tokens", map[string]any{"name": h.fresh("token"), "scopes": []string{"messages:read"}})
		return "DELETE", "/me/tokens/" + id, id, nil
	}},
	{"passkey.add", "member", func(h *audited) (string, string, string, any) {
		member := h.clients["member"]
		return "POST", "/auth/passkeys/register/finish", "", func() any {
			options, _ := member.at(local).options("/auth/passkeys/register/begin")
			return obj{"response": raw(passkeytest.New("http://" + local).Create(options))}
		}
	}},
	{"passkey.rename", "member", func(h *audited) (string, string, string, any) {
		_, made := h.clients["member"].withPasskey()
		return "PATCH", "/me/passkeys/" + made.Passkey.ID, made.Passkey.ID, obj{"name": "Desk"}
	}},
	{"passkey.remove", "member", func(h *audited) (string, string, string, any) {
		_, made := h.clients["member"].withPasskey()
		return "DELETE", "/me/passkeys/" + made.Passkey.ID, made.Passkey.ID, nil
	}},
	{"identity.unlink", "member", func(h *audited) (string, string, string, any) {
		link := func() string {
			in := auth.NewIdentity{UserID: h.clients["member"].user.ID, Provider: "corp", Subject: h.fresh("subject")}
			return must(h.ws.Auth.LinkIdentity(h.t.Context(), contracts.Operator, in)).ID
		}
		id := link()
		link() // so that it is not the last way in
		return "DELETE", "/me/identities/" + id, id, nil
	}},
	{"password.reset_link", "owner", func(h *audited) (string, string, string, any) {
		id := h.user(nil)
		return "POST", "/admin/users/" + id + "/reset-link", id, nil
	}},
	{"session.revoke", "member", func(h *audited) (string, string, string, any) {
		id := h.clients["member"].user.ID
		h.clients["member"] = h.signIn("member")
		h.clients["member"].t = h.t
		return "DELETE", "/me/sessions?all=true", id, nil
	}},
	{"session.revoke", "owner", func(h *audited) (string, string, string, any) {
		id := h.user(nil)
		if _, err := h.ws.Auth.StartSession(h.t.Context(), id, auth.SignInProof{Client: "another", IP: "127.0.0.1"}); err != nil {
			h.t.Fatal(err)
		}
		return "DELETE", "/admin/users/" + id + "/sessions", id, nil
	}},
	{"user.delete", "owner", func(h *audited) (string, string, string, any) {
		id := h.user(nil)
		return "DELETE", "/admin/users/" + id, id, nil
	}},
	{"session.hand_over", "member", func(h *audited) (string, string, string, any) {
		h.clients["member"] = h.signIn("member")
		h.clients["member"].t = h.t
		return "POST", "/me/sessions/hand-over", "", nil
	}},
	{"device.approve", "member", func(h *audited) (string, string, string, any) {
		return "POST", "/auth/device/approve", h.clients["member"].user.ID, map[string]any{"user_code": h.device(), "approve": true}
	}},
	{"device.deny", "member", func(h *audited) (string, string, string, any) {
		return "POST", "/auth/device/approve", h.clients["member"].user.ID, map[string]any{"user_code": h.device(), "approve": false}
	}},
	{"token.rotate", "member", func(h *audited) (string, string, string, any) {
		id := h.must("member", "POST", "/me/tokens", map[string]any{"name": h.fresh("token"), "scopes": []string{"messages:read"}})
		return "POST", "/me/tokens/" + id + "/rotate", id, map[string]any{}
	}},
	{"password.change", "member", func(h *audited) (string, string, string, any) {
		id := h.clients["member"].user.ID
		if err := h.ws.Auth.SetPassword(h.t.Context(), contracts.Operator, id, firstPassword); err != nil {
			h.t.Fatalf("set password: %v", err)
		}
		h.clients["member"] = h.signIn("member")
		h.clients["member"].t = h.t
		return "PUT", "/auth/password", id, map[string]any{"current": firstPassword, "new": secondPassword}
	}},
	{"email.change", "member", func(h *audited) (string, string, string, any) {
		return "PATCH", "/me", h.clients["member"].user.ID, map[string]any{"email": h.fresh("address") + "@example.org"}
	}},
	{"2fa.enable", "member", func(h *audited) (string, string, string, any) {
		return "POST", "/auth/2fa/confirm", h.clients["member"].user.ID, map[string]any{"code": h.beginTOTP()}
	}},
	{"2fa.disable", "member", func(h *audited) (string, string, string, any) {
		return "DELETE", "/auth/2fa", h.clients["member"].user.ID, nil
	}},
	{"2fa.use_recovery_code", "member", func(h *audited) (string, string, string, any) {
		var made recoveryCodesBody
		h.clients["member"].must(200, "POST", "/auth/2fa/confirm", map[string]any{"code": h.beginTOTP()}, &made)
		return "POST", "/auth/2fa/verify", h.clients["member"].user.ID, map[string]any{"code": made.RecoveryCodes[3]}
	}},
	{"2fa.renew_recovery_codes", "member", func(h *audited) (string, string, string, any) {
		return "POST", "/auth/2fa/recovery-codes", h.clients["member"].user.ID, nil
	}},
	{"2fa.reset", "owner", func(h *audited) (string, string, string, any) {
		id := h.clients["member"].user.ID
		return "POST", "/admin/users/" + id + "/reset-2fa", id, nil
	}},
}

// beginTOTP begins to set an authenticator app up for member and returns its code.
func (h *audited) beginTOTP() string {
	h.t.Helper()
	var begun totpBody
	h.clients["member"].must(200, "POST", "/auth/2fa/enrol", nil, &begun)
	return totpCode(h.t, begun.Secret)
}

// device is the code of one that waits to be let in.
func (h *audited) device() string {
	h.t.Helper()
	return must(h.ws.Auth.BeginDevice(h.t.Context(), "test", "")).UserCode
}

// session starts one more session and returns its id.
func (h *audited) session(who string) string {
	h.t.Helper()
	in, err := h.ws.Auth.StartSession(h.t.Context(), h.clients[who].user.ID, auth.SignInProof{Client: "another", IP: "127.0.0.1"})
	if err != nil {
		h.t.Fatalf("sign %s in: %v", who, err)
	}
	return in.Session.ID
}

// administrative are the paths of acts that have to be audited, whoever acts.
var administrative = regexp.MustCompile(`^/(admin/|me/sessions|me/tokens|me/passkeys|me/identities|auth/passkeys/register/finish|me/email|auth/password|auth/email|auth/2fa|auth/device/approve)`)

func TestAnActOverRESTStandsOrFallsWithItsAuditEntry(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		h := &audited{world: w, clients: map[string]*client{"owner": w.setUp(), "member": w.newUser("member", contracts.RoleMember)}}
		covered := map[string]bool{
			"audit.verify": true, "retention.run": true, // reads; records its start and its end
			"factor.enrol":  true,                         // makes no factor yet
			"identity.link": true, "identity.prove": true, // TestAccountsAreLinkedOverREST asks about what finishes them
			"auth.forgot":       true,                          // changes nothing itself
			"auth.reset":        true,                          // TestForgottenPasswordByMail asks
			"auth.verify_email": true,                          // TestAnotherAddressOverREST asks
			"me.resend_email":   true, "me.cancel_email": true, // change no address
		}
		for _, a := range auditedActs {
			t.Run(a.action, func(t *testing.T) {
				h.t = t
				for _, c := range h.clients {
					c.t = t
				}
				method, path, target, body := a.request(h)
				by := h.clients[a.by]
				w.passed.forget()
				entry := workspacetest.Audited(t, w.ws.DB, func() error {
					body := body
					if made, ok := body.(func() any); ok { // an answer that works once
						body = made()
					}
					if got := by.do(method, path, body); got.status >= 300 {
						return errors.New(string(got.body))
					}
					return nil
				})
				by.header = nil
				for op := range access {
					covered[op] = covered[op] || w.passed.has(op)
				}
				if entry.Action != a.action || entry.Actor != by.user.ID || entry.IP == "" || target != "" && entry.Target != target {
					t.Errorf("got %+v, want %s by %s of %s with an address", entry, a.action, by.user.ID, target)
				}
			})
		}
		for _, r := range routes {
			if r.method != "GET" && administrative.MatchString(r.path) && !covered[r.op] {
				t.Errorf("%s changes something, and no row asks whether that is audited", r.op)
			}
		}
		report, err := w.ws.Admin.VerifyAudit(t.Context())
		if err != nil || !report.OK {
			t.Errorf("the chain of entries: %+v, %v", report, err)
		}
	})
}

// What is refused or repeats what is so already leaves no entry.
func TestNoActNoAuditEntry(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		var invite contracts.Invite
		owner.must(201, "POST", "/admin/invites", map[string]any{}, &invite)
		owner.must(204, "DELETE", "/admin/invites/"+invite.ID, nil, nil)
		if err := w.ws.Auth.SetPassword(t.Context(), contracts.Operator, member.user.ID, auth.Secret(firstPassword)); err != nil {
			t.Fatal(err)
		}
		member = w.signIn("member")
		before, err := w.ws.Admin.VerifyAudit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		owner.must(204, "DELETE", "/admin/invites/"+invite.ID, nil, nil)
		member.must(204, "DELETE", "/me/sessions", nil, nil) // there are no others
		for _, q := range []struct {
			method, path string
			body         any
		}{
			{"DELETE", "/me/sessions/ses" + nobody, nil},
			{"DELETE", "/me/tokens/tok" + nobody, nil},
			{"POST", "/me/tokens", map[string]any{"name": "x", "scopes": []string{"nonsense"}}},
			{"PUT", "/auth/password", map[string]any{"current": "not the password", "new": secondPassword}},
			{"POST", "/admin/invites", map[string]any{"role": "owner"}},
		} {
			if got := member.do(q.method, q.path, q.body); got.status < 400 {
				t.Errorf("%s %s: got %d", q.method, q.path, got.status)
			}
		}
		after, err := w.ws.Admin.VerifyAudit(t.Context())
		if err != nil || after.Entries != before.Entries {
			t.Errorf("%d entries appeared (%v)", after.Entries-before.Entries, err)
		}
	})
}

// Making the first owner is the first act of all.
func TestTheSetupIsAudited(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		code, err := w.ws.Auth.NewClaim(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		body := map[string]any{"code": code.Reveal(), "workspace_name": "DankerChat", "username": "owner", "display_name": "Owner", "password": firstPassword}
		entry := workspacetest.Audited(t, w.ws.DB, func() error {
			if got := w.anonymous().do("POST", "/setup", body); got.status != 201 {
				return errors.New(string(got.body))
			}
			return nil
		})
		owner := w.signIn("owner").user
		if entry.Action != "workspace.setup" || entry.Actor != owner.ID || entry.Target != owner.ID || entry.IP == "" {
			t.Errorf("got %+v, want workspace.setup by and of %s", entry, owner.ID)
		}
	})
}
