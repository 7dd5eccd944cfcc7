package workspace

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// The acts of auth on accounts at identity providers, each with its audit entries in its
// transaction. Rights and errors are auth's.

// FinishOIDC takes a provider's answer. What it did to the account is recorded in the
// name of the user: that it was made, that an account there was linked, that groups
// changed the role. A sign-in that changes nothing is none of the audit log's business.
func (w *Workspace) FinishOIDC(ctx context.Context, in auth.OIDCAnswer) (auth.OIDCDone, error) {
	none := auth.OIDCDone{}
	prepared, err := w.Auth.PrepareOIDC(ctx, in)
	if err != nil {
		return none, err
	}
	var done auth.OIDCDone
	err = w.DB.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if done, err = w.Auth.FinishOIDCTx(ctx, tx, prepared); err != nil {
			return err
		}
		actor := contracts.Actor{UserID: done.User.ID, Username: done.User.Username, Role: done.User.Role, IP: in.IP}
		for _, d := range oidcDeeds(done) {
			if err := w.Admin.RecordTx(ctx, tx, actor, d.action, d.target, d.before, d.after); err != nil {
				return fmt.Errorf("audit %s: %w", d.action, err)
			}
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	return w.Auth.CompleteOIDC(ctx, done)
}

func oidcDeeds(done auth.OIDCDone) (deeds []deed) {
	switch {
	case done.Created:
		deeds = append(deeds, deed{action: "user.create", target: done.User.ID, after: map[string]any{
			"username": done.User.Username, "role": done.User.Role, "bot": false, "provider": done.Identity.Provider, "identity": done.Identity.ID}})
	case done.Linked:
		deeds = append(deeds, linking(done.Identity))
	}
	if done.Former != "" {
		deeds = append(deeds, deed{action: "user.role", target: done.User.ID,
			before: map[string]any{"role": done.Former}, after: map[string]any{"role": done.User.Role, "provider": done.Identity.Provider}})
	}
	return deeds
}

func linking(i contracts.Identity) deed {
	return deed{action: "identity.link", target: i.ID, after: identityState(i)}
}

// identityState is what the audit log keeps: the provider's number, not the address.
func identityState(i contracts.Identity) map[string]any {
	return map[string]any{"user": i.UserID, "provider": i.Provider, "subject": i.Subject}
}

// LinkIdentity links somebody's account at a provider by the operator's word.
func (w *Workspace) LinkIdentity(ctx context.Context, actor contracts.Actor, in auth.NewIdentity) (contracts.Identity, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Identity, deed, error) {
		i, err := w.Auth.LinkIdentityTx(ctx, tx, actor, in)
		return i, linking(i), err
	})
}

// RemoveIdentity unlinks an account at a provider.
func (w *Workspace) RemoveIdentity(ctx context.Context, actor contracts.Actor, id string) (contracts.Identity, error) {
	return audited(ctx, w, actor, func(ctx context.Context, tx *sql.Tx) (contracts.Identity, deed, error) {
		i, err := w.Auth.RemoveIdentityTx(ctx, tx, actor, id)
		return i, deed{action: "identity.unlink", target: i.ID, before: identityState(i)}, err
	})
}

// maxProvidersFile is far more than a file of identity providers needs.
const maxProvidersFile = 1 << 20

// LoadProviders reads a file of identity providers: a JSON object whose "providers" are
// [auth.OIDCProvider] values. The clients' secrets stand in it, so others may not read it.
//
// Errors: [contracts.ErrInvalid] for a file that others may read or write, or that says
// something that cannot work; [contracts.ErrUnavailable] when it cannot be read.
func LoadProviders(path string) ([]auth.OIDCProvider, error) {
	bad := func(format string, args ...any) error {
		return contracts.ErrInvalid.With("the file of identity providers " + path + ": " + fmt.Sprintf(format, args...)).WithHint("docs/operations.md shows one.")
	}
	unreadable := func(err error) error {
		return fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot read the file of identity providers "+path).WithHint("Is it there, and may this user read it?"), err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, contracts.ErrInvalid.With(fmt.Sprintf("the file of identity providers %s may be read by others (mode %04o)", path, info.Mode().Perm())).WithHint("Run: chmod 600 " + path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxProvidersFile+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(text) > maxProvidersFile {
		return nil, bad("it is larger than 1 MiB")
	}
	var file struct {
		Providers []auth.OIDCProvider `json:"providers"`
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&file); err != nil {
		return nil, bad("%v", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, bad("something follows the object")
	}
	if len(file.Providers) == 0 {
		return nil, bad(`it names no providers: {"providers": [{…}]}`)
	}
	if err := auth.CheckProviders(file.Providers); err != nil {
		var e *contracts.Error
		if errors.As(err, &e) {
			return nil, bad("%s", e.Message)
		}
		return nil, err
	}
	return file.Providers, nil
}
