package auth_test

import (
	"context"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// inviteOnly is a workspace that takes whom somebody invited or a trusted provider knows.
func inviteOnly(c *auth.Config) {
	c.SignupAllowed = func(_ context.Context, who auth.Joining) error {
		if who.Invited || who.Trusted {
			return nil
		}
		return auth.Refuse(auth.RefusedUninvited, contracts.ErrForbidden.With("an account needs an invite here"))
	}
}

// Config.SignupAllowed is told who comes, and by what right.
func TestWhoIsAboutToJoin(t *testing.T) {
	for name, c := range map[string]struct {
		verified bool
		trusted  bool
		want     auth.Joining
	}{
		"with an address that the provider verified": {true, false, auth.Joining{Provider: "corp", Email: "Jo@corp.example"}},
		"with one that it did not":                   {false, false, auth.Joining{Provider: "corp"}},
		"from a trusted provider":                    {false, true, auth.Joining{Provider: "corp", Trusted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			eachSite(t, func(p *auth.OIDCProvider) { p.Trusted = c.trusted }, func(w *site) {
				var asked auth.Joining
				w.cfg.SignupAllowed = func(_ context.Context, who auth.Joining) error {
					asked = who
					return contracts.ErrForbidden
				}
				w.Service = w.another()
				w.person("1", "email", "Jo@corp.example", "email_verified", c.verified)
				_, err := w.travel(auth.OIDCStart{})
				w.refused(err, auth.RefusedClosed, contracts.ErrForbidden)
				if asked != c.want {
					t.Errorf("asked about %+v, want %+v", asked, c.want)
				}
			})
		})
	}
}

func TestAnInviteIsTakenAlongToAProvider(t *testing.T) {
	eachSite(t, func(p *auth.OIDCProvider) { p.CreateUsers = false }, func(w *site) {
		w.person("1", "preferred_username", "jo", "email", "jo@x.example", "email_verified", true)
		_, err := w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedUnknown, contracts.ErrForbidden) // that accounts are not made this way says enough
		_, err = w.travel(auth.OIDCStart{Invite: "nonsense"})
		w.refused(err, auth.RefusedInvite, contracts.ErrNotFound)

		for _, c := range []struct {
			address string
			reason  auth.Refusal
		}{{"other@x.example", auth.RefusedAddress}, {"JO@x.example", ""}} {
			invite := w.invite(w.owner, auth.NewInvite{Role: contracts.RoleGuest, Email: c.address})
			done, err := w.travel(auth.OIDCStart{Invite: auth.Secret(invite.Code)})
			if c.reason != "" {
				w.refused(err, c.reason, contracts.ErrForbidden)
				continue
			}
			w.must(err)
			if !done.Created || done.User.Role != contracts.RoleGuest || done.User.Email != "jo@x.example" {
				t.Errorf("by the invite came %+v", done)
			}
			w.person("2", "preferred_username", "late")
			_, err = w.travel(auth.OIDCStart{Invite: auth.Secret(invite.Code)}) // it worked once
			w.refused(err, auth.RefusedInvite, contracts.ErrGone)
		}

		// Who has an account does not use an invite up.
		invite := w.invite(w.owner, auth.NewInvite{})
		w.person("1")
		done, err := w.travel(auth.OIDCStart{Invite: auth.Secret(invite.Code)})
		w.must(err)
		if done.Created {
			t.Error("a second account")
		}
		_, err = w.InviteByCode(w.ctx, auth.Secret(invite.Code))
		w.must(err)
	}, inviteOnly)
}

// An address that a provider did not verify is not the one that an invite is for.
func TestAnUnverifiedAddressTakesNoInvite(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		invite := w.invite(w.owner, auth.NewInvite{Email: "jo@x.example"})
		w.person("1", "preferred_username", "jo", "email", "jo@x.example")
		_, err := w.travel(auth.OIDCStart{Invite: auth.Secret(invite.Code)})
		w.refused(err, auth.RefusedAddress, contracts.ErrForbidden)
		w.person("2", "preferred_username", "nobody")
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedUninvited, contracts.ErrForbidden)
	}, inviteOnly)
}
