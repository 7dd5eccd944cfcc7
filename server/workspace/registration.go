package workspace

import (
	"context"
	"strings"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// The setting of the registration decides on every way to an account but the one of
// administrators:
//
//	           form          invite  provider  trusted provider or with an invite
//	open       yes           yes     yes       yes
//	domain     of a domain   yes     of a domain, as the provider verified it   yes
//	invite     no            yes     no        yes
//	closed     no            no      no        no

var (
	errClosed    = contracts.ErrForbidden.With("this workspace takes no new accounts").WithHint("Ask an administrator for an account.")
	errUninvited = contracts.ErrForbidden.With("an account needs an invite here").WithHint("Ask somebody of the workspace for an invite link.")
)

func errOtherDomain(domains []string) *contracts.Error {
	return contracts.ErrForbidden.With("this workspace takes addresses of " + strings.Join(domains, ", ")).
		WithHint("Use your address there, or ask somebody of the workspace for an invite link.").At("/email")
}

// signupAllowed decides about who has an invite or comes from a provider.
func (w *Workspace) signupAllowed(ctx context.Context, who auth.Joining) error {
	settings, err := w.Admin.Settings(ctx)
	switch {
	case err != nil:
		return err
	case settings.Registration == admin.RegistrationClosed:
		return errClosed
	case who.Invited, who.Trusted, settings.Registration == admin.RegistrationOpen:
		return nil
	case settings.Registration == admin.RegistrationDomain && admin.InDomains(settings.RegistrationDomains, who.Email):
		return nil
	case settings.Registration == admin.RegistrationDomain:
		return auth.Refuse(auth.RefusedDomain, errOtherDomain(settings.RegistrationDomains))
	}
	return auth.Refuse(auth.RefusedUninvited, errUninvited)
}

// openSignup decides about who fills in the form without an invite.
func (w *Workspace) openSignup(ctx context.Context, email string) (verify bool, err error) {
	settings, err := w.Admin.Settings(ctx)
	if err != nil {
		return false, err
	}
	switch settings.Registration {
	case admin.RegistrationOpen:
		return w.Auth.CanMail(), nil
	case admin.RegistrationDomain:
		if !admin.InDomains(settings.RegistrationDomains, email) {
			return false, errOtherDomain(settings.RegistrationDomains)
		}
		return true, nil
	case admin.RegistrationClosed:
		return false, errClosed
	}
	return false, errUninvited
}
