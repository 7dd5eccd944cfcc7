package server

import (
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Whatever ends a credential ends its sockets, and no others. The log tells them of it:
// there is no heartbeat here. How long that takes is measured by make bench.
func TestRevocationClosesSockets(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url, unasked)
		owner := w.setUp()
		w.newUser("member", contracts.RoleMember)
		for _, tt := range []struct {
			name   string
			revoke func(who *client, token string)
			code   int
		}{
			{"logout", func(who *client, _ string) { who.must(204, "POST", "/auth/logout", nil, nil) }, 4410},
			{"the session revoked from elsewhere", func(who *client, _ string) {
				w.signIn("member").must(204, "DELETE", "/me/sessions", nil, nil)
			}, 4410},
			{"suspension", func(who *client, _ string) {
				owner.must(200, "PATCH", "/admin/users/"+who.user.ID, map[string]any{"state": "suspended"}, nil)
			}, 4403},
		} {
			who := w.signIn("member")
			other := owner.connect(nil)
			s := who.connect(nil)
			began := time.Now()
			tt.revoke(who, "")
			c := s.ended()
			t.Logf("%s: closed after %s", tt.name, time.Since(began))
			if c.code != tt.code && !(tt.name == "suspension" && c.code == 4410) {
				t.Errorf("%s: closed with %d, want %d", tt.name, c.code, tt.code)
			}
			if f := other.op("presence.set", map[string]any{"state": "online"}); f.Op != "ack" {
				t.Errorf("%s: another's socket: %+v", tt.name, f)
			}
			if a := who.do("GET", "/me", nil); a.status != 401 && a.code() != "suspended" {
				t.Errorf("%s: then %d %s", tt.name, a.status, a.body)
			}
		}
	})
}

func TestARevokedTokenClosesItsSockets(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"), unasked)
	owner := w.setUp()
	var made createdToken
	owner.must(201, "POST", "/me/tokens", map[string]any{"name": "bot", "scopes": []string{"*"}}, &made)
	bot := &client{w: w, t: t, token: made.Secret}
	s, session := bot.connect(nil), owner.connect(nil)
	owner.must(204, "DELETE", "/me/tokens/"+made.Token.ID, nil, nil)
	if c := s.ended(); c.code != 4410 || c.reason.Code != "revoked" {
		t.Errorf("closed with %+v", c)
	}
	if f := session.op("presence.set", map[string]any{"state": "online"}); f.Op != "ack" {
		t.Errorf("the session's socket: %+v", f)
	}
}

// A role that is taken away is gone at the next command on an open socket.
func TestADemotionIsFeltAtOnce(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	w.newUser("third", contracts.RoleMember)
	member := w.newUser("member", contracts.RoleMember)
	s := member.connect(nil)
	owner.must(200, "PATCH", "/admin/users/"+member.user.ID, map[string]any{"role": "guest"}, nil)
	s.expect(contracts.EventUserUpdated)
	owner.must(200, "PATCH", "/me", map[string]any{"display_name": "Owner B."}, nil)
	s.quiet(200*time.Millisecond, contracts.EventUserUpdated) // members' business
	member.must(403, "POST", "/channels", map[string]any{"name": "mine", "kind": "public"}, nil)
}
