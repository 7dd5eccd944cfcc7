// Package commandtest runs the scripts of the command lines over the database, each in a
// small workspace of its own.
package commandtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil/conformance"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// Scripts runs testdata/script on both engines, each script in a workspace that [Seed]
// makes. $DANKERCHAT_DB names it, $ENGINE is "sqlite" or "postgres".
func Scripts(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			conformance.Scripts(t, "testdata/script", func(env *testscript.Env) error {
				env.Setenv("DANKERCHAT_DB", Seed(t, d))
				env.Setenv("ENGINE", string(d))
				return nil
			})
		})
	}
}

// Seed makes a workspace in a fresh database and returns its URL. The accounts are
// called by their roles, owner, member and guest, and have no passwords. There are
// the default channel general, the public channel ops with owner and member, and the
// private channel board of owner alone. In ops owner said "one", member "two" and
// owner "three @member".
func Seed(tb testing.TB, d sqldb.Dialect) (url string) {
	tb.Helper()
	url = sqldbtest.MigratedURL(tb, d, workspace.Sets()...)
	if err := seed(tb.Context(), url); err != nil {
		tb.Fatalf("seed the workspace: %v", err)
	}
	return url
}

func seed(ctx context.Context, url string) (err error) {
	w, err := workspace.Open(ctx, workspace.Config{URL: url})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	_, err = w.Channels.Create(ctx, contracts.Operator, channels.NewChannel{Name: "general", Default: true, Purpose: "What concerns everybody"})
	if err != nil {
		return fmt.Errorf("create general: %w", err)
	}
	actors := map[string]contracts.Actor{}
	for _, u := range []auth.NewUser{
		{Username: "owner", DisplayName: "The Owner", Email: "owner@example.org", Role: contracts.RoleOwner},
		{Username: "member", DisplayName: "The Member", Role: contracts.RoleMember},
		{Username: "guest", DisplayName: "The Guest", Role: contracts.RoleGuest},
	} {
		made, err := w.Auth.CreateUser(ctx, contracts.Operator, u)
		if err != nil {
			return fmt.Errorf("create %s: %w", u.Username, err)
		}
		actors[u.Username] = contracts.Actor{UserID: made.ID, Username: made.Username, Role: made.Role}
	}
	ops, err := w.Channels.Create(ctx, actors["owner"], channels.NewChannel{Name: "ops", Topic: "on call: @owner", Members: []string{actors["member"].UserID}})
	if err != nil {
		return fmt.Errorf("create ops: %w", err)
	}
	if _, err := w.Channels.Create(ctx, actors["owner"], channels.NewChannel{Name: "board", Kind: contracts.KindPrivate}); err != nil {
		return fmt.Errorf("create board: %w", err)
	}
	for _, m := range []struct{ who, text string }{{"owner", "one"}, {"member", "two"}, {"owner", "three @member"}} {
		if _, _, err := w.Channels.Post(ctx, actors[m.who], contracts.NewMessage{ConversationID: ops.ID, Text: m.text}); err != nil {
			return fmt.Errorf("post: %w", err)
		}
	}
	return nil
}
