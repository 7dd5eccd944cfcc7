package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func (w *world) begin() auth.DeviceLogin {
	w.Helper()
	d, err := w.BeginDevice(w.ctx, "dankerchat/1.0 (Linux)", "192.0.2.7")
	w.must(err)
	return d
}

func TestADeviceIsLetIn(t *testing.T) {
	each(t, func(w *world) {
		member := w.fresh(w.user("member1", contracts.RoleMember))
		d := w.begin()
		if len(d.UserCode) != 9 || d.UserCode[4] != '-' || !d.ExpiresAt.Equal(w.clock.Now().Add(10*time.Minute)) || d.Interval != 5*time.Second {
			t.Errorf("got %+v", d)
		}
		_, err := w.FinishDevice(w.ctx, d.DeviceCode, "192.0.2.7")
		w.wants(err, contracts.ErrAuthorizationPending)

		asks, err := w.DeviceRequest(w.ctx, member, strings.ToLower(" "+strings.ReplaceAll(d.UserCode, "-", " ")))
		w.must(err)
		if asks.Client != "dankerchat/1.0 (Linux)" || asks.IP != "192.0.2.7" || !asks.CreatedAt.Equal(w.clock.Now()) {
			t.Errorf("shown %+v", asks)
		}
		_, err = w.AnswerDevice(w.ctx, member, d.UserCode, true)
		w.must(err)
		_, err = w.AnswerDevice(w.ctx, member, d.UserCode, false)
		w.wants(err, contracts.ErrNotFound) // it is answered

		w.clock.advance(5 * time.Second)
		in, err := w.FinishDevice(w.ctx, d.DeviceCode, "192.0.2.8")
		w.must(err)
		if in.User.ID != member.UserID || in.Session.Method != contracts.MethodDevice || in.Session.IP != "192.0.2.8" || in.Owes != "" {
			t.Errorf("got %+v", in)
		}
		for _, credential := range []auth.Secret{in.Access, in.Secret} {
			actor, err := w.Authenticate(w.ctx, credential.Reveal())
			w.must(err)
			if actor.SessionID != in.Session.ID {
				t.Errorf("got %+v", actor)
			}
		}
		_, err = w.FinishDevice(w.ctx, d.DeviceCode, "192.0.2.8")
		w.wants(err, contracts.ErrExpiredToken) // it gives one session
	})
}

func TestADeviceIsRefused(t *testing.T) {
	each(t, func(w *world) {
		member := w.fresh(w.user("member1", contracts.RoleMember))
		d := w.begin()
		_, err := w.AnswerDevice(w.ctx, member, d.UserCode, false)
		w.must(err)
		_, err = w.FinishDevice(w.ctx, d.DeviceCode, "")
		w.wants(err, contracts.ErrAccessDenied)
		_, err = w.FinishDevice(w.ctx, d.DeviceCode, "")
		w.wants(err, contracts.ErrExpiredToken)
		for _, wrong := range []auth.Secret{"", "dkd_", "dkd_short", d.DeviceCode + "x", auth.Secret(d.UserCode), "dkd_" + auth.Secret(strings.Repeat("a", 43))} {
			_, err = w.FinishDevice(w.ctx, wrong, "")
			w.wants(err, contracts.ErrExpiredToken)
		}
	})
}

func TestADeviceThatAsksTooOftenIsSlowedDown(t *testing.T) {
	each(t, func(w *world) {
		d := w.begin()
		ask := func(want error) {
			t.Helper()
			_, err := w.FinishDevice(w.ctx, d.DeviceCode, "")
			w.wants(err, want)
		}
		ask(contracts.ErrAuthorizationPending)
		w.clock.advance(4999 * time.Millisecond)
		_, err := w.FinishDevice(w.ctx, d.DeviceCode, "")
		var e *contracts.Error
		if !errors.As(err, &e) || e.Code != contracts.CodeSlowDown || e.RetryAfter != 10 {
			t.Errorf("got %v", err)
		}
		w.clock.advance(9999 * time.Millisecond)
		ask(contracts.ErrSlowDown)
		w.clock.advance(15 * time.Second)
		ask(contracts.ErrAuthorizationPending)
		w.clock.advance(10 * time.Minute)
		ask(contracts.ErrExpiredToken)
	})
}

func TestADeviceCodeExpires(t *testing.T) {
	each(t, func(w *world) {
		member := w.fresh(w.user("member1", contracts.RoleMember))
		late, never := w.begin(), w.begin()
		_, err := w.AnswerDevice(w.ctx, member, late.UserCode, true)
		w.must(err)
		w.clock.advance(10 * time.Minute)
		_, err = w.FinishDevice(w.ctx, late.DeviceCode, "")
		w.wants(err, contracts.ErrExpiredToken)
		_, err = w.AnswerDevice(w.ctx, member, never.UserCode, true)
		w.wants(err, contracts.ErrNotFound)
		_, err = w.Prune(w.ctx)
		w.must(err)
		var left int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM device_codes`).Scan(&left))
		if left != 0 {
			t.Errorf("%d rows are left", left)
		}
	})
}

// What was approved and not fetched yet ends with the session that approved it.
func TestTheEndOfASessionEndsWhatItApproved(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		in, member := w.signIn(person)
		d, other := w.begin(), w.begin()
		_, err := w.AnswerDevice(w.ctx, member, d.UserCode, true)
		w.must(err)
		w.must(w.RevokeSession(w.ctx, contracts.Operator, in.Session.ID))
		_, err = w.FinishDevice(w.ctx, d.DeviceCode, "")
		w.wants(err, contracts.ErrExpiredToken)
		_, err = w.AnswerDevice(w.ctx, member, other.UserCode, true)
		w.wants(err, contracts.ErrUnauthenticated)
	})
}

func TestWhoMayLetADeviceIn(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		_, token := w.token(person, "*")
		d := w.begin()
		owing := w.fresh(person)
		owing.Owes = contracts.ProofSecondFactor
		for actor, want := range map[*contracts.Actor]error{
			&token: contracts.ErrForbidden, {}: contracts.ErrForbidden, &owing: contracts.ErrMFARequired,
		} {
			_, err := w.AnswerDevice(w.ctx, *actor, d.UserCode, true)
			w.wants(err, want)
			_, err = w.DeviceRequest(w.ctx, *actor, d.UserCode)
			w.wants(err, want)
		}
		_, err := w.AnswerDevice(w.ctx, w.fresh(person), d.UserCode, true)
		w.must(err)
		_, err = w.Suspend(w.ctx, contracts.Operator, person.UserID)
		w.must(err)
		_, err = w.FinishDevice(w.ctx, d.DeviceCode, "")
		w.wants(err, contracts.ErrExpiredToken) // with the session that approved
	})
}

// The device proves what the session proved that let it in, but not freshly: whoever talked
// somebody into approving it must not be able to stay by a passkey or a token of their own.
func TestADeviceProvesNoMoreThanWhoLetItIn(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		in, err := w.StartSession(w.ctx, person.UserID, auth.SignInProof{Method: contracts.MethodPasskey, Assurance: auth.TwoFactors})
		w.must(err)
		person.SessionID = in.Session.ID
		d := w.begin()
		_, err = w.AnswerDevice(w.ctx, person, d.UserCode, true)
		w.must(err)
		got, err := w.FinishDevice(w.ctx, d.DeviceCode, "")
		w.must(err)
		if got.Owes != "" {
			t.Errorf("owes %q", got.Owes)
		}
		device, err := w.Authenticate(w.ctx, got.Access.Reveal())
		w.must(err)
		token := auth.NewToken{Name: "mine", Scopes: []string{"*"}}
		_, _, err = w.CreateToken(w.ctx, device, token)
		w.wants(err, contracts.ErrReauthRequired)
		_, err = w.BeginPasskey(w.ctx, device, party)
		w.wants(err, contracts.ErrReauthRequired)
		w.must(w.Reauth(w.ctx, device, goodPassword))
		_, _, err = w.CreateToken(w.ctx, device, token)
		w.must(err)
	}, func(c *auth.Config) {
		c.SecondFactorRequired = func(_ context.Context, role contracts.Role) (bool, error) { return role == contracts.RoleMember, nil }
	})
}

func TestCodesOfDevicesCannotBeGuessed(t *testing.T) {
	each(t, func(w *world) {
		member := w.fresh(w.user("member1", contracts.RoleMember))
		d := w.begin()
		for _, no := range []string{"", "BCDF", "BCDF-GHJ1", "AEIO-UAEI", strings.Repeat("B", 65)} {
			_, err := w.DeviceRequest(w.ctx, member, no)
			w.wants(err, contracts.ErrInvalid) // which is no try
		}
		for range 4 {
			_, err := w.DeviceRequest(w.ctx, member, "BCDF-GHJK")
			w.wants(err, contracts.ErrNotFound)
		}
		_, err := w.DeviceRequest(w.ctx, member, d.UserCode)
		w.must(err) // gives the tries back
		for range 5 {
			_, err := w.AnswerDevice(w.ctx, member, "BCDF-GHJK", true)
			w.wants(err, contracts.ErrNotFound)
		}
		_, err = w.AnswerDevice(w.ctx, member, d.UserCode, true)
		w.wants(err, contracts.ErrRateLimited)
		for range 19 {
			w.begin()
		}
		_, err = w.BeginDevice(w.ctx, "x", "192.0.2.7")
		w.wants(err, contracts.ErrRateLimited)
		_, err = w.BeginDevice(w.ctx, "x", "198.51.100.1")
		w.must(err)
	})
}

func TestOneSessionForManyQuestionsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		for range raceRounds(t) {
			member := w.fresh(person) // the oldest of many sessions leaves
			d := w.begin()
			answers := atOnce(8, func(i int) error {
				_, err := w.AnswerDevice(w.ctx, member, d.UserCode, true)
				return err
			})
			if n := w.won(answers, contracts.ErrNotFound, contracts.ErrRateLimited); n != 1 {
				t.Errorf("%d answers were taken", n)
			}
			w.clock.advance(time.Minute)
			sessions := atOnce(8, func(int) error {
				_, err := w.FinishDevice(w.ctx, d.DeviceCode, "")
				return err
			})
			if n := w.won(sessions, contracts.ErrExpiredToken); n != 1 {
				t.Errorf("%d sessions were started", n)
			}
			w.clock.advance(15 * time.Minute)
		}
	})
}
