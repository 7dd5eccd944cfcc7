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
)

func TestSecretsAreSealed(t *testing.T) {
	each(t, func(w *world) {
		old, now := auth.NewSealKey(), auth.NewSealKey()
		with := func(keys ...auth.SealKey) {
			w.cfg.SealKeys = keys
			w.Service = w.another()
		}
		a := w.user("somebody", contracts.RoleMember)
		_, actor := w.signIn(a)
		_, err := w.EnrolTOTP(w.ctx, actor, "Acme")
		w.wants(err, contracts.ErrUnavailable) // there is no key
		var e *contracts.Error
		if !errors.As(err, &e) || e.Hint == "" {
			t.Error("no hint what to do")
		}
		with(old)
		phone, codes, _ := w.enrol(a)
		sealed := func() (text string) {
			w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT secret FROM mfa_totp WHERE user_id = $1`, a.UserID).Scan(&text))
			return text
		}
		if !strings.HasPrefix(sealed(), old.ID+".") {
			t.Errorf("sealed by %.10s…", sealed())
		}
		verify := func(code auth.Secret) error {
			w.clock.advance(time.Minute)
			_, owing := w.login("somebody")
			if code == "" {
				code = phone.code()
			}
			_, err := w.VerifySecondFactor(w.ctx, owing, code)
			return err
		}
		with(now, old) // rotated: opened by the old one, sealed by the new one
		w.must(verify(""))
		if !strings.HasPrefix(sealed(), now.ID+".") {
			t.Error("not sealed anew")
		}
		with(now)
		w.must(verify(""))
		with(auth.NewSealKey()) // lost: recovery codes still work
		w.wants(verify(""), contracts.ErrUnavailable)
		w.must(verify(codes[0]))
		with(auth.SealKey{ID: now.ID, Key: old.Key}) // the wrong key is not taken for a wrong code
		if err := verify(""); err == nil || errors.Is(err, contracts.ErrBadCredentials) {
			t.Errorf("with a wrong key: %v", err)
		}
		// One user's sealed secret is nothing to another.
		with(now)
		b := w.user("other", contracts.RoleMember)
		w.enrol(b)
		of := sealed()
		w.must(w.write(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE mfa_totp SET secret = $1 WHERE user_id = $2`, of, b.UserID)
			return err
		}))
		_, owing := w.login("other")
		if _, err := w.VerifySecondFactor(w.ctx, owing, phone.code()); err == nil || errors.Is(err, contracts.ErrBadCredentials) {
			t.Errorf("another's sealed secret: %v", err)
		}
		for _, keys := range [][]auth.SealKey{{{ID: "", Key: now.Key}}, {{ID: "a.b", Key: now.Key}}, {{ID: "a", Key: "short"}}, {now, now}, {{ID: strings.Repeat("a", 17), Key: now.Key}}} {
			cfg := w.cfg
			cfg.SealKeys = keys
			_, err := auth.New(w.ctx, w.db, cfg)
			w.wants(err, contracts.ErrInvalid)
		}
	})
}
