package auth_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// unclaimed runs a test in a world without an owner.
func unclaimed(t *testing.T, fn func(w *world)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { fn(newWorld(t, db)) }, auth.Migrations)
}

func (w *world) claim(c auth.Claim) error {
	return w.write(func(ctx context.Context, tx *sql.Tx) error {
		_, err := w.ClaimTx(ctx, tx, c)
		return err
	})
}

func TestFirstOwner(t *testing.T) {
	unclaimed(t, func(w *world) {
		done, err := w.SetUp(w.ctx)
		w.must(err)
		if done {
			t.Fatal("a new workspace has an owner")
		}
		in := auth.ClaimInput{Username: "Member1", DisplayName: "First Member", Password: goodPassword, Email: "member1@example.org"}
		_, err = w.PrepareClaim(w.ctx, in)
		w.wants(err, contracts.ErrGone) // no code was made

		old, err := w.NewClaim(w.ctx)
		w.must(err)
		code, err := w.NewClaim(w.ctx)
		w.must(err)
		if len(code.Reveal()) < 22 || code == old {
			t.Errorf("a weak code: %d characters", len(code.Reveal()))
		}
		hashes := w.Hashes()
		for name, wrong := range map[string]auth.Secret{"the code that was replaced": old, "no code": "", "a guess": "0123456789012345678901"} {
			in.Code = wrong
			if _, err := w.PrepareClaim(w.ctx, in); contracts.CodeOf(err) != contracts.CodeGone {
				t.Errorf("%s: got %v, want gone", name, err)
			}
		}
		if w.Hashes() != hashes {
			t.Error("a wrong code cost a hash")
		}
		in.Code = code
		claim, err := w.PrepareClaim(w.ctx, in)
		w.must(err)
		w.must(w.claim(claim))

		owner, err := w.UserByName(w.ctx, "member1")
		w.must(err)
		if owner.Role != contracts.RoleOwner || owner.DisplayName != "First Member" || owner.State != contracts.UserActive {
			t.Errorf("not an owner: %+v", owner)
		}
		w.wants(w.claim(claim), contracts.ErrAlreadySetUp)
		_, err = w.PrepareClaim(w.ctx, in)
		w.wants(err, contracts.ErrAlreadySetUp)
		_, err = w.NewClaim(w.ctx)
		w.wants(err, contracts.ErrAlreadySetUp)
		if done, err = w.SetUp(w.ctx); err != nil || !done {
			t.Errorf("set up: %v, %v", done, err)
		}
	})
}

func TestClaimExpires(t *testing.T) {
	unclaimed(t, func(w *world) {
		code, err := w.NewClaim(w.ctx)
		w.must(err)
		in := auth.ClaimInput{Code: code, Username: "member1", Password: goodPassword}
		w.clock.advance(time.Hour - time.Millisecond)
		claim, err := w.PrepareClaim(w.ctx, in)
		w.must(err)
		w.clock.advance(time.Millisecond)
		_, err = w.PrepareClaim(w.ctx, in)
		w.wants(err, contracts.ErrGone)
		w.wants(w.claim(claim), contracts.ErrGone) // it expired while the password was hashed
	})
}

func TestClaimRaceHasOneWinner(t *testing.T) {
	unclaimed(t, func(w *world) {
		for round := range raceRounds(t) {
			code, err := w.NewClaim(w.ctx)
			w.must(err)
			claims := make([]auth.Claim, 10)
			for i := range claims {
				claims[i], err = w.PrepareClaim(w.ctx, auth.ClaimInput{Code: code, Username: fmt.Sprintf("owner%d-%d", round, i), Password: goodPassword})
				w.must(err)
			}
			errs := atOnce(len(claims), func(i int) error { return w.claim(claims[i]) })
			if n := w.won(errs, contracts.ErrAlreadySetUp); n != 1 {
				t.Errorf("%d became the first owner", n)
			}
			page, err := w.Users(w.ctx, contracts.Operator, auth.UsersRequest{})
			w.must(err)
			if len(page.Data) != 1 {
				t.Errorf("%d users, want one", len(page.Data))
			}
			w.must(w.write(func(ctx context.Context, tx *sql.Tx) error { // as new again
				_, err := tx.ExecContext(ctx, `DELETE FROM users`)
				return err
			}))
		}
	})
}

func TestClaimNamesEveryFault(t *testing.T) {
	unclaimed(t, func(w *world) {
		code, err := w.NewClaim(w.ctx)
		w.must(err)
		_, err = w.PrepareClaim(w.ctx, auth.ClaimInput{Code: code, Username: "A", DisplayName: "x\u202ey", Password: "short", Email: "nope"})
		w.wants(err, contracts.ErrInvalid)
		e := err.(*contracts.Error)
		got := []string{e.Field}
		for _, f := range e.Fields {
			got = append(got, f.Pointer)
		}
		want := []string{"/username", "/display_name", "/email", "/password"}
		if len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		if done, _ := w.SetUp(w.ctx); done {
			t.Error("a refused claim made an owner")
		}
	})
}
