package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestARotatedTokenWorksWithBothSecretsForTheGrace(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		old, bearer := w.token(member, "messages:read")
		works := func(secret string, want error) {
			t.Helper()
			actor, err := w.Authenticate(w.ctx, secret)
			if want == nil {
				w.must(err)
			} else {
				w.wants(err, want)
			}
			if want == nil && (actor.TokenID != bearer.TokenID || actor.UserID != member.UserID || len(actor.Scopes) != 1) {
				t.Errorf("got %+v", actor)
			}
		}
		head := w.head()
		token, secret, err := w.RotateToken(w.ctx, w.fresh(member), bearer.TokenID, time.Hour)
		w.must(err)
		if token.ID != bearer.TokenID || secret.Reveal() == old || !strings.HasPrefix(secret.Reveal(), token.Prefix) || !token.FormerUntil.Equal(w.clock.Now().Add(time.Hour)) {
			t.Errorf("got %+v", token)
		}
		if types := w.types(head); len(types) != 0 {
			t.Errorf("events: %v", types) // its connections stay
		}
		works(old, nil)
		works(secret.Reveal(), nil)
		w.clock.advance(time.Hour - time.Millisecond)
		works(old, nil)
		w.clock.advance(time.Millisecond)
		works(old, contracts.ErrUnauthenticated)
		works(secret.Reveal(), nil)

		// Rotated again within the grace, the first of three secrets is gone.
		_, second, err := w.RotateToken(w.ctx, w.fresh(member), bearer.TokenID, time.Hour)
		w.must(err)
		_, third, err := w.RotateToken(w.ctx, w.fresh(member), bearer.TokenID, time.Hour)
		w.must(err)
		w.clock.advance(time.Minute)
		works(secret.Reveal(), contracts.ErrUnauthenticated)
		works(second.Reveal(), nil)
		works(third.Reveal(), nil)
		list, err := w.Tokens(w.ctx, w.fresh(member), member.UserID)
		w.must(err)
		if len(list) != 1 || list[0].Prefix != third.Reveal()[:10] || list[0].FormerUntil == nil {
			t.Errorf("got %+v", list)
		}
	})
}

func TestWithoutGraceTheOldSecretEndsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		old, bearer := w.token(member, "*")
		head := w.head()
		_, secret, err := w.RotateToken(w.ctx, w.fresh(member), bearer.TokenID, 0)
		w.must(err)
		_, err = w.Authenticate(w.ctx, old)
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.Authenticate(w.ctx, secret.Reveal())
		w.must(err)
		if types := w.types(head); len(types) != 1 || types[0] != contracts.EventTokenRevoked {
			t.Errorf("events: %v", types) // its connections close
		}
		w.must(w.RevokeToken(w.ctx, w.fresh(member), bearer.TokenID))
		_, err = w.Authenticate(w.ctx, secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
	})
}

func TestARevokedTokenEndsBothSecrets(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		old, bearer := w.token(member, "*")
		_, secret, err := w.RotateToken(w.ctx, w.fresh(member), bearer.TokenID, auth.MaxGrace)
		w.must(err)
		w.must(w.RevokeToken(w.ctx, w.fresh(member), bearer.TokenID))
		for _, s := range []string{old, secret.Reveal()} {
			_, err = w.Authenticate(w.ctx, s)
			w.wants(err, contracts.ErrUnauthenticated)
		}
	})
}

func TestWhoMayRotateAToken(t *testing.T) {
	each(t, func(w *world) {
		member, other := w.user("member1", contracts.RoleMember), w.user("member2", contracts.RoleMember)
		admin := w.user("admin1", contracts.RoleAdmin)
		_, bearer := w.token(member, "*")
		stale := w.fresh(member)
		w.clock.advance(11 * time.Minute)
		soon := w.clock.Now().Add(time.Minute)
		short, _, err := w.CreateToken(w.ctx, w.fresh(member), auth.NewToken{Name: "short", Scopes: []string{"*"}, ExpiresAt: &soon})
		w.must(err)
		for name, c := range map[string]struct {
			actor contracts.Actor
			id    string
			grace time.Duration
			want  error
		}{
			"the token itself":     {bearer, bearer.TokenID, 0, contracts.ErrForbidden},
			"another":              {w.fresh(other), bearer.TokenID, 0, contracts.ErrNotFound},
			"an administrator":     {w.fresh(admin), bearer.TokenID, 0, contracts.ErrForbidden},
			"who proved long ago":  {stale, bearer.TokenID, 0, contracts.ErrReauthRequired},
			"nobody":               {contracts.Actor{}, bearer.TokenID, 0, contracts.ErrForbidden},
			"a token that is none": {w.fresh(member), contracts.NewID("tok"), 0, contracts.ErrNotFound},
			"a grace too long":     {w.fresh(member), bearer.TokenID, auth.MaxGrace + 1, contracts.ErrInvalid},
			"a grace below zero":   {w.fresh(member), bearer.TokenID, -1, contracts.ErrInvalid},
		} {
			_, _, err := w.RotateToken(w.ctx, c.actor, c.id, c.grace)
			if err == nil || contracts.CodeOf(err) != contracts.CodeOf(c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
		}
		_, _, err = w.RotateToken(w.ctx, contracts.Operator, bearer.TokenID, 0)
		w.must(err)
		late := w.fresh(member)
		w.clock.advance(time.Minute)
		_, _, err = w.RotateToken(w.ctx, late, short.ID, 0)
		w.wants(err, contracts.ErrGone)
	})
}
