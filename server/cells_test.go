package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// cell is a question: a row of testdata/access.txt and how it is asked. The row's
// name is the operation, and after a comma which object is meant.
type cell struct {
	row string
	run func(h *house, c *client) string
}

// rest asks an operation whose path needs nothing made first.
func rest(row, method, path string, body any) cell {
	return cell{row, func(_ *house, c *client) string { return status(c.do(method, path, body)) }}
}

// onLocalhost begins what has to do with passkeys, for which a host needs a name.
func onLocalhost(row, path string) cell {
	return cell{row, func(_ *house, c *client) string {
		here := *c
		here.header = c.header.Clone()
		if here.header == nil {
			here.header = http.Header{}
		}
		here.header.Set("Host", local)
		return status(here.do("POST", path, nil))
	}}
}

// inRoom asks about a fresh room; %s in the path is its id.
func inRoom(row, kind, method, path string, body any) cell {
	return cell{row, func(h *house, c *client) string {
		return status(c.do(method, fmt.Sprintf(path, h.room(kind).id), body))
	}}
}

// onMessage asks about a fresh message by in; %s is its id.
func onMessage(row, kind, method, path string, body any) cell {
	return cell{row, func(h *house, c *client) string {
		return status(c.do(method, fmt.Sprintf(path, h.room(kind).message.ID), body))
	}}
}

// onUser asks about a fresh account.
func onUser(row string, role contracts.Role, body any) cell {
	return cell{row, func(h *house, c *client) string { return status(c.do("PATCH", "/admin/users/"+h.user(role), body)) }}
}

// toAccount asks for what hangs under a fresh account.
func toAccount(row string, role contracts.Role, method, under string) cell {
	return cell{row, func(h *house, c *client) string {
		return status(c.do(method, "/admin/users/"+h.user(role)+under, nil))
	}}
}

// listing asks a list that may or may not show an object: "200-" is a list without it.
// What the question is about is found through all its pages.
func listing(row, path string, what func(*house) string) cell {
	return cell{row, func(h *house, c *client) string {
		id, next := what(h), ""
		for {
			a := c.do("GET", path+next, nil)
			if a.status != 200 || strings.Contains(string(a.body), id) {
				return status(a)
			}
			var p contracts.Page[struct{}]
			if err := json.Unmarshal(a.body, &p); err != nil {
				h.t.Fatal(err)
			}
			if p.Page.Next == nil {
				return "200-"
			}
			next = "&cursor=" + *p.Page.Next
		}
	}}
}

// muting asks to mute somebody, and leaves things as they were.
func muting(c *client, user string) string {
	a := c.do("PUT", "/me/muted-users/"+user, obj{"level": "muted"})
	if a.status == 200 {
		c.do("DELETE", "/me/muted-users/"+user, nil)
	}
	return status(a)
}

// overSocket signs a socket in and sends one operation.
func overSocket(row, op string, d func(*house) any) cell {
	return cell{row, func(h *house, c *client) string {
		s, res, err := c.dial(nil)
		if err != nil {
			return fmt.Sprint(res.StatusCode)
		}
		defer func() { _ = s.ws.Close() }()
		s.write(map[string]any{"op": "hello", "id": "h", "d": map[string]any{}})
		f, err := s.next()
		if err != nil {
			return fmt.Sprint(s.ended().code)
		}
		if op == "" {
			return "200"
		}
		if f = s.op(op, d(h)); f.Op == "nack" {
			return fmt.Sprint(f.Error.Status)
		}
		return "200"
	}}
}

const nobody = "_00000000000000000000000000"

type obj = map[string]any

var cells = []cell{
	rest("meta.read", "GET", "/meta", nil),
	rest("health.live", "GET", "/health/live", nil),
	rest("health.ready", "GET", "/health/ready", nil),
	rest("spec.openapi", "GET", "/openapi.json", nil),
	rest("spec.openapi_yaml", "GET", "/openapi.yaml", nil),
	rest("spec.asyncapi", "GET", "/asyncapi.yaml", nil),
	rest("client_log.send", "POST", "/client-logs", obj{"entries": []obj{{"level": "info", "message": "x", "at": "2026-11-25T16:19:00.123Z"}}}),
	rest("setup.read", "GET", "/setup", nil),
	rest("setup.claim", "POST", "/setup", obj{"code": "x", "workspace_name": "X", "username": "other", "display_name": "Other", "password": "correct horse battery"}),
	rest("auth.login", "POST", "/auth/login", obj{"username": "nobody", "password": "wrong wrong wrong"}),
	rest("auth.refresh", "POST", "/auth/refresh", obj{"refresh_token": "dkr_wrong"}),
	rest("auth.signup", "POST", "/auth/signup", obj{"code": "wrong", "username": "other", "display_name": "Other", "password": "correct horse battery"}),
	rest("auth.signup, without an invite", "POST", "/auth/signup", obj{"username": "other", "display_name": "Other", "password": "correct horse battery"}),
	rest("auth.verify_signup", "POST", "/auth/signup/verify", obj{"code": "wrong"}),
	rest("auth.verify_email", "POST", "/auth/email/verify", obj{"code": "wrong"}),
	rest("auth.forgot", "POST", "/auth/password/forgot", obj{"username": "nobody"}),
	rest("auth.reset", "POST", "/auth/password/reset", obj{"code": "wrong", "password": "correct horse battery"}),
	{"device.begin", func(h *house, c *client) string {
		h.forgetAttempts()
		return status(c.do("POST", "/auth/device", obj{"client": "test"}))
	}},
	rest("device.finish", "POST", "/auth/device/token", obj{"device_code": "dkd_wrong"}),
	rest("session.take_over", "POST", "/auth/handover", obj{"code": "dkl_wrong"}),
	rest("auth.jwks", "GET", "/auth/jwks.json", nil),
	{"invite.read", func(h *house, c *client) string {
		inv := must(h.w.ws.Auth.CreateInvite(h.t.Context(), contracts.Operator, auth.NewInvite{Role: contracts.RoleMember}))
		return status(c.do("GET", "/invites/"+inv.Code, nil))
	}},
	{"socket.open", func(_ *house, c *client) string {
		_, res, err := c.dial(nil)
		if err == nil {
			return "200"
		}
		return fmt.Sprint(res.StatusCode)
	}},

	rest("auth.logout", "POST", "/auth/logout", nil),
	rest("auth.password", "PUT", "/auth/password", obj{"current": "not it, surely not", "new": "correct horse battery"}),
	rest("auth.reauth", "POST", "/auth/reauth", obj{"password": "not it, surely not"}),
	rest("factor.read", "GET", "/auth/2fa", nil),
	rest("factor.enrol", "POST", "/auth/2fa/enrol", nil),
	rest("factor.confirm", "POST", "/auth/2fa/confirm", obj{"code": "nonsense"}),
	rest("factor.verify", "POST", "/auth/2fa/verify", obj{"code": "nonsense"}),
	rest("factor.renew_codes", "POST", "/auth/2fa/recovery-codes", nil),
	rest("factor.remove", "DELETE", "/auth/2fa", nil),
	onLocalhost("passkey.begin_login", "/auth/passkeys/login/begin"),
	rest("passkey.login", "POST", "/auth/passkeys/login/finish", obj{"response": obj{}}),
	onLocalhost("passkey.begin", "/auth/passkeys/register/begin"),
	rest("passkey.create", "POST", "/auth/passkeys/register/finish", obj{"response": obj{}}),
	onLocalhost("passkey.begin_proof", "/auth/passkeys/verify/begin"),
	rest("passkey.prove", "POST", "/auth/passkeys/verify/finish", obj{"response": obj{}}),
	rest("provider.list", "GET", "/auth/providers", nil),
	rest("oidc.start", "GET", "/auth/oidc/nobody/start", nil),
	rest("oidc.callback", "GET", "/auth/oidc/nobody/callback", nil),
	rest("oidc.logout", "POST", "/auth/oidc/nobody/backchannel-logout", nil),
	rest("identity.list", "GET", "/me/identities", nil),
	rest("identity.link", "POST", "/me/identities", obj{"provider": "nobody"}),
	rest("identity.prove", "POST", "/me/identities/idn"+nobody+"/verify", obj{}),
	rest("identity.remove", "DELETE", "/me/identities/idn"+nobody, nil),
	rest("login.list", "GET", "/me/logins", nil),
	rest("passkey.list", "GET", "/me/passkeys", nil),
	rest("passkey.rename", "PATCH", "/me/passkeys/pky"+nobody, obj{"name": "Mine"}),
	rest("passkey.remove", "DELETE", "/me/passkeys/pky"+nobody, nil),
	rest("me.read", "GET", "/me", nil),
	rest("me.update", "PATCH", "/me", obj{"display_name": "Somebody"}),
	rest("me.email", "GET", "/me/email", nil),
	rest("me.resend_email", "POST", "/me/email/resend", nil),
	rest("me.cancel_email", "DELETE", "/me/email/pending", nil),
	rest("me.set_status", "PUT", "/me/status", obj{"text": "away"}),
	rest("me.clear_status", "DELETE", "/me/status", nil),
	{"me.set_avatar", func(_ *house, c *client) string { return status(c.upload("/me/avatar", "image/png", dot)) }},
	rest("me.remove_avatar", "DELETE", "/me/avatar", nil),
	rest("me.unread", "GET", "/me/unread", nil),
	rest("muted_user.list", "GET", "/me/muted-users", nil),
	{"muted_user.set, who shares a room with guest_in", func(h *house, c *client) string {
		h.room("private")
		return muting(c, h.ids["in"])
	}},
	{"muted_user.set, a stranger to guests", func(h *house, c *client) string { return muting(c, h.ids["out"]) }},
	{"muted_user.set, nobody", func(_ *house, c *client) string { return muting(c, "usr"+nobody) }},
	rest("muted_user.remove", "DELETE", "/me/muted-users/usr"+nobody, nil),
	{"device.read", func(h *house, c *client) string { return status(c.do("GET", "/auth/device/"+h.device(), nil)) }},
	{"device.answer", func(h *house, c *client) string {
		return status(c.do("POST", "/auth/device/approve", obj{"user_code": h.device(), "approve": true}))
	}},
	rest("session.hand_over", "POST", "/me/sessions/hand-over", nil),
	rest("session.list", "GET", "/me/sessions", nil),
	{"session.revoke", func(h *house, c *client) string {
		id := "ses" + nobody
		if in, err := h.w.ws.Auth.StartSession(h.t.Context(), c.user.ID, auth.SignInProof{Client: "x"}); err == nil {
			id = in.Session.ID
		}
		return status(c.do("DELETE", "/me/sessions/"+id, nil))
	}},
	{"session.revoke, another's", func(h *house, c *client) string {
		return status(c.do("DELETE", "/me/sessions/"+must(h.w.ws.Auth.StartSession(h.t.Context(), h.ids["removed"], auth.SignInProof{Client: "x"})).Session.ID, nil))
	}},
	{"session.revoke_others", func(h *house, c *client) string {
		return status(c.do("DELETE", "/me/sessions", nil))
	}},
	rest("token.list", "GET", "/me/tokens", nil),
	{"token.create", func(h *house, c *client) string {
		a := c.do("POST", "/me/tokens", obj{"name": "t", "scopes": []string{"*"}})
		if a.status == 201 { // at most 20 a user
			c.do("DELETE", "/me/tokens/"+at(h.t, a.body, "/token/id"), nil)
		}
		return status(a)
	}},
	{"token.rotate, another's", func(h *house, c *client) string {
		tok, _, err := h.w.ws.Auth.CreateToken(h.t.Context(), contracts.Operator, auth.NewToken{UserID: h.ids["removed"], Name: "t", Scopes: []string{"*"}})
		if err != nil {
			h.t.Fatal(err)
		}
		a := c.do("POST", "/me/tokens/"+tok.ID+"/rotate", obj{"grace_seconds": 60})
		if err := h.w.ws.Auth.RevokeToken(h.t.Context(), contracts.Operator, tok.ID); err != nil {
			h.t.Fatal(err)
		}
		return status(a)
	}},
	{"token.revoke, another's", func(h *house, c *client) string {
		tok, _, err := h.w.ws.Auth.CreateToken(h.t.Context(), contracts.Operator, auth.NewToken{UserID: h.ids["removed"], Name: "t", Scopes: []string{"*"}})
		if err != nil {
			h.t.Fatal(err)
		}
		a := c.do("DELETE", "/me/tokens/"+tok.ID, nil)
		_ = h.w.ws.Auth.RevokeToken(h.t.Context(), contracts.Operator, tok.ID) // it may be gone
		return status(a)
	}},

	listing("user.list, a stranger to guests", "/users?limit=200&query=out", func(h *house) string { return h.ids["out"] }),
	{"user.read, who shares a conversation with guest_in", func(h *house, c *client) string {
		h.room("private")
		return status(c.do("GET", "/users/"+h.ids["in"], nil))
	}},
	{"user.read, a stranger to guests", func(h *house, c *client) string { return status(c.do("GET", "/users/"+h.ids["out"], nil)) }},
	rest("user.read, nobody", "GET", "/users/usr"+nobody, nil),
	{"user.avatar, who shares a conversation with guest", func(h *house, c *client) string {
		must(h.w.ws.Auth.SetAvatar(h.t.Context(), contracts.Operator, h.ids["in"], dot))
		return status(c.do("GET", "/users/"+h.ids["in"]+"/avatar", nil))
	}},
	{"user.avatar, a stranger to guests", func(h *house, c *client) string {
		must(h.w.ws.Auth.SetAvatar(h.t.Context(), contracts.Operator, h.ids["out"], dot))
		return status(c.do("GET", "/users/"+h.ids["out"]+"/avatar", nil))
	}},
	rest("user.avatar, nobody", "GET", "/users/usr"+nobody+"/avatar", nil),
	{"presence.list, a stranger to guests", func(h *house, c *client) string {
		h.w.ws.Hub.SetPresence(h.ids["out"], "test", "online")
		defer h.w.ws.Hub.SetPresence(h.ids["out"], "test", "offline")
		return listing("", "/presence", func(h *house) string { return h.ids["out"] }).run(h, c)
	}},
	rest("role.list", "GET", "/roles", nil),

	listing("channel.list, a private one", "/channels?limit=200", func(h *house) string { return h.room("private").id }),
	listing("channel.list, a public one", "/channels?limit=200", func(h *house) string { return h.room("public").id }),
	{"channel.create", func(h *house, c *client) string {
		return status(c.do("POST", "/channels", obj{"name": h.name("new"), "kind": "public"}))
	}},
	{"channel.by_name, private", func(h *house, c *client) string {
		id := h.room("private").id
		ch := must(h.w.ws.Channels.Channel(h.t.Context(), contracts.Operator, id))
		return status(c.do("GET", "/channels/by-name/"+ch.Name, nil))
	}},
	inRoom("channel.read, private", "private", "GET", "/channels/%s", nil),
	inRoom("channel.read, public", "public", "GET", "/channels/%s", nil),
	rest("channel.read, none", "GET", "/channels/cnv"+nobody, nil),
	inRoom("channel.update, private", "private", "PATCH", "/channels/%s", obj{"topic": "x"}),
	inRoom("channel.update, public", "public", "PATCH", "/channels/%s", obj{"topic": "x"}),
	inRoom("channel.archive, private", "private", "POST", "/channels/%s/archive", nil),
	inRoom("channel.unarchive, private", "private", "POST", "/channels/%s/unarchive", nil),
	inRoom("channel.join, private", "private", "POST", "/channels/%s/join", nil),
	inRoom("channel.join, public", "public", "POST", "/channels/%s/join", nil),
	inRoom("channel.leave, private", "private", "POST", "/channels/%s/leave", nil),
	inRoom("member.list, private", "private", "GET", "/channels/%s/members", nil),
	{"member.add, private", func(h *house, c *client) string {
		return status(c.do("POST", "/channels/"+h.room("private").id+"/members", obj{"user_ids": []string{h.ids["out"]}}))
	}},
	{"member.update, private", func(h *house, c *client) string {
		return status(c.do("PATCH", "/channels/"+h.room("private").id+"/members/"+h.ids["in"], obj{"role": "moderator"}))
	}},
	{"member.remove, private", func(h *house, c *client) string {
		return status(c.do("DELETE", "/channels/"+h.room("private").id+"/members/"+h.ids["guest_in"], nil))
	}},

	rest("dm.list", "GET", "/dms", nil),
	{"dm.open, with a stranger to guests", func(h *house, c *client) string {
		return status(c.do("POST", "/dms", obj{"user_ids": []string{h.user(contracts.RoleMember)}}))
	}},
	rest("conversation.list", "GET", "/conversations", nil),
	inRoom("conversation.read, private", "private", "GET", "/conversations/%s", nil),
	inRoom("conversation.mark_read, private", "private", "PUT", "/conversations/%s/read", obj{"position": 1}),
	inRoom("conversation.mark_unread, private", "private", "PUT", "/conversations/%s/unread-from", obj{"position": 1}),
	rest("conversation.mark_all_read", "POST", "/read-all", nil),
	inRoom("message.list, private", "private", "GET", "/conversations/%s/messages", nil),
	inRoom("message.list, public", "public", "GET", "/conversations/%s/messages", nil),
	inRoom("message.post, private", "private", "POST", "/conversations/%s/messages", obj{"text": "x"}),
	inRoom("message.post, public", "public", "POST", "/conversations/%s/messages", obj{"text": "x"}),
	inRoom("message.post, to everybody", "private", "POST", "/conversations/%s/messages", obj{"text": "@channel x"}),
	onMessage("message.read, private", "private", "GET", "/messages/%s", nil),
	onMessage("message.read, public", "public", "GET", "/messages/%s", nil),
	rest("message.read, none", "GET", "/messages/msg"+nobody, nil),
	onMessage("message.edit, private", "private", "PATCH", "/messages/%s", obj{"text": "y"}),
	onMessage("message.delete, private", "private", "DELETE", "/messages/%s", nil),
	onMessage("message.delete, public", "public", "DELETE", "/messages/%s", nil),
	onMessage("message.history, private", "private", "GET", "/messages/%s/history", nil),
	rest("sync.read", "GET", "/sync", nil),

	overSocket("socket hello", "", nil),
	overSocket("socket message.send, private", "message.send", func(h *house) any { return obj{"conversation_id": h.room("private").id, "text": "x"} }),
	overSocket("socket read, private", "read", func(h *house) any { return obj{"conversation_id": h.room("private").id, "position": 1} }),
	overSocket("socket typing, private", "typing", func(h *house) any { return obj{"conversation_id": h.room("private").id} }),
	overSocket("socket focus", "focus", func(*house) any { return obj{"conversation_id": nil} }),
	overSocket("socket presence.set", "presence.set", func(*house) any { return obj{"state": "online"} }),

	rest("admin.overview", "GET", "/admin/overview", nil),
	rest("settings.read", "GET", "/admin/settings", nil),
	{"settings.update", func(_ *house, c *client) string {
		h := http.Header{"If-Match": {"*"}}
		for k, v := range c.header {
			h[k] = v
		}
		with := *c
		with.header = h
		return status(with.do("PATCH", "/admin/settings", obj{"name": "Test"}))
	}},
	rest("admin_user.list", "GET", "/admin/users", nil),
	{"admin_user.create, a member", func(h *house, c *client) string {
		return status(c.do("POST", "/admin/users", obj{"username": h.name("n")[:20], "display_name": "N", "role": "member"}))
	}},
	{"admin_user.create, an owner", func(h *house, c *client) string {
		return status(c.do("POST", "/admin/users", obj{"username": h.name("n")[:20], "display_name": "N", "role": "owner"}))
	}},
	onUser("admin_user.update, a member to guest", contracts.RoleMember, obj{"role": "guest"}),
	onUser("admin_user.update, a member to owner", contracts.RoleMember, obj{"role": "owner"}),
	onUser("admin_user.update, suspend a member", contracts.RoleMember, obj{"state": "suspended"}),
	onUser("admin_user.update, suspend an admin", contracts.RoleAdmin, obj{"state": "suspended"}),
	onUser("admin_user.update, suspend an owner", contracts.RoleOwner, obj{"state": "suspended"}),
	toAccount("admin_user.sessions, of a member", contracts.RoleMember, "GET", "/sessions"),
	toAccount("admin_user.sessions, of an owner", contracts.RoleOwner, "GET", "/sessions"),
	toAccount("admin_user.end_sessions, of a member", contracts.RoleMember, "DELETE", "/sessions"),
	toAccount("admin_user.end_sessions, of an admin", contracts.RoleAdmin, "DELETE", "/sessions"),
	toAccount("admin_user.delete, a member", contracts.RoleMember, "DELETE", ""),
	toAccount("admin_user.delete, an admin", contracts.RoleAdmin, "DELETE", ""),
	toAccount("admin_user.reset_factors, of a member", contracts.RoleMember, "POST", "/reset-2fa"),
	toAccount("admin_user.reset_factors, of an admin", contracts.RoleAdmin, "POST", "/reset-2fa"),
	toAccount("admin_user.reset_link, of a member", contracts.RoleMember, "POST", "/reset-link"),
	toAccount("admin_user.reset_link, of an admin", contracts.RoleAdmin, "POST", "/reset-link"),
	rest("admin_channel.list", "GET", "/admin/channels", nil),
	inRoom("admin_channel.update, private", "private", "PATCH", "/admin/channels/%s", obj{"archived": true}),
	rest("invite.list", "GET", "/admin/invites", nil),
	rest("invite.create, a member", "POST", "/admin/invites", obj{"role": "member"}),
	rest("invite.create, an owner", "POST", "/admin/invites", obj{"role": "owner"}),
	rest("invite.create, an admin", "POST", "/admin/invites", obj{"role": "admin"}),
	{"invite.revoke, the operator's", func(h *house, c *client) string {
		inv := must(h.w.ws.Auth.CreateInvite(h.t.Context(), contracts.Operator, auth.NewInvite{Role: contracts.RoleMember}))
		return status(c.do("DELETE", "/admin/invites/"+inv.ID, nil))
	}},
	rest("audit.list", "GET", "/admin/audit", nil),
	rest("audit.verify", "POST", "/admin/audit/verify", nil),
	rest("retention.run", "POST", "/admin/retention/run", obj{"dry_run": true}),
}
