package auth_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// What is wrong with a request is said before anybody waits for its transaction: within
// another one a second cannot begin, and this needs none. Who may not is told that first.
func TestWhatIsWrongNeedsNoTransaction(t *testing.T) {
	each(t, func(w *world) {
		guest := w.user("guest1", contracts.RoleGuest)
		yesterday := w.clock.Now().Add(-24 * time.Hour)
		for _, call := range map[string]func(ctx context.Context, actor contracts.Actor) error{
			"an invite without end": func(ctx context.Context, a contracts.Actor) error {
				return second(w.CreateInvite(ctx, a, auth.NewInvite{ExpiresIn: 1000 * time.Hour}))
			},
			"an invite to no address": func(ctx context.Context, a contracts.Actor) error {
				return second(w.CreateInvite(ctx, a, auth.NewInvite{Email: "nowhere"}))
			},
			"a token for nothing": func(ctx context.Context, a contracts.Actor) error {
				_, _, err := w.CreateToken(ctx, a, auth.NewToken{Name: "x"})
				return err
			},
			"a token of the past": func(ctx context.Context, a contracts.Actor) error {
				_, _, err := w.CreateToken(ctx, a, auth.NewToken{Name: "x", Scopes: []string{"*"}, ExpiresAt: &yesterday})
				return err
			},
		} {
			w.must(w.write(func(ctx context.Context, _ *sql.Tx) error {
				w.wants(call(ctx, w.owner), contracts.ErrInvalid)
				return nil
			}))
			w.wants(call(w.ctx, guest), contracts.ErrForbidden)
		}
		w.must(w.write(func(ctx context.Context, _ *sql.Tx) error {
			_, err := w.UpdateUser(ctx, w.owner, w.owner.UserID, auth.UserUpdate{DisplayName: new("\x00")})
			w.wants(err, contracts.ErrInvalid)
			return nil
		}))
	})
}
