package auth_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestSessionsAreListedAndRevoked(t *testing.T) {
	each(t, func(w *world) {
		member1, member2, admin := w.user("member1", contracts.RoleMember), w.user("member2", contracts.RoleMember), w.user("admin1", contracts.RoleAdmin)
		one, asking := w.signIn(member1)
		w.clock.advance(time.Second)
		two, _ := w.signIn(member1)
		owners, _ := w.signIn(w.owner)

		sessions, err := w.Sessions(w.ctx, asking, member1.UserID)
		w.must(err)
		if len(sessions) != 2 || sessions[0].ID != two.Session.ID || sessions[0].Current || !sessions[1].Current || sessions[1].Client != "test/1" || sessions[1].IP != "192.0.2.1" {
			t.Errorf("got %+v", sessions)
		}
		_, narrow := w.token(member1, "messages:read")
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			id    string
			want  error
		}{
			{"another's is hidden", member2, one.Session.ID, contracts.ErrNotFound},
			{"a missing one answers the same", member2, contracts.NewID("ses"), contracts.ErrNotFound},
			{"nobody's", contracts.Actor{}, one.Session.ID, contracts.ErrNotFound},
			{"an owner's as an admin", admin, owners.Session.ID, contracts.ErrForbidden},
			{"one's own through a narrow token", narrow, one.Session.ID, contracts.ErrForbidden},
			{"one's own", asking, two.Session.ID, nil},
			{"twice", asking, two.Session.ID, contracts.ErrNotFound},
			{"a member's as an admin", admin, one.Session.ID, nil},
		} {
			err := w.RevokeSession(w.ctx, c.actor, c.id)
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		for _, in := range []auth.SignedIn{one, two} {
			for _, secret := range []auth.Secret{in.Secret, in.Access} {
				_, err := w.Authenticate(w.ctx, secret.Reveal())
				w.wants(err, contracts.ErrUnauthenticated)
			}
			_, err := w.Refresh(w.ctx, in.Refresh, "")
			w.wants(err, contracts.ErrUnauthenticated)
		}
		_, err = w.Authenticate(w.ctx, owners.Secret.Reveal())
		w.must(err)
		for _, c := range []struct {
			actor contracts.Actor
			user  string
		}{{member2, member1.UserID}, {narrow, member1.UserID}, {contracts.Actor{}, member1.UserID}} {
			_, err := w.Sessions(w.ctx, c.actor, c.user)
			w.wants(err, contracts.ErrForbidden)
			_, err = w.RevokeOtherSessions(w.ctx, c.actor, c.user)
			w.wants(err, contracts.ErrForbidden)
		}
	})
}

func TestLogout(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		in, asking := w.signIn(member1)
		other, _ := w.signIn(member1)
		head := w.head()
		w.must(w.Logout(w.ctx, asking))
		w.must(w.Logout(w.ctx, asking))
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Type != contracts.EventSessionRevoked || evs[0].Subject != in.Session.ID || evs[0].Scope != member1.UserID || evs[0].Actor != member1.UserID {
			t.Errorf("events: %+v", evs)
		}
		_, err := w.Authenticate(w.ctx, in.Secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.Authenticate(w.ctx, other.Secret.Reveal())
		w.must(err)
		_, byToken := w.token(member1, "*")
		w.wants(w.Logout(w.ctx, byToken), contracts.ErrConflict)
	})
}

func TestRevokeOtherSessions(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		_, asking := w.signIn(member1)
		for range 3 {
			w.signIn(member1)
		}
		head := w.head()
		n, err := w.RevokeOtherSessions(w.ctx, asking, member1.UserID)
		w.must(err)
		if types := w.types(head); n != 3 || len(types) != 3 {
			t.Errorf("%d ended, events %v", n, types)
		}
		if n, err = w.RevokeOtherSessions(w.ctx, contracts.Operator, member1.UserID); err != nil || n != 1 {
			t.Errorf("the operator: %d, %v", n, err)
		}
	})
}

func TestThirtySessions(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		var ids []string
		for range 30 {
			in, _ := w.signIn(member1)
			ids = append(ids, in.Session.ID)
			w.clock.advance(time.Second)
		}
		head := w.head()
		in, actor := w.signIn(member1)
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Subject != ids[0] {
			t.Errorf("the one idle for longest should leave: %+v", evs)
		}
		sessions, err := w.Sessions(w.ctx, actor, member1.UserID)
		w.must(err)
		if len(sessions) != 30 || sessions[0].ID != in.Session.ID {
			t.Errorf("%d sessions", len(sessions))
		}
	})
}

func TestSessionExpires(t *testing.T) {
	const day = 24 * time.Hour
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		idle, _ := w.signIn(member1)
		w.clock.advance(30*day - time.Millisecond)
		_, err := w.another().Authenticate(w.ctx, idle.Secret.Reveal())
		w.must(err)
		w.WaitUses()

		unused, _ := w.signIn(member1)
		w.clock.advance(30 * day)
		_, err = w.Authenticate(w.ctx, unused.Secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.Refresh(w.ctx, unused.Refresh, "")
		w.wants(err, contracts.ErrUnauthenticated)

		// One in use moves on, up to the 90 days.
		used, _ := w.signIn(member1)
		began := w.clock.Now()
		for range 4 {
			w.clock.advance(20 * day)
			_, err := w.Authenticate(w.ctx, used.Secret.Reveal())
			w.must(err)
			w.WaitUses()
		}
		sessions, err := w.Sessions(w.ctx, contracts.Operator, member1.UserID)
		w.must(err)
		i := slices.IndexFunc(sessions, func(s contracts.Session) bool { return s.ID == used.Session.ID })
		if i < 0 || !sessions[i].ExpiresAt.Equal(began.Add(90*day)) || !sessions[i].LastUsedAt.Equal(began.Add(80*day)) {
			t.Fatalf("got %+v, want its end at 90 days", sessions)
		}
		w.clock.advance(10*day - time.Millisecond)
		_, err = w.Authenticate(w.ctx, used.Secret.Reveal())
		w.must(err)
		w.clock.advance(time.Millisecond)
		_, err = w.Authenticate(w.ctx, used.Secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
	})
}

// Uses are written rarely, and not by the request.
func TestLastUseIsCoarse(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		in, _ := w.signIn(member1)
		secret, _ := w.token(member1, "*")
		w.WaitUses()
		start := w.clock.Now()
		last := func() (session time.Time, token, seen *time.Time) {
			w.WaitUses()
			sessions, err := w.Sessions(w.ctx, contracts.Operator, member1.UserID)
			w.must(err)
			tokens, err := w.Tokens(w.ctx, contracts.Operator, member1.UserID)
			w.must(err)
			u, err := w.User(w.ctx, member1.UserID)
			w.must(err)
			return sessions[0].LastUsedAt, tokens[0].LastUsedAt, u.LastSeenAt
		}
		for _, step := range []struct {
			wait     time.Duration
			recorded time.Duration
		}{{4 * time.Minute, 0}, {2 * time.Minute, 6 * time.Minute}, {4 * time.Minute, 6 * time.Minute}, {time.Minute, 11 * time.Minute}} {
			w.clock.advance(step.wait)
			for _, credential := range []string{in.Secret.Reveal(), secret} {
				_, err := w.Authenticate(w.ctx, credential)
				w.must(err)
			}
			session, token, seen := last()
			want := start.Add(step.recorded)
			if !session.Equal(want) || token == nil || !token.Equal(want) || seen == nil || !seen.Equal(want) {
				t.Errorf("after %v: session %v, token %v, seen %v, want %v", w.clock.Now().Sub(start), session, token, seen, want)
			}
		}
	})
}

func TestBotsDoNotSignIn(t *testing.T) {
	each(t, func(w *world) {
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "robot", Bot: true})
		w.must(err)
		_, err = w.StartSession(w.ctx, bot.ID, auth.SignInProof{})
		w.wants(err, contracts.ErrForbidden)
		_, err = w.StartSession(w.ctx, contracts.NewID("usr"), auth.SignInProof{})
		w.wants(err, contracts.ErrNotFound)
	})
}

func TestPrune(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		w.signIn(member1)
		w.signIn(member1)
		_, err := w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: "a wrong password", IP: "192.0.2.1"})
		w.wants(err, contracts.ErrBadCredentials)
		w.clock.advance(29 * 24 * time.Hour)
		kept, _ := w.signIn(member1)
		n, err := w.Prune(w.ctx)
		w.must(err)
		if n != 0 {
			t.Errorf("%d sessions ended before their time", n)
		}
		head := w.head()
		w.clock.advance(24 * time.Hour)
		n, err = w.Prune(w.ctx)
		w.must(err)
		if types := w.types(head); n != 2 || len(types) != 2 || types[0] != contracts.EventSessionRevoked {
			t.Errorf("%d ended, events %v", n, types)
		}
		_, err = w.Authenticate(w.ctx, kept.Secret.Reveal())
		w.must(err)
		var attempts int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM login_attempts`).Scan(&attempts))
		if attempts != 0 {
			t.Errorf("%d counts of logins left", attempts)
		}
	}, func(c *auth.Config) { c.KeyLife = 365 * 24 * time.Hour }) // whose end would be an event, too
}
