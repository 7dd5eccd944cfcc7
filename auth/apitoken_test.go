package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestAPIToken(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		tok, secret, err := w.CreateToken(w.ctx, w.fresh(member1), auth.NewToken{Name: "ci", Scopes: []string{"messages:write", "channels:read", "messages:write"}})
		w.must(err)
		text := secret.Reveal()
		if !strings.HasPrefix(text, "dkt_") || len(text) != 4+43+6 || tok.Prefix != text[:10] || tok.UserID != member1.UserID || fmt.Sprint(tok.Scopes) != "[channels:read messages:write]" {
			t.Errorf("got %+v, a secret of %d letters", tok, len(text))
		}
		actor, err := w.Authenticate(w.ctx, text)
		w.must(err)
		if actor.UserID != member1.UserID || actor.TokenID != tok.ID || actor.SessionID != "" || actor.Role != contracts.RoleMember {
			t.Errorf("got %+v", actor)
		}
		if !actor.Can(contracts.PermWriteMessages) || actor.Can(contracts.PermReadMessages) || actor.Can(contracts.PermManageTokens) {
			t.Errorf("the scopes don't limit it: %+v", actor)
		}
		tokens, err := w.Tokens(w.ctx, member1, member1.UserID)
		w.must(err)
		if len(tokens) != 1 || tokens[0].ID != tok.ID || tokens[0].Name != "ci" || fmt.Sprint(tokens[0].Scopes) != fmt.Sprint(tok.Scopes) {
			t.Errorf("listed %+v", tokens)
		}
		var stored int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM api_tokens WHERE secret_hash LIKE $1 OR prefix = $2`, "%"+text[10:20]+"%", text).Scan(&stored))
		if stored != 0 {
			t.Error("the secret is stored in the clear")
		}
		for i := range text { // one letter changed anywhere
			changed := []byte(text)
			changed[i] ^= 1
			if _, err := w.Authenticate(w.ctx, string(changed)); !errors.Is(err, contracts.ErrUnauthenticated) {
				t.Fatalf("letter %d changed: %v", i, err)
			}
		}
		head := w.head()
		w.must(w.RevokeToken(w.ctx, member1, tok.ID))
		_, err = w.Authenticate(w.ctx, text)
		w.wants(err, contracts.ErrUnauthenticated)
		w.wants(w.RevokeToken(w.ctx, member1, tok.ID), contracts.ErrNotFound)
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Type != contracts.EventTokenRevoked || evs[0].Scope != member1.UserID || evs[0].Subject != tok.ID {
			t.Errorf("events: %+v", evs)
		}
	})
}

// The checksum answers without the database, which here could not.
func TestMistypedTokenCostsNoQuery(t *testing.T) {
	each(t, func(w *world) {
		secret, _ := w.token(w.owner, "*")
		w.WaitUses()
		w.must(w.db.Close())
		w.clock.advance(time.Minute)
		if _, err := w.Authenticate(w.ctx, secret); err == nil || errors.Is(err, contracts.ErrUnauthenticated) {
			t.Errorf("the right one: got %v, want the database's error", err)
		}
		for i := 4; i < len(secret); i++ {
			changed := []byte(secret)
			changed[i] ^= 1
			_, err := w.Authenticate(w.ctx, string(changed))
			w.wants(err, contracts.ErrUnauthenticated)
		}
		for _, token := range []string{"dkt_", secret[:len(secret)-1], secret + "0", "dkt_" + strings.Repeat("a", 1000)} {
			_, err := w.Authenticate(w.ctx, token)
			w.wants(err, contracts.ErrUnauthenticated)
		}
	})
}

func TestAPITokenExpires(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		ends := w.clock.Now().Add(time.Hour)
		_, secret, err := w.CreateToken(w.ctx, w.fresh(member1), auth.NewToken{Name: "x", Scopes: []string{"*"}, ExpiresAt: &ends})
		w.must(err)
		w.clock.advance(time.Hour - time.Millisecond)
		_, err = w.Authenticate(w.ctx, secret.Reveal())
		w.must(err)
		w.clock.advance(time.Millisecond)
		_, err = w.Authenticate(w.ctx, secret.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
	})
}

func TestWhoMakesATokenForWhom(t *testing.T) {
	each(t, func(w *world) {
		member1, guest, admin := w.user("member1", contracts.RoleMember), w.user("guest1", contracts.RoleGuest), w.user("admin1", contracts.RoleAdmin)
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "robot", Bot: true})
		w.must(err)
		chief, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "chief", Bot: true, Role: contracts.RoleAdmin})
		w.must(err)
		_, whole := w.token(member1, "*")
		freshAdmin, freshOwner := w.fresh(admin), w.fresh(w.owner)
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			user  string
			want  error
		}{
			{"oneself", w.fresh(member1), "", nil},
			{"a guest has none", guest, "", contracts.ErrForbidden},
			{"a token makes none, whatever its scopes", whole, "", contracts.ErrForbidden},
			{"a member for a bot", member1, bot.ID, contracts.ErrForbidden},
			{"an admin for a bot", freshAdmin, bot.ID, nil},
			{"an admin for a bot that is an admin", admin, chief.ID, contracts.ErrForbidden},
			{"an owner for a bot that is an admin", freshOwner, chief.ID, nil},
			{"an owner for another person", w.owner, member1.UserID, contracts.ErrForbidden},
			{"the operator for anybody", contracts.Operator, member1.UserID, nil},
			{"the operator for whom?", contracts.Operator, "", contracts.ErrInvalid},
			{"for nobody", w.owner, contracts.NewID("usr"), contracts.ErrNotFound},
			{"nobody", contracts.Actor{}, member1.UserID, contracts.ErrForbidden},
		} {
			_, _, err := w.CreateToken(w.ctx, c.actor, auth.NewToken{UserID: c.user, Name: "x", Scopes: []string{"*"}})
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		tokens, err := w.Tokens(w.ctx, admin, bot.ID)
		w.must(err)
		w.wants(w.RevokeToken(w.ctx, member1, tokens[0].ID), contracts.ErrNotFound)
		w.must(w.RevokeToken(w.ctx, admin, tokens[0].ID))
		_, err = w.Tokens(w.ctx, member1, bot.ID)
		w.wants(err, contracts.ErrForbidden)
		_, narrow := w.token(member1, "messages:read")
		_, err = w.Tokens(w.ctx, narrow, member1.UserID)
		w.wants(err, contracts.ErrForbidden)
	})
}

func TestTokenInput(t *testing.T) {
	each(t, func(w *world) {
		past := w.clock.Now()
		for name, in := range map[string]auth.NewToken{
			"no name": {Scopes: []string{"*"}}, "a name that shows nothing": {Name: "\x00\n", Scopes: []string{"*"}},
			"a long name": {Name: strings.Repeat("n", 65), Scopes: []string{"*"}}, "no scopes": {Name: "x"},
			"an unknown scope": {Name: "x", Scopes: []string{"messages:read", "root"}}, "an expiry in the past": {Name: "x", Scopes: []string{"*"}, ExpiresAt: &past},
		} {
			if _, _, err := w.CreateToken(w.ctx, w.owner, in); !errors.Is(err, contracts.ErrInvalid) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		ends, owner := w.clock.Now().Add(time.Hour), w.fresh(w.owner)
		for i := range 20 {
			_, _, err := w.CreateToken(w.ctx, owner, auth.NewToken{Name: fmt.Sprint("t", i), Scopes: []string{"*"}, ExpiresAt: &ends})
			w.must(err)
		}
		_, _, err := w.CreateToken(w.ctx, owner, auth.NewToken{Name: "one more", Scopes: []string{"*"}})
		w.wants(err, contracts.ErrConflict)
		w.clock.advance(time.Hour) // those that have expired don't count
		_, _, err = w.CreateToken(w.ctx, owner, auth.NewToken{Name: "one more", Scopes: []string{"*"}})
		w.wants(err, contracts.ErrReauthRequired)
		_, _, err = w.CreateToken(w.ctx, w.fresh(w.owner), auth.NewToken{Name: "one more", Scopes: []string{"*"}})
		w.must(err)
	})
}
