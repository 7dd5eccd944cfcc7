package auth_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
)

// remembers fails unless these are a user's sign-ins, the oldest first.
func (w *world) remembers(userID string, want ...string) {
	w.Helper()
	w.WaitErrands()
	page, err := w.Logins(w.ctx, w.owner, userID, contracts.PageRequest{})
	w.must(err)
	var got []string
	for _, l := range page.Data {
		got = append(got, strings.Join(strings.Fields(l.IP+" "+l.Client+" "+l.Device+" "+l.Method+" "+l.Outcome), " "))
	}
	if slices.Reverse(got); !slices.Equal(got, want) {
		w.Errorf("remembers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// forget empties the history, to look at what comes next.
func (w *world) forget() {
	w.Helper()
	w.WaitErrands()
	w.must(w.write(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM logins`)
		return err
	}))
}

func TestSignInsAreRemembered(t *testing.T) {
	withMail(t, func(w *world, p *postbox) {
		member := w.userWith("member1", "m@example.org", contracts.RoleMember)
		login := func(password, ip, client string) error {
			_, err := w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: auth.Secret(password), IP: ip, Client: client})
			w.WaitErrands()
			w.clock.advance(time.Minute)
			return err
		}
		w.must(login(goodPassword, "192.0.2.1", "web/1"))
		w.wants(login("is it this one?", "192.0.2.2", "web/1\nx"), contracts.ErrBadCredentials)
		w.must(login(goodPassword, "192.0.2.1", "web/1"))
		if n := len(p.of(auth.MailNewDevice, "m@example.org")); n != 0 {
			t.Errorf("%d notices of what was seen before", n)
		}
		w.must(login(goodPassword, "192.0.2.3", "web/1"))
		if m := w.mailed(p, auth.MailNewDevice, "m@example.org", 1)[0]; m.IP != "192.0.2.3" || m.Client != "web/1" || m.Link != "" {
			t.Errorf("got %+v", m)
		}
		_, _ = w.Login(w.ctx, auth.LoginInput{Username: "nobody", Password: "is it this one?", IP: "192.0.2.9"})
		_, err := w.Suspend(w.ctx, w.owner, member.UserID)
		w.must(err)
		w.wants(login(goodPassword, "192.0.2.1", "web/1"), contracts.ErrSuspended)
		w.remembers(member.UserID, "192.0.2.1 web/1 password ok", "192.0.2.2 web/1x password wrong_password", "192.0.2.1 web/1 password ok",
			"192.0.2.3 web/1 password ok", "192.0.2.1 web/1 password suspended")
		_, err = w.Logins(w.ctx, w.user("other", contracts.RoleMember), member.UserID, contracts.PageRequest{})
		w.wants(err, contracts.ErrForbidden)
		for range auth.MaxLogins + 5 {
			_, err := w.StartSession(w.ctx, w.owner.UserID, auth.SignInProof{Client: "x"})
			w.must(err)
		}
		var rows int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM logins WHERE user_id = $1`, w.owner.UserID).Scan(&rows))
		if rows != auth.MaxLogins {
			t.Errorf("%d are kept, want %d", rows, auth.MaxLogins)
		}
		w.clock.advance(91 * 24 * time.Hour)
		_, err = w.Prune(w.ctx)
		w.must(err)
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM logins`).Scan(&rows))
		if rows != 0 {
			t.Errorf("%d are left after 90 days", rows)
		}
	})
}

func TestEveryWayInIsRemembered(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		p := &postbox{}
		w.cfg.Mailer, w.cfg.PublicURL = p, "https://chat.example.org/"
		w.Service = w.another()
		a := w.userWith("member1", "m@example.org", contracts.RoleMember)
		_, actor := w.signIn(a)
		device := passkeytest.New(origin)
		w.addPasskey(device, actor)
		w.forget()

		w.clock.advance(time.Second)
		_, err := w.passkeyLogin(device)
		w.must(err)
		w.clock.advance(time.Second)
		d := w.begin()
		_, err = w.AnswerDevice(w.ctx, actor, d.UserCode, true)
		w.must(err)
		_, err = w.FinishDevice(w.ctx, d.DeviceCode, "192.0.2.8")
		w.must(err)
		w.clock.advance(time.Second)
		link, err := w.HandOver(w.ctx, actor)
		w.must(err)
		_, err = w.TakeOver(w.ctx, link.Code, "web/1 (Safari on iPhone)", "192.0.2.9")
		w.must(err)
		w.clock.advance(time.Second)
		w.person("42")
		_, err = w.LinkIdentity(w.ctx, contracts.Operator, auth.NewIdentity{UserID: a.UserID, Provider: "corp", Subject: "42"})
		w.must(err)
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		w.remembers(a.UserID, "192.0.2.1 test passkey ok", "192.0.2.8 dankerchat/1.0 Linux device ok",
			"192.0.2.9 web/1 Safari on iPhone link ok", "192.0.2.7 web/1 oidc ok")
		// The first of all is no news; each from elsewhere is, and says on what.
		mails := w.mailed(p, auth.MailNewDevice, "m@example.org", 3)
		var on []string
		for _, m := range mails {
			on = append(on, m.IP+" "+m.Client)
		}
		if slices.Sort(on); !slices.Equal(on, []string{"192.0.2.7 web/1", "192.0.2.8 Linux", "192.0.2.9 Safari on iPhone"}) {
			t.Errorf("mailed of %q", on)
		}

		invite, err := w.CreateInvite(w.ctx, w.owner, auth.NewInvite{Role: contracts.RoleMember})
		w.must(err)
		in, err := w.Signup(w.ctx, auth.SignupInput{Code: auth.Secret(invite.Code), Username: "newcomer", DisplayName: "New", Password: goodPassword, Client: "web/1", IP: "192.0.2.5"})
		w.must(err)
		w.remembers(in.User.ID, "192.0.2.5 web/1 invite ok")
	})
}

func TestASecondFactorInTheHistory(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		phone, codes, _ := w.enrol(a)
		w.forget()
		_, owing := w.login("somebody")
		w.remembers(a.UserID, "192.0.2.1 test password second_factor")
		owing.IP = "192.0.2.2"
		w.clock.advance(time.Second)
		for _, wrong := range []auth.Secret{"000000", "aaaa-bbbb-cccc-dddd"} {
			_, err := w.VerifySecondFactor(w.ctx, owing, wrong)
			w.wants(err, contracts.ErrBadCredentials)
			w.clock.advance(time.Second)
		}
		_, err := w.VerifySecondFactor(w.ctx, owing, phone.code())
		w.must(err)
		w.clock.advance(time.Minute)
		_, err = w.VerifySecondFactor(w.ctx, owing, codes[0]) // a proof anew, no sign-in
		w.must(err)
		w.remembers(a.UserID, "192.0.2.1 test password second_factor", "192.0.2.2 test password wrong_code", "192.0.2.2 test password wrong_code", "192.0.2.2 test password ok")
	}, withSeal)
}

func TestRefusedPasskeysAreRemembered(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		device, _, actor := w.withPasskey(a)
		key := device.Keys[0]
		key.Counter = 7
		w.must(second(w.passkeyLogin(device)))
		w.forget()
		key.Counter = 1
		w.wants(second(w.passkeyLogin(device)), contracts.ErrBadCredentials)
		w.clock.advance(time.Second)
		key.Counter = 2
		w.wants(w.prove(device, actor), contracts.ErrBadCredentials)
		w.clock.advance(time.Second)
		key.Counter = 20
		w.WaitErrands()
		_, err := w.Suspend(w.ctx, w.owner, a.UserID)
		w.must(err)
		w.wants(second(w.passkeyLogin(device)), contracts.ErrSuspended)
		w.clock.advance(time.Second)
		stranger := passkeytest.New(origin) // whom nobody knows is in nobody's history
		options, err := w.BeginPasskey(w.ctx, w.fresh(w.owner), party)
		w.must(err)
		_, err = stranger.Create(options)
		w.must(err)
		w.wants(second(w.passkeyLogin(stranger)), contracts.ErrBadCredentials)
		w.remembers(a.UserID, "192.0.2.1 test passkey refused", "192.0.2.1 test/1 passkey refused", "192.0.2.1 test passkey suspended")
	})
}

func TestRefusalsOfProvidersAreRemembered(t *testing.T) {
	roles := func(p *auth.OIDCProvider) { p.Roles = map[string]contracts.Role{"staff": contracts.RoleMember} }
	eachSite(t, roles, func(w *site) {
		known, taken := w.user("known", contracts.RoleMember), w.userWith("taken", "t@corp.example", contracts.RoleMember)
		_, err := w.LinkIdentity(w.ctx, contracts.Operator, auth.NewIdentity{UserID: known.UserID, Provider: "corp", Subject: "1"})
		w.must(err)
		w.person("1")
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedGroup, contracts.ErrForbidden)
		w.person("2", "email", "t@corp.example", "email_verified", true)
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedTaken, contracts.ErrConflict)
		w.clock.advance(time.Second)
		_, err = w.Suspend(w.ctx, w.owner, known.UserID)
		w.must(err)
		w.person("1")
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedUser, contracts.ErrSuspended)
		w.remembers(known.UserID, "192.0.2.7 web/1 oidc refused", "192.0.2.7 web/1 oidc suspended")
		w.remembers(taken.UserID, "192.0.2.7 web/1 oidc refused")
	})
}

func TestSignInsInPages(t *testing.T) {
	each(t, func(w *world) {
		_, actor := w.signIn(w.user("somebody", contracts.RoleMember))
		for range 6 { // some at the same millisecond
			w.login("somebody")
			w.login("somebody")
			w.clock.advance(time.Second)
		}
		w.WaitErrands()
		all, err := w.Logins(w.ctx, actor, actor.UserID, contracts.PageRequest{Limit: 200})
		w.must(err)
		var ids, paged []string
		for _, l := range all.Data {
			ids = append(ids, l.ID)
		}
		next := contracts.PageRequest{Limit: 3}
		for {
			page, err := w.Logins(w.ctx, actor, actor.UserID, next)
			w.must(err)
			for _, l := range page.Data {
				paged = append(paged, l.ID)
			}
			if !page.Page.HasMore {
				break
			}
			next.After = *page.Page.Next
		}
		if len(ids) != 13 || all.Page.HasMore || !slices.Equal(ids, paged) {
			t.Errorf("at once %d, in pages\n%v\nwant\n%v", len(ids), paged, ids)
		}
		_, err = w.Logins(w.ctx, actor, actor.UserID, contracts.PageRequest{After: "x"})
		w.wants(err, contracts.ErrInvalid)
		_, err = w.Logins(w.ctx, actor, actor.UserID, contracts.PageRequest{Limit: 201})
		w.wants(err, contracts.ErrInvalid)
		owing := actor
		owing.Owes = contracts.ProofSecondFactor
		_, token := w.token(actor, "messages:read")
		for _, who := range []contracts.Actor{owing, token, {}} {
			_, err = w.Logins(w.ctx, who, actor.UserID, contracts.PageRequest{})
			w.wants(err, contracts.ErrForbidden)
		}
	})
}
