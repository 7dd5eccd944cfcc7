package auth_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

var roles = []contracts.Role{contracts.RoleOwner, contracts.RoleAdmin, contracts.RoleMember, contracts.RoleGuest}

// lattice is the whole of it, written by hand: which roles the actor (row) may give to
// a user who has a role (column). "-" is none, not even suspending them.
var lattice = map[string]map[contracts.Role]string{
	//                 to an owner                   to an admin                   to a member                   to a guest
	"operator":      {"owner": "owner admin member guest", "admin": "owner admin member guest", "member": "owner admin member guest", "guest": "owner admin member guest"},
	"owner":         {"owner": "owner admin member guest", "admin": "owner admin member guest", "member": "owner admin member guest", "guest": "owner admin member guest"},
	"owner's token": {"owner": "-", "admin": "admin member guest", "member": "admin member guest", "guest": "admin member guest"},
	"admin":         {"owner": "-", "admin": "-", "member": "admin member guest", "guest": "admin member guest"},
	"member":        {"owner": "-", "admin": "-", "member": "-", "guest": "-"},
	"guest":         {"owner": "-", "admin": "-", "member": "-", "guest": "-"},
	"narrow token":  {"owner": "-", "admin": "-", "member": "-", "guest": "-"},
	"nobody":        {"owner": "-", "admin": "-", "member": "-", "guest": "-"},
}

func TestRoleLattice(t *testing.T) {
	each(t, func(w *world) {
		actors := map[string]contracts.Actor{"operator": contracts.Operator, "owner": w.user("actor-owner", contracts.RoleOwner), "admin": w.user("actor-admin", contracts.RoleAdmin),
			"member": w.user("actor-member", contracts.RoleMember), "guest": w.user("actor-guest", contracts.RoleGuest), "nobody": {}}
		_, actors["owner's token"] = w.token(actors["owner"], "*")
		_, actors["narrow token"] = w.token(actors["owner"], "users:read", "messages:write")
		for name, actor := range actors {
			for _, from := range roles {
				target := w.user(fmt.Sprintf("t%d-%s", w.head(), from), from)
				for _, to := range roles {
					_, err := w.SetRole(w.ctx, actor, target.UserID, to)
					if allowed := slices.Contains(strings.Fields(lattice[name][from]), string(to)); allowed != (err == nil) || err != nil && !errors.Is(err, contracts.ErrForbidden) {
						t.Errorf("%s gives %s to a user who is %s: got %v, allowed %v", name, to, from, err, allowed)
					}
					_, err = w.SetRole(w.ctx, contracts.Operator, target.UserID, from) // back to the start
					w.must(err)
				}
				_, err := w.Suspend(w.ctx, actor, target.UserID)
				if allowed := lattice[name][from] != "-"; allowed != (err == nil) || err != nil && !errors.Is(err, contracts.ErrForbidden) {
					t.Errorf("%s suspends a user who is %s: got %v, allowed %v", name, from, err, allowed)
				}
				_, err = w.Restore(w.ctx, actor, target.UserID)
				if allowed := lattice[name][from] != "-"; allowed != (err == nil) {
					t.Errorf("%s restores a user who is %s: got %v, allowed %v", name, from, err, allowed)
				}
			}
		}
	})
}

func TestNobodyPromotesThemselves(t *testing.T) {
	each(t, func(w *world) {
		for _, role := range roles[1:] {
			self := w.user("self-"+string(role), role)
			for _, to := range roles {
				_, err := w.SetRole(w.ctx, self, self.UserID, to)
				w.wants(err, contracts.ErrForbidden)
			}
		}
		_, err := w.SetRole(w.ctx, w.owner, w.owner.UserID, "king")
		w.wants(err, contracts.ErrInvalid)
		_, err = w.SetRole(w.ctx, w.owner, contracts.NewID("usr"), contracts.RoleMember)
		w.wants(err, contracts.ErrNotFound)
	})
}

func TestLastOwnerStays(t *testing.T) {
	each(t, func(w *world) {
		_, err := w.SetRole(w.ctx, w.owner, w.owner.UserID, contracts.RoleMember)
		w.wants(err, contracts.ErrLastOwner)
		_, err = w.SetRole(w.ctx, contracts.Operator, w.owner.UserID, contracts.RoleMember)
		w.wants(err, contracts.ErrLastOwner)
		_, err = w.Suspend(w.ctx, contracts.Operator, w.owner.UserID)
		w.wants(err, contracts.ErrLastOwner)
		_, err = w.Suspend(w.ctx, w.owner, w.owner.UserID)
		w.wants(err, contracts.ErrConflict)

		second := w.user("second", contracts.RoleOwner)
		_, err = w.Suspend(w.ctx, w.owner, second.UserID)
		w.must(err)
		_, err = w.SetRole(w.ctx, w.owner, w.owner.UserID, contracts.RoleMember) // the other one is suspended
		w.wants(err, contracts.ErrLastOwner)
		_, err = w.Restore(w.ctx, w.owner, second.UserID)
		w.must(err)
		_, err = w.SetRole(w.ctx, w.owner, w.owner.UserID, contracts.RoleMember)
		w.must(err)
	})
}

// Two owners demote each other at the same moment: one of them stays.
func TestLastOwnerRace(t *testing.T) {
	each(t, func(w *world) {
		for i := range 5 {
			a, b := w.user(fmt.Sprintf("a%d", i), contracts.RoleOwner), w.user(fmt.Sprintf("b%d", i), contracts.RoleOwner)
			// Only a and b are owners now.
			w.must(w.write(func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `UPDATE users SET role = 'guest' WHERE role = 'owner' AND id <> $1 AND id <> $2`, a.UserID, b.UserID)
				return err
			}))
			pair := []contracts.Actor{a, b}
			errs := atOnce(2, func(i int) error {
				_, err := w.SetRole(w.ctx, pair[i], pair[1-i].UserID, contracts.RoleGuest)
				return err
			})
			if n := w.won(errs, contracts.ErrForbidden, contracts.ErrLastOwner); n != 1 {
				t.Errorf("%d demotions of two succeeded", n)
			}
			if done, err := w.SetUp(w.ctx); err != nil || !done {
				t.Fatalf("the workspace lost its last owner: %v", err)
			}
		}
	})
}

// The role of a verified credential may be behind: the transaction looks again.
func TestDemotedActorIsRefused(t *testing.T) {
	each(t, func(w *world) {
		admin, member1 := w.user("admin1", contracts.RoleAdmin), w.user("member1", contracts.RoleMember)
		prepared, err := w.PrepareUser(w.ctx, admin, auth.NewUser{Username: "late"})
		w.must(err)
		_, err = w.SetRole(w.ctx, w.owner, admin.UserID, contracts.RoleMember)
		w.must(err)
		_, err = w.SetRole(w.ctx, admin, member1.UserID, contracts.RoleGuest)
		w.wants(err, contracts.ErrForbidden)
		_, err = w.Suspend(w.ctx, admin, member1.UserID)
		w.wants(err, contracts.ErrForbidden)
		w.wants(w.SetPassword(w.ctx, admin, member1.UserID, goodPassword), contracts.ErrForbidden)
		w.wants(w.write(func(ctx context.Context, tx *sql.Tx) error {
			_, err := w.CreateUserTx(ctx, tx, admin, prepared)
			return err
		}), contracts.ErrForbidden)
		_, err = w.Suspend(w.ctx, w.owner, admin.UserID)
		w.must(err)
		_, err = w.CreateInvite(w.ctx, admin, auth.NewInvite{})
		w.wants(err, contracts.ErrSuspended)
	})
}

func TestRoleEvents(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		head := w.head()
		for range 2 {
			_, err := w.SetRole(w.ctx, w.owner, member1.UserID, contracts.RoleAdmin)
			w.must(err)
		}
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Type != contracts.EventUserUpdated || evs[0].Scope != contracts.ScopeMembers || evs[0].Subject != member1.UserID || evs[0].Actor != w.owner.UserID {
			t.Errorf("events: %+v", evs)
		}
	})
}
