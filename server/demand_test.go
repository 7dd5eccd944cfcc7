package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// oneFactor is a new session of somebody who showed a password alone.
func (w *world) oneFactor(user contracts.User) *client {
	w.t.Helper()
	in := must(w.ws.Auth.StartSession(w.t.Context(), user.ID, auth.SignInProof{Assurance: auth.OneFactor, Client: "test"}))
	return &client{w: w, t: w.t, token: in.Access.Reveal(), user: user}
}

// demand makes some roles owe a second factor.
func (c *client) demand(roles ...string) {
	c.t.Helper()
	c.header = http.Header{"If-Match": {"*"}}
	c.must(200, "PATCH", "/admin/settings", obj{"require_second_factor": roles}, nil)
	c.header = nil
}

// Sockets that say nothing are closed too, on every server, when their role comes to owe
// a second factor; it takes few questions, however many they are.
func TestADemandReachesSilentSockets(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		first := serve(t, url, unasked)
		worlds, trips := []*world{first}, (*sqldbtest.Trips)(nil)
		if strings.HasPrefix(url, "postgres") {
			trips = sqldbtest.CountTrips(t, url)
			worlds = append(worlds, serve(t, trips.URL, unasked))
		}
		owner := first.setUp()
		members := []*client{first.newUser("member1", contracts.RoleMember), first.newUser("member2", contracts.RoleMember)}
		guest := first.newUser("guest", contracts.RoleGuest)
		bot := owner.tokenOf("*")
		var closing, staying []*socket
		for _, w := range worlds {
			for i := range 24 {
				closing = append(closing, w.oneFactor(members[i%2].user).connect(nil))
			}
			staying = append(staying, w.oneFactor(guest.user).connect(nil), w.oneFactor(owner.user).connect(nil), w.signIn("member1").connect(nil))
		}
		staying = append(staying, bot.connect(nil))
		before := int64(0)
		for quiet := false; trips != nil && !quiet; { // what the greetings brought about is over
			before = trips.Count()
			time.Sleep(500 * time.Millisecond)
			quiet = trips.Count()-before <= 3
		}
		began := time.Now()
		if trips != nil {
			before = trips.Count()
		}
		owner.demand("member")
		for i, s := range closing {
			if c := s.ended(); c.code != closeUnauthenticated || c.reason.Code != "mfa_required" {
				t.Errorf("socket %d: closed with %d %s", i, c.code, c.reason.Code)
			}
		}
		took := time.Since(began)
		t.Logf("%d sockets closed within %s", len(closing), took)
		if trips != nil {
			watching := int64(6 * took.Seconds()) // what the watch over the log asks meanwhile, at the most
			if n := trips.Count() - before; n > 16+watching {
				t.Errorf("the second server asked the database %d times for its 24 sockets", n)
			}
		}
		for i, s := range staying {
			if f := s.op("presence.set", obj{"state": "online"}); f.Op != "ack" {
				t.Errorf("socket %d that owes nothing: %+v", i, f)
			}
		}
	})
}

// A promotion into such a role is a demand as well.
func TestAPromotionMayOweASecondFactor(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"), unasked)
	owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
	owner.demand("admin")
	s := w.oneFactor(member.user).connect(nil)
	owner.must(200, "PATCH", "/admin/users/"+member.user.ID, obj{"role": "admin"}, nil)
	if c := s.ended(); c.code != closeUnauthenticated || c.reason.Code != "mfa_required" {
		t.Errorf("closed with %d %s", c.code, c.reason.Code)
	}
}
