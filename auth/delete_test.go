package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func TestADeletedAccountLeavesItsIDAlone(t *testing.T) {
	each(t, func(w *world) {
		name, title := "gone", "Cook" // words with an o, which no id has
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: name, DisplayName: "Gone Person", Email: "gone@example.org", Password: goodPassword})
		w.must(err)
		former := "gone.before"
		_, err = w.UpdateUser(w.ctx, contracts.Operator, u.ID, auth.UserUpdate{Username: &former, Title: &title})
		w.must(err)
		_, err = w.UpdateUser(w.ctx, contracts.Operator, u.ID, auth.UserUpdate{Username: &name})
		w.must(err)
		actor := contracts.Actor{UserID: u.ID, Username: name, Role: contracts.RoleMember}
		w.enrol(actor)
		in, err := w.StartSession(w.ctx, u.ID, auth.SignInProof{Assurance: auth.TwoFactors, IP: "192.0.2.7"})
		w.must(err)
		actor, err = w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		_, secret, err := w.CreateToken(w.ctx, actor, auth.NewToken{Name: "t", Scopes: []string{"*"}})
		w.must(err)
		_, err = w.Authenticate(w.ctx, secret.Reveal())
		w.must(err)
		head := w.head()

		_, owner := w.signIn(w.owner)
		gone, err := w.DeleteUser(w.ctx, owner, u.ID)
		w.must(err)
		if gone.ID != u.ID || gone.DisplayName != "Deleted user" || gone.Email != "" || gone.State != contracts.UserSuspended {
			t.Errorf("what is left: %+v", gone)
		}
		for _, credential := range []auth.Secret{in.Access, in.Secret, secret} {
			if _, err := w.Authenticate(w.ctx, credential.Reveal()); err == nil {
				t.Error("a credential of a deleted account is good")
			}
		}
		if got := strings.Join(w.types(head), " "); !strings.Contains(got, contracts.EventUserSuspended) || !strings.Contains(got, contracts.EventSessionRevoked) || !strings.Contains(got, contracts.EventTokenRevoked) {
			t.Errorf("logged: %s", got)
		}
		// Nothing hangs on the row any more, and no text of it is anywhere in the tables.
		for _, table := range []string{"credentials", "sessions", "api_tokens", "mfa_totp", "recovery_codes", "passkeys", "identities", "resets", "logins", "former_names"} {
			var n int
			w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM `+table+` WHERE user_id = $1`, u.ID).Scan(&n))
			if n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
		err = sqldb.Each(w.ctx, w.db.Read, `SELECT username, display_name, name_key, email, email_key, title, former_names, look FROM users WHERE id = $1`, []any{u.ID}, func(scan sqldb.Scan) error {
			text := make([]string, 8)
			dest := make([]any, len(text))
			for i := range text {
				dest[i] = &text[i]
			}
			err := scan(dest...)
			if all := strings.ToLower(strings.Join(text, " ")); strings.Contains(all, "gone") || strings.Contains(all, "cook") {
				t.Errorf("left in the row: %q", text)
			}
			return err
		})
		w.must(err)

		// It is nobody to sign in, to list or to change, and the names are free.
		page, err := w.Users(w.ctx, w.owner, auth.UsersRequest{})
		w.must(err)
		if len(page.Data) != 1 {
			t.Errorf("users: %+v", page.Data)
		}
		_, err = w.Restore(w.ctx, w.owner, u.ID)
		w.wants(err, contracts.ErrNotFound)
		_, err = w.DeleteUser(w.ctx, w.owner, u.ID)
		w.wants(err, contracts.ErrNotFound)
		_, err = w.UpdateUser(w.ctx, w.owner, u.ID, auth.UserUpdate{Title: &title})
		w.wants(err, contracts.ErrNotFound)
		w.wants(w.SetPassword(w.ctx, w.owner, u.ID, goodPassword), contracts.ErrNotFound)
		refs, err := w.Refs(w.ctx, []string{u.ID})
		w.must(err)
		if refs[u.ID].DisplayName != "Deleted user" {
			t.Errorf("named as %+v", refs[u.ID])
		}
		_, err = w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: former, Email: "gone@example.org"})
		w.must(err)
		again := w.user(name, contracts.RoleMember)
		if again.UserID == u.ID {
			t.Error("the new account has the old id")
		}
		if _, err := w.Authenticate(w.ctx, secret.Reveal()); err == nil {
			t.Error("the old token acts for the new account")
		}
	}, withSeal)
}

func TestWhoMayDeleteAnAccount(t *testing.T) {
	each(t, func(w *world) {
		admin, member := w.user("admin1", contracts.RoleAdmin), w.user("member1", contracts.RoleMember)
		for _, tc := range []struct {
			actor  contracts.Actor
			target string
			want   error
		}{
			{member, member.UserID, contracts.ErrForbidden},
			{member, admin.UserID, contracts.ErrForbidden},
			{admin, w.owner.UserID, contracts.ErrForbidden},
			{w.owner, w.owner.UserID, contracts.ErrConflict},
			{contracts.Operator, w.owner.UserID, contracts.ErrLastOwner},
			{contracts.Operator, contracts.NewID(contracts.PrefixUser), contracts.ErrNotFound},
		} {
			_, err := w.DeleteUser(w.ctx, tc.actor, tc.target)
			w.wants(err, tc.want)
		}
		_, admin = w.signIn(admin)
		_, err := w.DeleteUser(w.ctx, admin, member.UserID)
		w.must(err)
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "builds", Bot: true})
		w.must(err)
		_, err = w.DeleteUser(w.ctx, contracts.Operator, bot.ID)
		w.must(err)
	})
}

func TestDeletingAnAccountWantsAFreshProof(t *testing.T) {
	each(t, func(w *world) {
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "kept", DisplayName: "Kept"})
		w.must(err)
		_, owner := w.signIn(w.owner)
		_, secret, err := w.CreateToken(w.ctx, owner, auth.NewToken{Name: "t", Scopes: []string{"*"}})
		w.must(err)
		w.clock.advance(11 * time.Minute)
		if _, err := w.DeleteUser(w.ctx, owner, u.ID); !errors.Is(err, contracts.ErrReauthRequired) {
			t.Errorf("eleven minutes after the sign-in: %v", err)
		}
		token, err := w.Authenticate(w.ctx, secret.Reveal())
		w.must(err)
		if _, err := w.DeleteUser(w.ctx, token, u.ID); !errors.Is(err, contracts.ErrForbidden) {
			t.Errorf("with an API token: %v", err)
		}
		if _, err := w.User(w.ctx, u.ID); err != nil {
			t.Errorf("the account is gone: %v", err)
		}
	})
}
