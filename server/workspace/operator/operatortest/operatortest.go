// Package operatortest makes a small workspace for the tests of the command lines.
package operatortest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// Seed makes a workspace in a fresh database and returns its URL. In it are the
// owner ana, the member bob and the guest gus, without passwords; the default
// channel general, the public channel ops of ana with bob, and the private channel
// board of ana alone. In ops ana said "one", bob "two" and ana "three @bob".
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
		{Username: "ana", DisplayName: "Ana Lima", Email: "ana@example.org", Role: contracts.RoleOwner},
		{Username: "bob", DisplayName: "Bob Stone", Role: contracts.RoleMember},
		{Username: "gus", DisplayName: "Gus Guest", Role: contracts.RoleGuest},
	} {
		made, err := w.Auth.CreateUser(ctx, contracts.Operator, u)
		if err != nil {
			return fmt.Errorf("create %s: %w", u.Username, err)
		}
		actors[u.Username] = contracts.Actor{UserID: made.ID, Username: made.Username, Role: made.Role}
	}
	ops, err := w.Channels.Create(ctx, actors["ana"], channels.NewChannel{Name: "ops", Topic: "on call: ana", Members: []string{actors["bob"].UserID}})
	if err != nil {
		return fmt.Errorf("create ops: %w", err)
	}
	if _, err := w.Channels.Create(ctx, actors["ana"], channels.NewChannel{Name: "board", Kind: contracts.KindPrivate}); err != nil {
		return fmt.Errorf("create board: %w", err)
	}
	for _, m := range []struct{ who, text string }{{"ana", "one"}, {"bob", "two"}, {"ana", "three @bob"}} {
		if _, _, err := w.Channels.Post(ctx, actors[m.who], contracts.NewMessage{ConversationID: ops.ID, Text: m.text}); err != nil {
			return fmt.Errorf("post: %w", err)
		}
	}
	return nil
}
