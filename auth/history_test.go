package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

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
		got, err := w.Logins(w.ctx, w.owner, member.UserID)
		w.must(err)
		var seen string
		for _, r := range got {
			seen += fmt.Sprintln(r.IP, r.Client, r.Method, r.Outcome)
		}
		if seen != "192.0.2.1 web/1 password suspended\n192.0.2.3 web/1 password ok\n192.0.2.1 web/1 password ok\n192.0.2.2 web/1x password wrong_password\n192.0.2.1 web/1 password ok\n" {
			t.Errorf("got\n%s", seen)
		}
		_, err = w.Logins(w.ctx, w.user("other", contracts.RoleMember), member.UserID)
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
