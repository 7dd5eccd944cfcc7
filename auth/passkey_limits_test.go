package auth_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestAUserHasAtMostTwentyPasskeys(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		var sessions []contracts.Actor
		for range 5 {
			_, actor := w.signIn(a)
			sessions = append(sessions, actor)
		}
		for range 18 {
			w.addPasskey(passkeytest.New(origin), sessions[0])
		}
		var answers [5][]byte
		for i, actor := range sessions {
			options, err := w.BeginPasskey(w.ctx, actor, party)
			w.must(err)
			answers[i], err = passkeytest.New(origin).Create(options)
			w.must(err)
		}
		errs := atOnce(5, func(i int) error { return second(w.FinishPasskey(w.ctx, sessions[i], "", answers[i])) })
		if n := w.won(errs, contracts.ErrConflict); n != 2 {
			t.Errorf("%d more after 18", n)
		}
		_, err := w.BeginPasskey(w.ctx, sessions[0], party)
		w.wants(err, contracts.ErrConflict)
	})
}

func TestWhoMayNotSignInByPasskey(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		device, made, actor := w.withPasskey(a)
		begun, err := w.BeginPasskey(w.ctx, actor, party)
		w.must(err)
		created, err := passkeytest.New(origin).Create(begun)
		w.must(err)
		_, err = w.Suspend(w.ctx, w.owner, a.UserID)
		w.must(err)
		_, err = w.passkeyLogin(device)
		w.wants(err, contracts.ErrSuspended)
		_, err = w.FinishPasskey(w.ctx, actor, "", created)
		w.wants(err, contracts.ErrSuspended)
		w.wants(w.prove(device, actor), contracts.ErrSuspended)
		_, err = w.Restore(w.ctx, w.owner, a.UserID)
		w.must(err)
		_, err = w.passkeyLogin(device)
		w.must(err)
		// A bot has API tokens, whatever stands in the table.
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "robot", Role: contracts.RoleMember, Bot: true})
		w.must(err)
		w.must(w.write(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE passkeys SET user_id = $1`, bot.ID)
			return err
		}))
		_, err = w.passkeyLogin(device)
		w.wants(err, contracts.ErrForbidden)

		// Others' passkeys: an administrator sees them, the operator removes them.
		admin := w.user("deputy", contracts.RoleAdmin)
		list, err := w.Passkeys(w.ctx, admin, bot.ID)
		w.must(err)
		if len(list) != 1 || list[0].ID != made.ID {
			t.Errorf("listed %+v", list)
		}
		_, err = w.Passkeys(w.ctx, w.fresh(a), bot.ID)
		w.wants(err, contracts.ErrForbidden)
		for _, by := range []contracts.Actor{w.fresh(a), w.fresh(admin)} {
			_, err = w.RemovePasskey(w.ctx, by, made.ID)
			w.wants(err, contracts.ErrNotFound)
			_, err = w.RenamePasskey(w.ctx, by, made.ID, "mine")
			w.wants(err, contracts.ErrNotFound)
		}
		_, err = w.RemovePasskey(w.ctx, contracts.Operator, made.ID)
		w.must(err)

		// Resetting somebody's second factors takes their passkeys too.
		device, _, _ = w.withPasskey(a)
		_, err = w.ResetSecondFactors(w.ctx, admin, a.UserID)
		w.must(err)
		_, err = w.passkeyLogin(device)
		w.wants(err, contracts.ErrBadCredentials)
	})
}

func TestTheLastPasskeyOfWhoHasNothingElseStays(t *testing.T) {
	each(t, func(w *world) {
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "somebody", Role: contracts.RoleMember})
		w.must(err)
		device, made, actor := w.withPasskey(contracts.Actor{UserID: u.ID})
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.wants(err, contracts.ErrConflict)
		w.must(w.SetPassword(w.ctx, contracts.Operator, u.ID, goodPassword)) // ends the session
		in, err := w.passkeyLogin(device)
		w.must(err)
		actor, err = w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.must(err)
	})
}

func TestBeginningPasskeyLoginsIsLimited(t *testing.T) {
	each(t, func(w *world) {
		begin := func(ip string) error { return second(w.BeginPasskeyLogin(w.ctx, party, ip)) }
		for range 300 {
			w.must(begin("2001:db8::1"))
		}
		w.wants(begin("2001:db8::2"), contracts.ErrRateLimited) // the same network
		w.must(begin("192.0.2.7"))
		w.clock.advance(5 * time.Minute)
		w.must(begin("2001:db8::1"))
	})
}

func TestWherePasskeysWork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ url, id string }{
		{"https://chat.example.org", "chat.example.org"},
		{"https://Chat.Example.ORG:8443/", "chat.example.org"},
		{"http://localhost:8080", "localhost"},
		{"http://chat.localhost:8080", "chat.localhost"},
		{"https://intranet", "intranet"},
		{"http://chat.example.org", ""}, // browsers demand https
		{"https://192.0.2.1", ""},       // and a name
		{"https://[2001:db8::1]:8443", ""},
		{"http://127.0.0.1:8080", ""},
		{"", ""},
		{"ftp://localhost", ""},
		{"https://", ""},
	} {
		p, err := auth.RelyingPartyAt(tt.url)
		if p.ID != tt.id || (err == nil) != (tt.id != "") || err != nil && contracts.CodeOf(err) != contracts.CodeUnavailable {
			t.Errorf("%s: got %+v, %v", tt.url, p, err)
		}
	}
	p, err := auth.RelyingPartyAt("https://Chat.Example.ORG:8443/")
	if err != nil || len(p.Origins) != 1 || p.Origins[0] != "https://chat.example.org:8443" {
		t.Errorf("got %+v, %v", p, err)
	}
}
