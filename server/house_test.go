package server

import (
	"context"
	"database/sql"
	"net/http"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// house is a workspace with one person of every kind.
type house struct {
	t testing.TB
	w *world

	expired, revoked, suspended, foreign *client
	tokenNone, tokenRead, tokenAll       *client
	ids                                  map[string]string // of the users by name
	clients                              map[string]*client
	rooms                                map[string]room // by row, until a question changes it
	row                                  string          // that is being asked
	trust                                *world          // behind the real table, whatever w is
}

func newHouse(t testing.TB, w *world) *house {
	t.Helper()
	h := &house{t: t, w: w, trust: w, ids: map[string]string{}, clients: map[string]*client{}, rooms: map[string]room{}}
	h.ids["owner"] = w.setUp().user.ID
	for name, role := range map[string]contracts.Role{
		"guest_out": contracts.RoleGuest, "guest_in": contracts.RoleGuest, "out": contracts.RoleMember, "removed": contracts.RoleMember, "in": contracts.RoleMember,
		"moder": contracts.RoleMember, "chan_owner": contracts.RoleMember, "deputy": contracts.RoleAdmin, "suspended": contracts.RoleMember,
		"careful": contracts.RoleMember, "careless": contracts.RoleGuest,
	} {
		h.ids[name] = w.newUser(name, role).user.ID
	}
	h.demandSecondFactors()
	in := w.signIn("in")
	h.tokenNone, h.tokenRead, h.tokenAll = in.tokenOf("users:read"), in.tokenOf("messages:read"), in.tokenOf("*")
	h.revoked = in.tokenOf("*")
	for _, tok := range must(w.ws.Auth.Tokens(t.Context(), contracts.Actor{UserID: in.user.ID, Role: contracts.RoleMember, SessionID: "x"}, in.user.ID)) {
		if h.revoked.token[:len(tok.Prefix)] == tok.Prefix {
			in.must(204, "DELETE", "/me/tokens/"+tok.ID, nil, nil)
		}
	}
	soon := time.Now().Add(time.Hour)
	short, secret, err := w.ws.Auth.CreateToken(t.Context(), contracts.Operator, auth.NewToken{UserID: in.user.ID, Name: "short", Scopes: []string{"*"}, ExpiresAt: &soon})
	if err != nil {
		t.Fatalf("make a token that expires: %v", err)
	}
	w.expire(short.ID)
	h.expired = &client{w: w, t: t, token: secret.Reveal()}
	h.suspended = w.signIn("suspended")
	h.suspended = h.suspended.tokenOf("*")
	w.signIn("owner").must(200, "PATCH", "/admin/users/"+h.ids["suspended"], map[string]any{"state": "suspended"}, nil)
	// Another workspace's token: well formed, signed, and not ours.
	other := serve(t, freshDatabase(t, "sqlite"))
	h.foreign = &client{w: w, t: t, token: other.setUp().token}
	other.stop()
	return h
}

// expire ends the time of an API token that nobody has shown yet.
func (w *world) expire(token string) {
	w.t.Helper()
	must(0, w.ws.DB.Write(w.t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE api_tokens SET expires_at = $1 WHERE id = $2 AND expires_at IS NOT NULL`, time.Now().Add(-time.Second).UnixMilli(), token)
		return err
	}))
}

// demandSecondFactors makes careful one who has a second factor and careless one who
// should have one. All others prove two when they sign in.
func (h *house) demandSecondFactors() {
	h.t.Helper()
	must(h.w.ws.Admin.UpdateSettings(h.t.Context(), contracts.Operator, admin.SettingsUpdate{RequireSecondFactor: &[]contracts.Role{contracts.RoleGuest}}, 0))
	must(0, h.w.ws.DB.Write(h.t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO mfa_totp (user_id, secret, created_at, confirmed_at) VALUES ($1, 'sealed', 1, 1)`, h.ids["careful"])
		return err
	}))
}

// device is the code of one that waits to be let in.
func (h *house) device() string {
	h.t.Helper()
	return must(h.w.ws.Auth.BeginDevice(h.t.Context(), "test", "")).UserCode
}

// forgetAttempts gives back what was counted: all who ask have one address here.
func (h *house) forgetAttempts() {
	h.t.Helper()
	must(0, h.w.ws.DB.Write(h.t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM login_attempts`)
		return err
	}))
}

// owing is a session that has shown one factor and owes a proof.
func (h *house) owing(name string, what contracts.Proof) *client {
	h.t.Helper()
	in := must(h.w.ws.Auth.StartSession(h.t.Context(), h.ids[name], auth.SignInProof{Client: "test", IP: "127.0.0.1"}))
	if in.Owes != what {
		h.t.Fatalf("%s owes %q, expected %q", name, in.Owes, what)
	}
	return &client{w: h.w, t: h.t, token: in.Access.Reveal(), user: in.User}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// cookie is a person's browser, lured to another site.
func (h *house) cookie(name string) *client {
	u := must(h.w.ws.Auth.UserByName(h.t.Context(), name))
	in := must(h.w.ws.Auth.StartSession(h.t.Context(), u.ID, auth.SignInProof{Client: "browser", IP: "127.0.0.1"}))
	return &client{w: h.w, t: h.t, cookie: in.Secret.Reveal(), user: in.User, header: http.Header{"Sec-Fetch-Site": {"cross-site"}}, origin: "http://evil.example"}
}

// room is a channel of chan_owner with in, guest_in, a moderator, one
// who was removed, and a message by in.
type room struct {
	id      string
	message contracts.Message
}

func (*house) name(prefix string) string {
	return prefix + "-" + contracts.NewID("x")[2:]
}

func (h *house) room(kind string) room {
	h.t.Helper()
	if r, ok := h.rooms[h.row]; ok {
		return r
	}
	as := func(who string) *client { c := *h.client(who); c.w = h.trust; return &c }
	o := as("chown")
	var ch contracts.Channel
	o.must(201, "POST", "/channels", map[string]any{"name": h.name("room"), "kind": kind,
		"members": []string{h.ids["in"], h.ids["guest_in"], h.ids["moder"], h.ids["removed"]}}, &ch)
	o.must(204, "PATCH", "/channels/"+ch.ID+"/members/"+h.ids["moder"], map[string]any{"role": "moderator"}, nil)
	o.must(204, "DELETE", "/channels/"+ch.ID+"/members/"+h.ids["removed"], nil, nil)
	made := room{ch.ID, as("in").post(ch.ID, "by in")}
	h.trust.passed.forget() // what was made for the question is no answer
	h.rooms[h.row] = made
	return made
}

// client is one of callers, signed in once: a user has only so many sessions.
func (h *house) client(who string) *client {
	if h.clients[who] == nil {
		h.clients[who] = callers[who](h)
	}
	return h.clients[who]
}

// user is a fresh account.
func (h *house) user(role contracts.Role) string {
	h.t.Helper()
	u := must(h.w.ws.Auth.CreateUser(h.t.Context(), contracts.Operator, auth.NewUser{Username: h.name("u")[:20], DisplayName: "U", Role: role}))
	return u.ID
}
