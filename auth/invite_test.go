package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func (w *world) invite(actor contracts.Actor, in auth.NewInvite) contracts.Invite {
	w.Helper()
	i, err := w.CreateInvite(w.ctx, actor, in)
	w.must(err)
	return i
}

func (w *world) signup(code, name string) error {
	_, err := w.Signup(w.ctx, auth.SignupInput{Code: auth.Secret(code), Username: name, Password: goodPassword, Client: "web/1", IP: "192.0.2.1"})
	return err
}

func TestSignup(t *testing.T) {
	var mu sync.Mutex
	joined := map[string][]string{}
	each(t, func(w *world) {
		channels := []string{contracts.NewID("cnv"), contracts.NewID("cnv")}
		i := w.invite(w.owner, auth.NewInvite{Role: contracts.RoleGuest, Channels: []string{channels[1], channels[0], channels[1]}})
		if i.Role != contracts.RoleGuest || i.MaxUses != 1 || i.Uses != 0 || i.CreatedBy != w.owner.UserID || len(i.Code) < 22 || !i.ExpiresAt.Equal(w.clock.Now().Add(7*24*time.Hour)) {
			t.Errorf("got %+v", i)
		}
		shown, err := w.InviteByCode(w.ctx, auth.Secret(i.Code))
		w.must(err)
		if shown.Code != "" || shown.ID != i.ID || shown.Role != contracts.RoleGuest {
			t.Errorf("shown %+v", shown)
		}
		head := w.head()
		in, err := w.Signup(w.ctx, auth.SignupInput{Code: auth.Secret(i.Code), Username: "Member1", DisplayName: "First Member", Password: goodPassword, Email: "member1@example.org", Client: "web/1", IP: "192.0.2.1"})
		w.must(err)
		if in.User.Username != "member1" || in.User.Role != contracts.RoleGuest || in.User.Email != "member1@example.org" || in.Session.Client != "web/1" {
			t.Errorf("got %+v", in)
		}
		actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		if actor.UserID != in.User.ID || actor.Role != contracts.RoleGuest {
			t.Errorf("got %+v", actor)
		}
		if types := w.types(head); !slices.Equal(types, []string{contracts.EventUserCreated}) {
			t.Errorf("events: %v", types)
		}
		mu.Lock()
		got := joined[in.User.ID]
		mu.Unlock()
		slices.Sort(channels)
		if !slices.Equal(got, channels) {
			t.Errorf("joined %v, want %v", got, channels)
		}
		w.wants(w.signup(i.Code, "second"), contracts.ErrGone)
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: goodPassword})
		w.must(err)
	}, func(c *auth.Config) {
		c.OnUserCreated = func(_ context.Context, _ *sql.Tx, u contracts.User, channels []string) error {
			mu.Lock()
			defer mu.Unlock()
			joined[u.ID] = channels
			return nil
		}
	})
}

func TestInviteIsRefused(t *testing.T) {
	each(t, func(w *world) {
		admin := w.user("admin1", contracts.RoleAdmin)
		for _, c := range []struct {
			name  string
			spoil func(i contracts.Invite)
			by    func() contracts.Actor
			want  error
		}{
			{"revoked", func(i contracts.Invite) { w.must(w.RevokeInvite(w.ctx, w.owner, i.ID)) }, func() contracts.Actor { return w.owner }, contracts.ErrGone},
			{"expired", func(contracts.Invite) { w.clock.advance(7 * 24 * time.Hour) }, func() contracts.Actor { return w.owner }, contracts.ErrGone},
			{"used", func(i contracts.Invite) { w.must(w.signup(i.Code, "first")) }, func() contracts.Actor { return w.owner }, contracts.ErrGone},
			{"the inviter was suspended", func(i contracts.Invite) { _, err := w.Suspend(w.ctx, w.owner, i.CreatedBy); w.must(err) },
				func() contracts.Actor { return w.user("s1", contracts.RoleMember) }, contracts.ErrGone},
			{"the inviter became a guest", func(i contracts.Invite) {
				_, err := w.SetRole(w.ctx, w.owner, i.CreatedBy, contracts.RoleGuest)
				w.must(err)
			}, func() contracts.Actor { return w.user("s2", contracts.RoleMember) }, contracts.ErrGone},
			{"of the operator, good", func(contracts.Invite) {}, func() contracts.Actor { return contracts.Operator }, nil},
			{"of a member, good", func(contracts.Invite) {}, func() contracts.Actor { return w.user("s3", contracts.RoleMember) }, nil},
		} {
			i := w.invite(c.by(), auth.NewInvite{})
			c.spoil(i)
			_, shown := w.InviteByCode(w.ctx, auth.Secret(i.Code))
			hashes := w.Hashes()
			err := w.signup(i.Code, "x"+fmt.Sprint(w.head()))
			for _, err := range []error{shown, err} {
				if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%s: got %v, want %v", c.name, err, c.want)
				}
			}
			if c.want != nil && w.Hashes() != hashes {
				t.Errorf("%s: a refused invite cost a hash", c.name)
			}
		}
		// An admin's invite for an admin, and the admin is one no more.
		i := w.invite(admin, auth.NewInvite{Role: contracts.RoleAdmin})
		_, err := w.SetRole(w.ctx, w.owner, admin.UserID, contracts.RoleMember)
		w.must(err)
		w.wants(w.signup(i.Code, "climber"), contracts.ErrGone)
		for _, code := range []string{"", "nothing", "0123456789abcdefghijkl", "' OR 1=1 --"} {
			w.wants(w.signup(code, "nobody"), contracts.ErrNotFound)
		}
	})
}

// What fails after the code was checked leaves the invite as it was.
func TestRefusedSignupUsesNothing(t *testing.T) {
	each(t, func(w *world) {
		i := w.invite(w.owner, auth.NewInvite{})
		w.wants(w.signup(i.Code, "OWNER"), contracts.ErrNameTaken)
		w.wants(w.signup(i.Code, "all"), contracts.ErrInvalid)
		_, err := w.Signup(w.ctx, auth.SignupInput{Code: auth.Secret(i.Code), Username: "member1", Password: "short"})
		w.wants(err, contracts.ErrInvalid)
		if err := w.signup(i.Code, "unlucky"); err == nil || contracts.CodeOf(err) != contracts.CodeInternal {
			t.Errorf("got %v, want the hook's error", err)
		}
		_, err = w.UserByName(w.ctx, "unlucky")
		w.wants(err, contracts.ErrNotFound)
		w.must(w.signup(i.Code, "member1"))
	}, func(c *auth.Config) {
		c.OnUserCreated = func(_ context.Context, _ *sql.Tx, u contracts.User, _ []string) error {
			if u.Username == "unlucky" {
				return errors.New("a channel is gone")
			}
			return nil
		}
	})
}

func TestInviteRace(t *testing.T) {
	each(t, func(w *world) {
		for round := range raceRounds(t) + 1 {
			uses := 1
			if round == 0 {
				uses = 3
			}
			i := w.invite(w.owner, auth.NewInvite{MaxUses: uses})
			errs := atOnce(50, func(n int) error { return w.signup(i.Code, fmt.Sprintf("round%d-%d", round, n)) })
			if n := w.won(errs, contracts.ErrGone); n != uses {
				t.Errorf("%d accounts by an invite for %d", n, uses)
			}
			page, err := w.Users(w.ctx, w.owner, auth.UsersRequest{Query: fmt.Sprintf("round%d-", round)})
			w.must(err)
			if len(page.Data) != uses {
				t.Errorf("%d users, want %d", len(page.Data), uses)
			}
		}
	})
}

func TestInviteInput(t *testing.T) {
	each(t, func(w *world) {
		member, guest, admin := w.user("member1", contracts.RoleMember), w.user("guest1", contracts.RoleGuest), w.user("admin1", contracts.RoleAdmin)
		_, ownerToken := w.token(w.owner, "*")
		many := make([]string, 21)
		for i := range many {
			many[i] = contracts.NewID("cnv")
		}
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			in    auth.NewInvite
			want  error
		}{
			{"a guest invites nobody", guest, auth.NewInvite{Role: contracts.RoleGuest}, contracts.ErrForbidden},
			{"a member invites a member", member, auth.NewInvite{}, nil},
			{"a member invites no admin", member, auth.NewInvite{Role: contracts.RoleAdmin}, contracts.ErrForbidden},
			{"an admin invites an admin", admin, auth.NewInvite{Role: contracts.RoleAdmin}, nil},
			{"an admin invites no owner", admin, auth.NewInvite{Role: contracts.RoleOwner}, contracts.ErrForbidden},
			{"a token invites no owner", ownerToken, auth.NewInvite{Role: contracts.RoleOwner}, contracts.ErrForbidden},
			{"nobody", contracts.Actor{}, auth.NewInvite{}, contracts.ErrForbidden},
			{"an unknown role", admin, auth.NewInvite{Role: "king"}, contracts.ErrInvalid},
			{"100 uses", admin, auth.NewInvite{MaxUses: 100}, nil},
			{"101 uses", admin, auth.NewInvite{MaxUses: 101}, contracts.ErrInvalid},
			{"negative uses", admin, auth.NewInvite{MaxUses: -1}, contracts.ErrInvalid},
			{"30 days", admin, auth.NewInvite{ExpiresIn: 30 * 24 * time.Hour}, nil},
			{"longer", admin, auth.NewInvite{ExpiresIn: 30*24*time.Hour + 1}, contracts.ErrInvalid},
			{"a negative life", admin, auth.NewInvite{ExpiresIn: -time.Hour}, contracts.ErrInvalid},
			{"20 channels", admin, auth.NewInvite{Channels: many[:20]}, nil},
			{"21 channels", admin, auth.NewInvite{Channels: many}, contracts.ErrInvalid},
			{"no channel", admin, auth.NewInvite{Channels: []string{"general"}}, contracts.ErrInvalid},
		} {
			_, err := w.CreateInvite(w.ctx, c.actor, c.in)
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
	})
}

func TestInvitesAreListed(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		var own []string
		for i := range 20 {
			own = append(own, w.invite(member1, auth.NewInvite{}).ID)
			if i%3 == 0 {
				w.clock.advance(time.Millisecond) // some at the same moment
			}
		}
		_, err := w.CreateInvite(w.ctx, member1, auth.NewInvite{})
		w.wants(err, contracts.ErrConflict)
		w.must(w.RevokeInvite(w.ctx, member1, own[3]))
		w.must(w.RevokeInvite(w.ctx, member1, own[3]))
		w.invite(member1, auth.NewInvite{})
		others := w.invite(w.owner, auth.NewInvite{})

		list := func(actor contracts.Actor, limit int) (ids []string) {
			req := contracts.PageRequest{Limit: limit}
			for {
				page, err := w.Invites(w.ctx, actor, req)
				w.must(err)
				for _, i := range page.Data {
					if i.Code != "" {
						t.Error("a code is listed")
					}
					ids = append(ids, i.ID)
				}
				if !page.Page.HasMore {
					return ids
				}
				req.After = *page.Page.Next
			}
		}
		if got := list(member1, 4); len(got) != 21 || slices.Contains(got, others.ID) {
			t.Errorf("her own: %d", len(got))
		}
		all := list(w.owner, 5)
		unique := slices.Compact(slices.Sorted(slices.Values(all)))
		if len(all) != 22 || len(unique) != 22 || !slices.Contains(all, others.ID) {
			t.Errorf("all: %d, %d different", len(all), len(unique))
		}
		w.wants(w.RevokeInvite(w.ctx, member1, others.ID), contracts.ErrNotFound)
		w.wants(w.RevokeInvite(w.ctx, member1, contracts.NewID("inv")), contracts.ErrNotFound)
		w.must(w.RevokeInvite(w.ctx, w.owner, own[0]))
		guest := w.user("guest1", contracts.RoleGuest)
		_, err = w.Invites(w.ctx, guest, contracts.PageRequest{})
		w.wants(err, contracts.ErrForbidden)
		w.wants(w.RevokeInvite(w.ctx, guest, own[1]), contracts.ErrForbidden)
		_, err = w.Invites(w.ctx, member1, contracts.PageRequest{After: "x"})
		w.wants(err, contracts.ErrInvalid)
	})
}

func TestSignupMayBeClosed(t *testing.T) {
	each(t, func(w *world) {
		i := w.invite(w.owner, auth.NewInvite{})
		_, err := w.InviteByCode(w.ctx, auth.Secret(i.Code))
		w.wants(err, contracts.ErrForbidden)
		w.wants(w.signup(i.Code, "member1"), contracts.ErrForbidden)
	}, func(c *auth.Config) {
		c.SignupAllowed = func(context.Context, auth.Joining) error {
			return contracts.ErrForbidden.With("registration is closed")
		}
	})
}
