package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// people is the table of a host program.
type people struct{}

const personColumns = `id, login, name, mail, role, locked`

func (people) ByLogin(ctx context.Context, q eventlog.Querier, login string) (auth.Person, error) {
	return scanPerson(q.QueryRowContext(ctx, `SELECT `+personColumns+` FROM people WHERE login = lower($1) OR mail = lower($1)`, login))
}

func (people) ByID(ctx context.Context, q eventlog.Querier, id string) (auth.Person, error) {
	return scanPerson(q.QueryRowContext(ctx, `SELECT `+personColumns+` FROM people WHERE id = $1`, id))
}

func scanPerson(row *sql.Row) (p auth.Person, err error) {
	err = row.Scan(&p.ID, &p.Username, &p.DisplayName, &p.Email, &p.Role, &p.Suspended)
	if errors.Is(err, sql.ErrNoRows) {
		err = contracts.ErrNotFound
	}
	return p, err
}

// host is a world whose people stand in the table of a host program.
type host struct{ *world }

func eachHost(t *testing.T, fn func(h host), change ...func(*auth.Config)) {
	t.Helper()
	t.Parallel()
	change = append(change, func(c *auth.Config) { c.Directory = people{} })
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := host{newWorld(t, db, change...)}
		h.sql(`CREATE TABLE people (id TEXT PRIMARY KEY, login TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', mail TEXT NOT NULL DEFAULT '', role TEXT NOT NULL DEFAULT '', locked BOOLEAN NOT NULL DEFAULT FALSE)`)
		fn(h)
	}, auth.Migrations)
}

func (h host) sql(query string, args ...any) {
	h.Helper()
	h.must(h.write(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}))
}

// person makes one in the host's table, known to auth and with a password.
func (h host) person(id, login string) contracts.User {
	h.Helper()
	h.sql(`INSERT INTO people (id, login) VALUES ($1, $2)`, id, login)
	u, err := h.Mirror(h.ctx, id)
	h.must(err)
	h.must(h.SetPassword(h.ctx, contracts.Operator, u.ID, goodPassword))
	return u
}

func TestPeopleOfAHostProgram(t *testing.T) {
	eachHost(t, func(h host) {
		h.sql(`INSERT INTO people (id, login, name, mail, role) VALUES ('42', 'mel', 'Mel', 'mel@example.org', 'admin')`)
		_, err := h.Login(h.ctx, auth.LoginInput{Username: "mel", Password: goodPassword})
		h.wants(err, contracts.ErrBadCredentials) // there is no password yet
		u, err := h.Mirror(h.ctx, "42")
		h.must(err)
		if u.Username != "mel" || u.DisplayName != "Mel" || u.Email != "mel@example.org" || u.Role != contracts.RoleAdmin {
			t.Errorf("the mirror of 42 is %+v", u)
		}
		h.must(h.SetPassword(h.ctx, contracts.Operator, u.ID, goodPassword))
		in, err := h.Login(h.ctx, auth.LoginInput{Username: "MEL@example.org", Password: goodPassword})
		h.must(err)
		if in.User.ID != u.ID {
			t.Errorf("signed in as %+v", in.User)
		}
		actor, err := h.Authenticate(h.ctx, in.Access.Reveal())
		h.must(err)
		_, secret, err := h.CreateToken(h.ctx, actor, auth.NewToken{Name: "t", Scopes: []string{"*"}})
		h.must(err)
		_, err = h.Authenticate(h.ctx, secret.Reveal())
		h.must(err)

		// What the host changes holds after CacheTTL, for every credential.
		h.sql(`UPDATE people SET login = 'melanie', role = 'guest' WHERE id = '42'`)
		before := h.head()
		h.clock.advance(16 * time.Second)
		for _, credential := range []auth.Secret{in.Access, in.Secret, secret} {
			actor, err := h.Authenticate(h.ctx, credential.Reveal())
			h.must(err)
			if actor.Username != "melanie" || actor.Role != contracts.RoleGuest || actor.UserID != u.ID {
				t.Errorf("after the host renamed them: %+v", actor)
			}
		}
		if got := h.types(before); len(got) != 1 || got[0] != contracts.EventUserUpdated {
			t.Errorf("a rename is logged as %v", got)
		}
		again, err := h.Refresh(h.ctx, in.Refresh, "")
		h.must(err)

		h.sql(`UPDATE people SET locked = TRUE WHERE id = '42'`)
		_, err = h.Refresh(h.ctx, again.Refresh, "")
		h.wants(err, contracts.ErrSuspended)
		h.clock.advance(16 * time.Second)
		for _, credential := range []auth.Secret{again.Access, in.Secret, secret} {
			if _, err := h.Authenticate(h.ctx, credential.Reveal()); !errors.Is(err, contracts.ErrSuspended) && !errors.Is(err, contracts.ErrUnauthenticated) {
				t.Errorf("a suspended person gets %v", err)
			}
		}
		var sessions int
		h.must(h.db.Read.QueryRowContext(h.ctx, `SELECT count(*) FROM sessions`).Scan(&sessions))
		if sessions != 0 {
			t.Errorf("%d sessions of a suspended person are left", sessions)
		}
		_, err = h.Login(h.ctx, auth.LoginInput{Username: "melanie", Password: goodPassword})
		h.wants(err, contracts.ErrSuspended)
		_, err = h.Login(h.ctx, auth.LoginInput{Username: "melanie", Password: "five words make this not"})
		h.wants(err, contracts.ErrBadCredentials)

		h.sql(`UPDATE people SET locked = FALSE WHERE id = '42'`)
		in, err = h.Login(h.ctx, auth.LoginInput{Username: "melanie", Password: goodPassword})
		h.must(err)
		if in.User.Username != "melanie" || in.User.State != contracts.UserActive {
			t.Errorf("signed in as %+v", in.User)
		}
		_, err = h.Authenticate(h.ctx, secret.Reveal())
		h.must(err)

		h.sql(`DELETE FROM people WHERE id = '42'`)
		h.clock.advance(16 * time.Second)
		_, err = h.Authenticate(h.ctx, in.Access.Reveal())
		h.wants(err, contracts.ErrSuspended)
		_, err = h.Login(h.ctx, auth.LoginInput{Username: "melanie", Password: goodPassword})
		h.wants(err, contracts.ErrBadCredentials)
		_, err = h.Mirror(h.ctx, "43")
		h.wants(err, contracts.ErrNotFound)
	})
}

// The host that says so itself need not wait.
func TestWhatTheHostMirrorsHoldsAtOnce(t *testing.T) {
	eachHost(t, func(h host) {
		u := h.person("7", "mel")
		in, err := h.StartSession(h.ctx, u.ID, auth.SignInProof{})
		h.must(err)
		_, err = h.Authenticate(h.ctx, in.Access.Reveal())
		h.must(err)
		h.must(h.write(func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `UPDATE people SET locked = TRUE WHERE id = '7'`); err != nil {
				return err
			}
			_, err := h.MirrorTx(ctx, tx, "7")
			return err
		}))
		_, err = h.Authenticate(h.ctx, in.Access.Reveal())
		h.wants(err, contracts.ErrSuspended)
	})
}

func TestASecondFactorOfAHostsPerson(t *testing.T) {
	eachHost(t, func(h host) {
		u := h.person("7", "mel")
		in, err := h.StartSession(h.ctx, u.ID, auth.SignInProof{})
		h.must(err)
		actor, err := h.Authenticate(h.ctx, in.Secret.Reveal())
		h.must(err)
		phone, _, _ := h.enrol(actor)
		h.clock.advance(time.Minute)
		half, actor := h.login("mel")
		if half.Owes != contracts.ProofSecondFactor || actor.Owes != contracts.ProofSecondFactor {
			t.Errorf("after the password %v and %v is owed", half.Owes, actor.Owes)
		}
		_, err = h.VerifySecondFactor(h.ctx, actor, phone.code())
		h.must(err)
		actor, err = h.Authenticate(h.ctx, half.Secret.Reveal())
		h.must(err)
		if actor.Owes != "" {
			t.Errorf("after the code %v is owed", actor.Owes)
		}
	}, withSeal)
}

func TestLoginOfAHostsPersonTellsNothing(t *testing.T) {
	eachHost(t, func(h host) {
		h.person("7", "mel")
		h.sql(`INSERT INTO people (id, login) VALUES ('8', 'never.seen')`)
		for _, name := range []string{"mel", "never.seen", "nobody"} {
			before := h.Hashes()
			_, err := h.Login(h.ctx, auth.LoginInput{Username: name, Password: "five words make this not"})
			h.wants(err, contracts.ErrBadCredentials)
			if n := h.Hashes() - before; n != 1 {
				t.Errorf("%s cost %d hashes", name, n)
			}
		}
	})
}

func TestAuthMakesAndChangesNoneOfTheHostsPeople(t *testing.T) {
	eachHost(t, func(h host) {
		u := h.person("7", "mel")
		name, title := "other", "Baker"
		_, err := h.CreateUser(h.ctx, contracts.Operator, auth.NewUser{Username: "other", Password: goodPassword})
		h.wants(err, contracts.ErrConflict)
		_, err = h.UpdateUser(h.ctx, contracts.Operator, u.ID, auth.UserUpdate{Username: &name})
		h.wants(err, contracts.ErrConflict)
		_, err = h.SetRole(h.ctx, contracts.Operator, u.ID, contracts.RoleAdmin)
		h.wants(err, contracts.ErrConflict)
		_, err = h.Suspend(h.ctx, contracts.Operator, u.ID)
		h.wants(err, contracts.ErrConflict)
		invite, err := h.CreateInvite(h.ctx, contracts.Operator, auth.NewInvite{})
		h.must(err)
		_, err = h.Signup(h.ctx, auth.SignupInput{Code: auth.Secret(invite.Code), Username: "other", Password: goodPassword})
		h.wants(err, contracts.ErrConflict)
		code, err := h.NewClaim(h.ctx)
		h.must(err)
		_, err = h.PrepareClaim(h.ctx, auth.ClaimInput{Code: code, Username: "other", Password: goodPassword})
		h.wants(err, contracts.ErrConflict)

		// What the host knows nothing of is auth's: profiles, and bots.
		changed, err := h.UpdateUser(h.ctx, contracts.Operator, u.ID, auth.UserUpdate{Title: &title})
		h.must(err)
		if changed.Title != title {
			t.Errorf("the profile is %+v", changed)
		}
		bot, err := h.CreateUser(h.ctx, contracts.Operator, auth.NewUser{Username: "builds", Bot: true})
		h.must(err)
		_, secret, err := h.CreateToken(h.ctx, contracts.Operator, auth.NewToken{UserID: bot.ID, Name: "ci", Scopes: []string{"*"}})
		h.must(err)
		_, err = h.Authenticate(h.ctx, secret.Reveal())
		h.must(err)
	})
}

func TestTheHostsPeopleSwapNames(t *testing.T) {
	eachHost(t, func(h host) {
		a, b, c := h.person("1", "ann"), h.person("2", "bea"), h.person("3", "cat")
		h.sql(`UPDATE people SET login = CASE id WHEN '1' THEN 'bea' WHEN '2' THEN 'cat' ELSE 'ann' END`)
		_, err := h.Mirror(h.ctx, "1")
		h.must(err)
		for id, name := range map[string]string{a.ID: "bea", b.ID: "cat", c.ID: "ann"} {
			u, err := h.User(h.ctx, id)
			h.must(err)
			if u.Username != name {
				t.Errorf("%s is %s, want %s", id, u.Username, name)
			}
		}
		h.sql(`UPDATE people SET login = 'ann'`)
		_, err = h.Mirror(h.ctx, "1")
		h.wants(err, contracts.ErrConflict)
		u, err := h.User(h.ctx, a.ID)
		h.must(err)
		if u.Username != "bea" {
			t.Errorf("two people of one name: %s is %s", a.ID, u.Username)
		}
	})
}

func TestADirectoryThatFailsLetsNobodyIn(t *testing.T) {
	eachHost(t, func(h host) {
		u := h.person("7", "mel")
		in, err := h.StartSession(h.ctx, u.ID, auth.SignInProof{})
		h.must(err)
		h.sql(`ALTER TABLE people RENAME TO elsewhere`)
		if _, err := h.Authenticate(h.ctx, in.Secret.Reveal()); contracts.CodeOf(err) != contracts.CodeInternal {
			t.Errorf("without the directory Authenticate says %v", err)
		}
		if _, err := h.Login(h.ctx, auth.LoginInput{Username: "mel", Password: goodPassword}); contracts.CodeOf(err) != contracts.CodeInternal {
			t.Errorf("without the directory Login says %v", err)
		}
		h.sql(`ALTER TABLE elsewhere RENAME TO people`)
		_, err = h.Authenticate(h.ctx, in.Secret.Reveal())
		h.must(err)
	})
}

// Accounts that there were before the program's table counted are linked with it.
func TestAnAccountFromBeforeIsLinkedWithAPerson(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		before := newWorld(t, db)
		owner := before.found("owner")
		member := before.userWith("member1", "old@example.org", contracts.RoleMember)
		in, _ := before.signIn(member)

		h := host{newWorld(t, db, func(c *auth.Config) { c.Directory = people{} })}
		h.sql(`CREATE TABLE people (id TEXT PRIMARY KEY, login TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', mail TEXT NOT NULL DEFAULT '', role TEXT NOT NULL DEFAULT '', locked BOOLEAN NOT NULL DEFAULT FALSE)`)
		h.sql(`INSERT INTO people (id, login, name, mail) VALUES ('42', 'member1', 'First', 'new@example.org'), ('43', 'another', '', '')`)
		_, err := h.Authenticate(h.ctx, in.Secret.Reveal())
		h.wants(err, contracts.ErrSuspended) // nobody of the table
		_, err = h.Login(h.ctx, auth.LoginInput{Username: "member1", Password: goodPassword})
		h.wants(err, contracts.ErrBadCredentials)
		_, err = h.Mirror(h.ctx, "42") // the name is an account's, which may be another's
		h.wants(err, contracts.ErrConflict)
		var e *contracts.Error
		if !errors.As(err, &e) || !strings.Contains(e.Hint, "LinkPerson") {
			t.Errorf("the way out is not told: %+v", e)
		}

		bot, err := h.CreateUser(h.ctx, contracts.Operator, auth.NewUser{Username: "builds", Bot: true})
		h.must(err)
		for _, c := range []struct {
			name         string
			actor        contracts.Actor
			user, person string
			want         error
		}{
			{"the owner", owner, member.UserID, "42", contracts.ErrForbidden},
			{"nobody of the table", contracts.Operator, member.UserID, "44", contracts.ErrNotFound},
			{"no key", contracts.Operator, member.UserID, "", contracts.ErrNotFound},
			{"no account", contracts.Operator, "usr_none", "42", contracts.ErrNotFound},
			{"a bot", contracts.Operator, bot.ID, "42", contracts.ErrConflict},
		} {
			if _, err := h.LinkPerson(h.ctx, c.actor, c.user, c.person); !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		_, err = h.ByProvedEmail(h.ctx, "new@example.org")
		h.wants(err, contracts.ErrNotFound)
		found, err := h.ByProvedEmail(h.ctx, "OLD@example.org")
		h.must(err)
		u, err := h.LinkPerson(h.ctx, contracts.Operator, found.ID, "42")
		h.must(err)
		if u.ID != member.UserID || u.DisplayName != "First" || u.Email != "new@example.org" || u.State != contracts.UserActive {
			t.Errorf("linked %+v", u)
		}
		_, err = h.LinkPerson(h.ctx, contracts.Operator, member.UserID, "42") // again changes nothing
		h.must(err)
		_, err = h.LinkPerson(h.ctx, contracts.Operator, member.UserID, "43") // is somebody else
		h.wants(err, contracts.ErrConflict)
		_, err = h.LinkPerson(h.ctx, contracts.Operator, owner.UserID, "42") // has an account
		h.wants(err, contracts.ErrConflict)

		// Password, session and what they wrote are theirs as before.
		actor, err := h.Authenticate(h.ctx, in.Secret.Reveal())
		h.must(err)
		again, err := h.Login(h.ctx, auth.LoginInput{Username: "new@example.org", Password: goodPassword})
		h.must(err)
		if actor.UserID != member.UserID || again.User.ID != member.UserID {
			t.Errorf("signed in %+v, then %+v", actor, again.User)
		}
		if state := h.email(h.fresh(member)); state.Proved {
			t.Errorf("the table's address counts as proved: %+v", state)
		}
	}, auth.Migrations)
}
