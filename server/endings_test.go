package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	idp "github.com/dankerchat/dankerchat/auth/oidctest"
	"github.com/dankerchat/dankerchat/contracts"
)

// endings are the ways in which a credential ends. prepare makes one and says how.
var endings = []struct {
	name    string
	prepare func(h *ending) (whose *client, end func())
	codes   []int
}{
	{"logout", func(h *ending) (*client, func()) {
		who := h.person()
		return who, func() { who.must(204, "POST", "/auth/logout", nil, nil) }
	}, []int{closeRevoked}},
	{"another session ends it", func(h *ending) (*client, func()) {
		who := h.person()
		other := h.signIn(who.user.Username)
		var all contracts.Page[contracts.Session]
		who.must(200, "GET", "/me/sessions", nil, &all)
		id := all.Data[slices.IndexFunc(all.Data, func(s contracts.Session) bool { return s.Current })].ID
		return who, func() { other.must(204, "DELETE", "/me/sessions/"+id, nil, nil) }
	}, []int{closeRevoked}},
	{"suspension", func(h *ending) (*client, func()) {
		who := h.person()
		return who, func() {
			h.owner.must(200, "PATCH", "/admin/users/"+who.user.ID, obj{"state": "suspended"}, nil)
		}
	}, []int{closeRevoked, closeSuspended}},
	{"suspension, of an API token", func(h *ending) (*client, func()) {
		who := h.person().tokenOf("*")
		return who, func() {
			h.owner.must(200, "PATCH", "/admin/users/"+who.user.ID, obj{"state": "suspended"}, nil)
		}
	}, []int{closeRevoked, closeSuspended}},
	{"a new password", func(h *ending) (*client, func()) {
		who := h.knowing()
		other := h.signIn(who.user.Username)
		return who, func() {
			other.must(204, "PUT", "/auth/password", obj{"current": firstPassword, "new": secondPassword}, nil)
		}
	}, []int{closeRevoked}},
	{"a reset of the password", func(h *ending) (*client, func()) {
		who := h.person()
		code := must(h.ws.Auth.NewReset(h.t.Context(), contracts.Operator, who.user.ID)).Code
		return who, func() {
			h.anonymous().must(204, "POST", "/auth/password/reset", obj{"code": code.Reveal(), "password": secondPassword}, nil)
		}
	}, []int{closeRevoked}},
	{"a refresh token used twice", func(h *ending) (*client, func()) {
		name := h.knowing().user.Username
		who, in := h.withPassword(name, byToken)
		h.anonymous().must(200, "POST", "/auth/refresh", obj{"refresh_token": in.RefreshToken}, nil)
		return who, func() {
			h.anonymous().must(401, "POST", "/auth/refresh", obj{"refresh_token": in.RefreshToken}, nil)
		}
	}, []int{closeRevoked}},
	{"a revoked API token", func(h *ending) (*client, func()) {
		person := h.person()
		var made createdToken
		person.must(201, "POST", "/me/tokens", obj{"name": "bot", "scopes": []string{"*"}}, &made)
		return &client{w: h.world, t: h.t, token: made.Secret, user: person.user}, func() {
			person.must(204, "DELETE", "/me/tokens/"+made.Token.ID, nil, nil)
		}
	}, []int{closeRevoked}},
	{"second factors reset", func(h *ending) (*client, func()) {
		who := h.person()
		return who, func() { h.owner.must(204, "POST", "/admin/users/"+who.user.ID+"/reset-2fa", nil, nil) }
	}, []int{closeRevoked}},
	{"a removed passkey", func(h *ending) (*client, func()) {
		person := h.knowing()
		device, made := person.withPasskey()
		browser := h.anonymous().at(local)
		options, begun := browser.options("/auth/passkeys/login/begin")
		browser.header.Set("Cookie", "dankerchat_passkey="+cookieOf(begun, "dankerchat_passkey"))
		var in signedInBody
		browser.must(200, "POST", "/auth/passkeys/login/finish", obj{"response": raw(device.Get(options))}, &in)
		return &client{w: h.world, t: h.t, token: in.AccessToken, user: in.User}, func() {
			person.must(204, "DELETE", "/me/passkeys/"+made.Passkey.ID, nil, nil)
		}
	}, []int{closeRevoked}},
	{"an unlinked account", func(h *ending) (*client, func()) {
		person, sub := h.knowing(), "s-"+h.fresh()
		linked := must(h.ws.LinkIdentity(h.t.Context(), contracts.Operator, auth.NewIdentity{UserID: person.user.ID, Provider: "corp", Subject: sub}))
		h.provider.Person = map[string]any{"sub": sub}
		b := h.browser()
		b.open(base + "/auth/oidc/corp/start")
		who := b.client()
		who.must(200, "GET", "/me", nil, &who.user)
		return who, func() { person.must(204, "DELETE", "/me/identities/"+linked.ID, nil, nil) }
	}, []int{closeRevoked}},
	{"the provider's logout", func(h *ending) (*client, func()) {
		h.provider.Person = map[string]any{"sub": "s-" + h.fresh(), "email": h.fresh() + "@example.org", "email_verified": true, "preferred_username": h.fresh()}
		b := h.browser()
		b.open(base + "/auth/oidc/corp/start")
		who := b.client()
		who.must(200, "GET", "/me", nil, &who.user)
		token := must(h.provider.LogoutToken())
		return who, func() {
			c := h.anonymous()
			c.header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			c.must(204, "POST", "/auth/oidc/corp/backchannel-logout", "logout_token="+token, nil)
		}
	}, []int{closeRevoked}},
	{"a deleted account", func(h *ending) (*client, func()) {
		who := h.person()
		return who, func() { must(h.ws.DeleteUser(h.t.Context(), contracts.Operator, who.user.ID)) }
	}, []int{closeRevoked, closeSuspended}},
}

// ending is a workspace with traffic in which credentials end.
type ending struct {
	*world
	owner    *client
	provider *idp.Provider
	n        int
}

func (h *ending) fresh() string {
	h.n++
	return fmt.Sprintf("person%d", h.n)
}

func (h *ending) person() *client { return h.newUser(h.fresh(), contracts.RoleMember) }

// knowing is somebody with a password.
func (h *ending) knowing() *client {
	c := h.person()
	must(0, h.ws.Auth.SetPassword(h.t.Context(), contracts.Operator, c.user.ID, auth.Secret(firstPassword)))
	return h.signIn(c.user.Username)
}

// heard is what came over a socket until it ended.
type heard struct {
	position int64 // of the last event
	end      closing
	at       time.Time // when it ended
}

// listen takes everything that comes over a socket until it ends.
func (s *socket) listen() <-chan heard {
	done := make(chan heard, 1)
	go func() {
		var h heard
		for f := range s.frames {
			if f.Op == "event" && f.Position > 0 {
				h.position = f.Position
			}
		}
		h.at = time.Now()
		h.end = <-s.closed
		done <- h
	}()
	return done
}

// Whatever ends a credential ends its sockets on every server, by the log and not by the
// heartbeat, which there is not. That holds exactly: of a busy log they get nothing that
// comes after the end itself, and nothing that they say counts any more. How long it takes
// is measured by make bench.
func TestEveryEndReachesEverySocket(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		first, provider := serveOIDC(t, url)
		worlds := []*world{first, first, first}
		if strings.HasPrefix(url, "postgres") {
			worlds[2] = serveProviders(t, url, auth.OIDCProvider{
				Name: "corp", Label: "Corp", Issuer: provider.Issuer, ClientID: provider.ClientID, ClientSecret: auth.Secret(provider.ClientSecret), CreateUsers: true,
			})
		}
		h := &ending{world: first, owner: first.setUp(), provider: provider}
		general := h.owner.channel("general").ID
		var quiet atomic.Bool
		over := make(chan struct{})
		go func() {
			defer close(over)
			actor := contracts.Actor{UserID: h.owner.user.ID, Username: "owner", Role: contracts.RoleOwner}
			for !quiet.Load() {
				if _, _, err := first.ws.Channels.Post(t.Context(), actor, contracts.NewMessage{ConversationID: general, Text: "meanwhile"}); err != nil {
					t.Errorf("post: %v", err)
					return
				}
				time.Sleep(3 * time.Millisecond)
			}
		}()
		defer func() { quiet.Store(true); <-over }()

		took := map[string][]time.Duration{}
		for _, tt := range endings {
			whose, end := tt.prepare(h)
			var sockets []*socket
			var results []<-chan heard
			for _, w := range worlds {
				there := *whose
				there.w = w
				if there.cookie != "" {
					there.origin = w.address
				}
				s := there.connect(nil)
				s.expect(contracts.EventMessageCreated) // it is in the stream
				sockets, results = append(sockets, s), append(results, s.listen())
			}
			end()
			answered := time.Now()
			var ended, head int64
			err := first.ws.DB.Read.QueryRowContext(t.Context(), `SELECT coalesce(max(position), 0) FROM events
				WHERE type IN ('session.revoked', 'token.revoked', 'user.suspended') AND (scope = $1 OR subject = $1)`, whose.user.ID).Scan(&ended)
			if err != nil || ended == 0 {
				t.Fatalf("%s: no event tells of the end: %v", tt.name, err)
			}
			for end := time.Now().Add(patience); head < ended+5; time.Sleep(time.Millisecond) { // there is what they must not get
				if err := first.ws.DB.Read.QueryRowContext(t.Context(), `SELECT max(position) FROM events`).Scan(&head); err != nil || time.Now().After(end) {
					t.Fatalf("%s: the log is not busy: at %d, error %v", tt.name, head, err)
				}
			}
			for i, result := range results {
				var got heard
				select {
				case got = <-result:
				case <-time.After(patience):
					t.Errorf("%s: socket %d stays open", tt.name, i)
					continue
				}
				if !slices.Contains(tt.codes, got.end.code) {
					t.Errorf("%s: socket %d closed with %d %s, want %v", tt.name, i, got.end.code, got.end.reason.Code, tt.codes)
				}
				if got.position > ended {
					t.Errorf("%s: socket %d got event %d, and the end is event %d", tt.name, i, got.position, ended)
				}
				where := "here"
				if worlds[i] != first {
					where = "on the other server"
				}
				took[where] = append(took[where], got.at.Sub(answered))
				sockets[i].write(obj{"op": "message.send", "id": "late", "d": obj{"conversation_id": general, "text": "too late"}})
			}
		}
		for where, all := range took {
			slices.Sort(all)
			t.Logf("%s half ended within %s of the answer, the slowest within %s", where, all[len(all)/2], all[len(all)-1])
		}
		time.Sleep(50 * time.Millisecond)
		var late int64
		if err := first.ws.DB.Read.QueryRowContext(t.Context(), `SELECT count(*) FROM messages WHERE text = 'too late'`).Scan(&late); err != nil || late != 0 {
			t.Errorf("%d messages of ended sockets are stored: %v", late, err)
		}
	})
}
