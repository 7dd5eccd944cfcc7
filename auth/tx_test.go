package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// What revokes takes effect with the caller's commit: not when the transaction is
// undone, and then at once, for credentials in memory too.
func TestRevokingJoinsTheCallersTransaction(t *testing.T) {
	each(t, func(w *world) {
		owner := w.owner
		for name, try := range map[string]func(a contracts.Actor, mine string) (credential string, act func(context.Context, *sql.Tx) error){
			"a session": func(a contracts.Actor, _ string) (string, func(context.Context, *sql.Tx) error) {
				in, actor := w.signIn(a)
				return in.Secret.Reveal(), func(ctx context.Context, tx *sql.Tx) error {
					ended, err := w.RevokeSessionTx(ctx, tx, owner, actor.SessionID)
					if err == nil && (ended.ID != actor.SessionID || ended.UserID != a.UserID) {
						w.Errorf("ended %+v", ended)
					}
					return err
				}
			},
			"other sessions": func(a contracts.Actor, mine string) (string, func(context.Context, *sql.Tx) error) {
				in, _ := w.signIn(a)
				a.SessionID = mine
				return in.Secret.Reveal(), func(ctx context.Context, tx *sql.Tx) error {
					_, err := w.RevokeOtherSessionsTx(ctx, tx, a, a.UserID)
					return err
				}
			},
			"a token": func(a contracts.Actor, _ string) (string, func(context.Context, *sql.Tx) error) {
				secret, actor := w.token(a, "*")
				return secret, func(ctx context.Context, tx *sql.Tx) error {
					gone, err := w.RevokeTokenTx(ctx, tx, owner, actor.TokenID)
					if err == nil && (gone.ID != actor.TokenID || gone.UserID != a.UserID || gone.Name != "t") {
						w.Errorf("revoked %+v", gone)
					}
					return err
				}
			},
			"a password": func(a contracts.Actor, _ string) (string, func(context.Context, *sql.Tx) error) {
				in, _ := w.signIn(a)
				prepared, err := w.PreparePassword(w.ctx, owner, a.UserID, "five new words in here")
				w.must(err)
				return in.Secret.Reveal(), func(ctx context.Context, tx *sql.Tx) error { return w.SetPasswordTx(ctx, tx, owner, prepared) }
			},
		} {
			member := w.user("m"+string(rune('a'+len(name))), contracts.RoleMember)
			_, asking := w.signIn(member)
			credential, act := try(member, asking.SessionID)
			head, undone := w.head(), errors.New("undone")
			err := w.write(func(ctx context.Context, tx *sql.Tx) error {
				return errors.Join(act(ctx, tx), undone)
			})
			w.wants(err, undone)
			if errors.Is(err, contracts.ErrNotFound) || w.head() != head {
				w.Errorf("%s: %v, and the log is at %d, not %d", name, err, w.head(), head)
			}
			for _, s := range []*auth.Service{w.Service, w.another()} {
				_, err := s.Authenticate(w.ctx, credential)
				w.must(err)
			}
			w.must(w.write(act))
			_, err = w.Authenticate(w.ctx, credential)
			w.wants(err, contracts.ErrUnauthenticated)
		}
	})
}

// A secret that a transaction made is worth nothing when the transaction is undone.
func TestMakingJoinsTheCallersTransaction(t *testing.T) {
	each(t, func(w *world) {
		member := w.fresh(w.user("member1", contracts.RoleMember))
		undone := errors.New("undone")
		var token auth.Secret
		var code string
		made := func(end error) error {
			return w.write(func(ctx context.Context, tx *sql.Tx) error {
				_, secret, err := w.CreateTokenTx(ctx, tx, member, auth.NewToken{Name: "t", Scopes: []string{"*"}})
				if err != nil {
					return err
				}
				invite, err := w.CreateInviteTx(ctx, tx, member, auth.NewInvite{})
				if err != nil {
					return err
				}
				token, code = secret, invite.Code
				_, err = w.RotateKeyTx(ctx, tx, contracts.Operator)
				return errors.Join(err, end)
			})
		}
		keys := func() int {
			list, err := w.Keys(w.ctx)
			w.must(err)
			return len(list)
		}
		w.wants(made(undone), undone)
		_, err := w.Authenticate(w.ctx, token.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.InviteByCode(w.ctx, auth.Secret(code))
		w.wants(err, contracts.ErrNotFound)
		if keys() != 1 {
			w.Errorf("%d keys after an undone rotation", keys())
		}
		w.must(made(nil))
		_, err = w.Authenticate(w.ctx, token.Reveal())
		w.must(err)
		invite, err := w.InviteByCode(w.ctx, auth.Secret(code))
		w.must(err)
		if keys() != 2 {
			w.Errorf("%d keys after a rotation", keys())
		}
		for _, first := range []bool{true, false} {
			w.must(w.write(func(ctx context.Context, tx *sql.Tx) error {
				i, changed, err := w.RevokeInviteTx(ctx, tx, member, invite.ID)
				if err == nil && (i.ID != invite.ID || !i.Revoked || changed != first) {
					w.Errorf("revoked %+v, changed %v", i, changed)
				}
				return err
			}))
		}
		if w.write(func(ctx context.Context, tx *sql.Tx) error {
			return w.SetPasswordTx(ctx, tx, contracts.Operator, auth.PreparedPassword{})
		}) == nil {
			w.Error("a password that was not prepared is set")
		}
	})
}

// An administrator sets a new password because somebody else knows the old one, who
// at that moment is changing it: whoever comes later must not win.
func TestAPasswordChangeDoesNotOvertakeAReset(t *testing.T) {
	each(t, func(w *world) {
		_, thief := w.signIn(w.user("member1", contracts.RoleMember))
		prepared, err := w.PrepareOwnPassword(w.ctx, thief, goodPassword, "the words of the thief")
		w.must(err)
		w.must(w.SetPassword(w.ctx, contracts.Operator, thief.UserID, "the words of the reset"))
		err = w.write(func(ctx context.Context, tx *sql.Tx) error { return w.SetPasswordTx(ctx, tx, thief, prepared) })
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.CheckLogin(w.ctx, auth.LoginInput{Username: "member1", Password: "the words of the reset"})
		w.must(err)
	})
}
