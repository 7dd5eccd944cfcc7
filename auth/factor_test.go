package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/pquerna/otp/totp"
)

func withSeal(c *auth.Config) { c.SealKeys = []auth.SealKey{auth.NewSealKey()} }

// app is an authenticator app.
type app struct {
	w      *world
	secret string
}

func (a app) code() auth.Secret { return a.codeAt(0) }

// codeAt is the code of a time step before or after this one.
func (a app) codeAt(steps int) auth.Secret {
	a.w.Helper()
	code, err := totp.GenerateCode(a.secret, a.w.clock.Now().Add(time.Duration(steps)*30*time.Second))
	a.w.must(err)
	return auth.Secret(code)
}

// distinct tells whether the codes of a long while differ from what is given, from those
// that tests take for wrong, and from the others at about that time: by chance two would be
// the same once in a hundred thousand tests, and a code that was used up would be good.
func (a app) distinct(others ...auth.Secret) bool {
	a.w.Helper()
	others = append(others, "000000", "000001")
	var near []auth.Secret
	for step := -10; step < 200; step++ {
		code := a.codeAt(step)
		if slices.Contains(near, code) || slices.Contains(others, code) {
			return false
		}
		if near = append(near, code); len(near) > 8 {
			near = near[1:]
		}
	}
	return true
}

// secret begins an enrolment, and anew until its codes are distinct.
func (w *world) secret(actor contracts.Actor, others ...auth.Secret) app {
	w.Helper()
	for {
		begun, err := w.EnrolTOTP(w.ctx, actor, "Acme")
		w.must(err)
		if phone := (app{w, begun.Secret.Reveal()}); phone.distinct(others...) {
			return phone
		}
	}
}

// enrol sets an authenticator app up for somebody and returns it with the recovery codes
// and the actor of the session that did it. A time step passes.
func (w *world) enrol(a contracts.Actor) (app, []auth.Secret, contracts.Actor) {
	w.Helper()
	_, actor := w.signIn(a)
	phone := w.secret(actor)
	codes, err := w.ConfirmTOTP(w.ctx, actor, phone.code())
	w.must(err)
	w.clock.advance(30 * time.Second)
	return phone, codes, actor
}

// login signs in by password and returns the actor, who may owe.
func (w *world) login(name string) (auth.SignedIn, contracts.Actor) {
	w.Helper()
	in, err := w.Login(w.ctx, auth.LoginInput{Username: name, Password: goodPassword, Client: "test", IP: "192.0.2.1"})
	w.must(err)
	actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
	w.must(err)
	return in, actor
}

func (w *world) owes(credential auth.Secret) contracts.Proof {
	w.Helper()
	actor, err := w.Authenticate(w.ctx, credential.Reveal())
	w.must(err)
	return actor.Owes
}

func TestAnAuthenticatorAppFromEnrolmentToRemoval(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		_, actor := w.signIn(a)
		begun, err := w.EnrolTOTP(w.ctx, actor, "Acme: Berlin")
		w.must(err)
		phone := app{w, begun.Secret.Reveal()}
		if url := begun.URL.Reveal(); !strings.HasPrefix(url, "otpauth://totp/Acme%20%20Berlin:somebody?") || !strings.Contains(url, "secret="+phone.secret) {
			t.Errorf("the URL is %s", url)
		}
		w.wants(w.RemoveTOTP(w.ctx, actor), contracts.ErrNotFound)
		// Until it is confirmed it is no factor, and setting it up anew is possible.
		if in, _ := w.login("somebody"); in.Owes != "" {
			t.Errorf("owes %q by an app that nobody has confirmed", in.Owes)
		}
		again := w.secret(actor, phone.code())
		_, err = w.ConfirmTOTP(w.ctx, actor, phone.code())
		w.wants(err, contracts.ErrBadCredentials) // of the secret that was replaced
		phone = again
		codes, err := w.ConfirmTOTP(w.ctx, actor, phone.code())
		w.must(err)
		if len(codes) != 10 {
			t.Errorf("%d recovery codes", len(codes))
		}
		var leaked int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM mfa_totp WHERE secret LIKE $1`, "%"+phone.secret+"%").Scan(&leaked))
		if leaked != 0 {
			t.Error("the secret is stored in the clear")
		}
		_, err = w.ConfirmTOTP(w.ctx, actor, phone.codeAt(1))
		w.wants(err, contracts.ErrConflict)
		_, err = w.EnrolTOTP(w.ctx, actor, "Acme")
		w.wants(err, contracts.ErrConflict)

		w.clock.advance(30 * time.Second)
		in, owing := w.login("somebody")
		if in.Owes != contracts.ProofSecondFactor || owing.Owes != contracts.ProofSecondFactor {
			t.Errorf("after the password: owes %q, %q", in.Owes, owing.Owes)
		}
		// Who owes the second factor cannot set up another one, nor take it away.
		_, err = w.EnrolTOTP(w.ctx, owing, "Acme")
		w.wants(err, contracts.ErrMFARequired)
		w.wants(w.RemoveTOTP(w.ctx, owing), contracts.ErrMFARequired)
		_, err = w.RenewRecoveryCodes(w.ctx, owing)
		w.wants(err, contracts.ErrMFARequired)
		w.wants(w.Reauth(w.ctx, owing, goodPassword), contracts.ErrMFARequired)
		_, err = w.Refresh(w.ctx, in.Refresh, "")
		w.wants(err, contracts.ErrMFARequired)

		left, err := w.VerifySecondFactor(w.ctx, owing, phone.code())
		w.must(err)
		if left != 10 {
			t.Errorf("%d recovery codes left", left)
		}
		for _, credential := range []auth.Secret{in.Access, in.Secret} {
			if owes := w.owes(credential); owes != "" {
				t.Errorf("after the code: owes %q", owes)
			}
		}
		next, err := w.Refresh(w.ctx, in.Refresh, "")
		w.must(err)
		if next.Owes != "" || w.owes(next.Access) != "" {
			t.Error("the refreshed session owes")
		}

		// The end of it: a fresh proof, then the password alone signs in again.
		w.clock.advance(11 * time.Minute)
		w.wants(w.RemoveTOTP(w.ctx, owing), contracts.ErrMFARequired) // the actor of before still owes
		actor, err = w.Authenticate(w.ctx, in.Secret.Reveal())
		w.must(err)
		w.wants(w.RemoveTOTP(w.ctx, actor), contracts.ErrReauthRequired)
		_, err = w.VerifySecondFactor(w.ctx, actor, phone.code())
		w.must(err)
		w.must(w.RemoveTOTP(w.ctx, actor))
		w.wants(w.RemoveTOTP(w.ctx, actor), contracts.ErrNotFound)
		if in, _ := w.login("somebody"); in.Owes != "" {
			t.Errorf("owes %q without an app", in.Owes)
		}
		f, err := w.SecondFactors(w.ctx, actor, a.UserID)
		w.must(err)
		if f.TOTP || f.RecoveryCodes != 0 {
			t.Errorf("left behind: %+v", f)
		}
	}, withSeal)
}

func TestACodeWorksOnce(t *testing.T) {
	each(t, func(w *world) {
		phone, _, _ := w.enrol(w.user("somebody", contracts.RoleMember))
		try := func(code auth.Secret) error {
			_, owing := w.login("somebody")
			_, err := w.VerifySecondFactor(w.ctx, owing, code)
			return err
		}
		w.clock.advance(10 * time.Minute)
		for steps, want := range map[int]error{-2: contracts.ErrBadCredentials, 2: contracts.ErrBadCredentials} {
			if err := try(phone.codeAt(steps)); !errors.Is(err, want) {
				t.Errorf("%d steps away: got %v", steps, err)
			}
		}
		w.must(try(phone.codeAt(-1)))
		w.wants(try(phone.codeAt(-1)), contracts.ErrBadCredentials)
		now := phone.code()
		w.must(try(auth.Secret(" " + now[:3] + " " + now[3:] + " "))) // as people type it
		w.wants(try(now), contracts.ErrBadCredentials)
		w.must(try(phone.codeAt(1)))
		w.clock.advance(30 * time.Second)
		w.wants(try(phone.code()), contracts.ErrBadCredentials) // used when it was the next one
		w.wants(try(phone.codeAt(-1)), contracts.ErrBadCredentials)
		// Of many at once one wins.
		w.clock.advance(16 * time.Minute)
		var owing []contracts.Actor
		for range 5 {
			_, actor := w.login("somebody")
			owing = append(owing, actor)
		}
		errs := atOnce(5, func(i int) error {
			_, err := w.VerifySecondFactor(w.ctx, owing[i], phone.code())
			return err
		})
		if n := w.won(errs, contracts.ErrBadCredentials); n != 1 {
			t.Errorf("%d of 5 signed in by one code", n)
		}
	}, withSeal)
}

func TestCodesCannotBeGuessed(t *testing.T) {
	each(t, func(w *world) {
		phone, codes, proven := w.enrol(w.user("somebody", contracts.RoleMember))
		other, _, _ := w.enrol(w.user("other", contracts.RoleMember))
		_, owing := w.login("somebody")
		// What cannot be a code is no attempt.
		for _, text := range []string{"", "12345", "1234567", "12345a", "abcd-efgh-ijkl", strings.Repeat("1", 1000), "0000-0000-0000-0000"} {
			_, err := w.VerifySecondFactor(w.ctx, owing, auth.Secret(text))
			w.wants(err, contracts.ErrInvalid)
		}
		wrong := auth.Secret("000000")
		if phone.code() == wrong || phone.codeAt(1) == wrong || phone.codeAt(-1) == wrong {
			wrong = "000001"
		}
		for i := range 5 {
			guess := wrong
			if i%2 == 1 { // recovery codes count with the others, sessions do not help
				guess = "abcd-efgh-abcd-efgh"
				_, owing = w.login("somebody")
			}
			_, err := w.VerifySecondFactor(w.ctx, owing, guess)
			w.wants(err, contracts.ErrBadCredentials)
		}
		for _, code := range []auth.Secret{phone.code(), codes[0]} {
			_, err := w.VerifySecondFactor(w.ctx, owing, code)
			w.wants(err, contracts.ErrRateLimited)
			var e *contracts.Error
			if !errors.As(err, &e) || e.RetryAfter < 1 || e.RetryAfter > 15*60 {
				t.Errorf("retry after %d s", e.RetryAfter)
			}
		}
		_, err := w.VerifySecondFactor(w.ctx, proven, phone.code())
		w.wants(err, contracts.ErrRateLimited) // no other way in
		_, others := w.login("other")
		_, err = w.VerifySecondFactor(w.ctx, others, other.code())
		w.must(err) // nobody else is kept out
		w.clock.advance(15 * time.Minute)
		_, err = w.VerifySecondFactor(w.ctx, owing, phone.code())
		w.must(err)
	}, withSeal)
}

func TestManyGuessesAtOnceAreCounted(t *testing.T) {
	each(t, func(w *world) {
		w.enrol(w.user("somebody", contracts.RoleMember))
		_, owing := w.login("somebody")
		errs := atOnce(20, func(i int) error {
			_, err := w.VerifySecondFactor(w.ctx, owing, auth.Secret(fmt.Sprintf("aaaa-bbbb-cccc-%c%ccc", 'a'+i%8, 'a'+i/8)))
			return err
		})
		looked := 0
		for _, err := range errs {
			if errors.Is(err, contracts.ErrBadCredentials) {
				looked++
			} else if !errors.Is(err, contracts.ErrRateLimited) {
				t.Errorf("unexpected error: %v", err)
			}
		}
		if looked != 5 {
			t.Errorf("%d guesses were looked at", looked)
		}
	}, withSeal)
}

func TestRecoveryCodes(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		_, codes, actor := w.enrol(a)
		_, err := w.RenewRecoveryCodes(w.ctx, w.fresh(w.user("nofactor", contracts.RoleMember)))
		w.wants(err, contracts.ErrConflict)
		for i := range 5 { // one of each is used up by one of many
			code := codes[i]
			if i == 1 {
				code = auth.Secret(strings.ToUpper(strings.ReplaceAll(code.Reveal(), "-", " ")))
			}
			var owing []contracts.Actor
			for range 5 {
				_, o := w.login("somebody")
				owing = append(owing, o)
			}
			errs := atOnce(5, func(i int) error {
				_, err := w.VerifySecondFactor(w.ctx, owing[i], code)
				return err
			})
			if n := w.won(errs, contracts.ErrBadCredentials); n != 1 {
				t.Errorf("%d of 5 signed in by one recovery code", n)
			}
			w.clock.advance(15 * time.Minute)
		}
		_, owing := w.login("somebody")
		left, err := w.VerifySecondFactor(w.ctx, owing, codes[9])
		w.must(err)
		if left != 4 {
			t.Errorf("%d left", left)
		}
		_, err = w.RenewRecoveryCodes(w.ctx, actor)
		w.wants(err, contracts.ErrReauthRequired)
		w.must(w.Reauth(w.ctx, actor, goodPassword))
		renewed, err := w.RenewRecoveryCodes(w.ctx, actor)
		w.must(err)
		_, owing = w.login("somebody")
		_, err = w.VerifySecondFactor(w.ctx, owing, codes[8])
		w.wants(err, contracts.ErrBadCredentials) // of the old set
		_, err = w.VerifySecondFactor(w.ctx, owing, renewed[8])
		w.must(err)
		// Nobody else's.
		w.enrol(w.user("other", contracts.RoleMember))
		_, others := w.login("other")
		_, err = w.VerifySecondFactor(w.ctx, others, renewed[7])
		w.wants(err, contracts.ErrBadCredentials)
	}, withSeal)
}

func TestARoleThatDemandsASecondFactorKeepsOne(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("deputy", contracts.RoleAdmin)
		in, owing := w.login("deputy")
		if in.Owes != contracts.ProofEnrolment {
			t.Fatalf("owes %q", in.Owes)
		}
		phone := w.secret(owing)
		_, before := w.login("deputy") // another session that owes the enrolment
		_, err := w.ConfirmTOTP(w.ctx, owing, phone.code())
		w.must(err)
		if owes := w.owes(in.Access); owes != "" {
			t.Errorf("owes %q after the enrolment", owes)
		}
		actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		w.wants(w.RemoveTOTP(w.ctx, actor), contracts.ErrConflict)
		f, err := w.SecondFactors(w.ctx, actor, a.UserID)
		w.must(err)
		if !f.TOTP || !f.Required || f.TOTPSince == nil || f.RecoveryCodes != 10 || f.Owes != "" {
			t.Errorf("second factors %+v", f)
		}
		// The other session owes the code now, not the enrolment.
		w.clock.advance(30 * time.Second)
		_, err = w.VerifySecondFactor(w.ctx, before, phone.code())
		w.must(err)
	}, withSeal, func(c *auth.Config) {
		c.SecondFactorRequired = func(_ context.Context, r contracts.Role) (bool, error) { return r == contracts.RoleAdmin, nil }
	})
}

func TestAnAdministratorResetsSecondFactors(t *testing.T) {
	each(t, func(w *world) {
		member, deputy, admin := w.user("somebody", contracts.RoleMember), w.user("deputy", contracts.RoleAdmin), w.user("admin1", contracts.RoleAdmin)
		phone, _, proven := w.enrol(member)
		w.enrol(deputy)
		in, _ := w.login("somebody")
		for _, c := range []struct {
			actor contracts.Actor
			user  string
			want  error
		}{
			{w.fresh(member), member.UserID, contracts.ErrForbidden}, {admin, deputy.UserID, contracts.ErrForbidden}, {contracts.Actor{}, member.UserID, contracts.ErrForbidden},
			{w.owner, w.owner.UserID, contracts.ErrConflict}, {admin, contracts.NewID("usr"), contracts.ErrNotFound},
		} {
			_, err := w.ResetSecondFactors(w.ctx, c.actor, c.user)
			w.wants(err, c.want)
		}
		_, err := w.SecondFactors(w.ctx, w.fresh(deputy), member.UserID)
		w.must(err)
		_, err = w.SecondFactors(w.ctx, proven, deputy.UserID)
		w.wants(err, contracts.ErrForbidden)

		u, err := w.ResetSecondFactors(w.ctx, admin, member.UserID)
		w.must(err)
		if u.Username != "somebody" {
			t.Errorf("reset %+v", u)
		}
		for _, credential := range []auth.Secret{in.Access, in.Secret} {
			_, err = w.Authenticate(w.ctx, credential.Reveal())
			w.wants(err, contracts.ErrUnauthenticated)
		}
		_, err = w.VerifySecondFactor(w.ctx, proven, phone.code())
		w.wants(err, contracts.ErrBadCredentials)
		if in, _ := w.login("somebody"); in.Owes != "" {
			t.Errorf("owes %q after the reset", in.Owes)
		}
		_, err = w.ResetSecondFactors(w.ctx, contracts.Operator, deputy.UserID)
		w.must(err)
	}, withSeal)
}
