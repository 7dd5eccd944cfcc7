package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/command/commandtest"
	"github.com/dankerchat/dankerchat/server/workspace/workspacetest"
)

// host is a workspace on whose database chat-auth is run, in this process.
type host struct {
	t   *testing.T
	url string
	ws  *workspace.Workspace
	n   int
}

func (h *host) run(args []string, stdin string) (data map[string]any, err error) {
	h.t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"chat-auth", "--db", h.url, "--format", "json", "--yes"}, args...)
	if code := cliutil.Run(h.t.Context(), newApp(), args, strings.NewReader(stdin), &out, &errs); code != 0 {
		return nil, fmt.Errorf("exit code %d: %s", code, errs.String())
	}
	var envelope struct {
		Data any `json:"data"`
	}
	if err := json.Unmarshal(out.Bytes(), &envelope); err != nil {
		return nil, errors.Join(err, errors.New(out.String()))
	}
	data, _ = envelope.Data.(map[string]any)
	return data, nil
}

// must returns the id of what a command makes.
func (h *host) must(args ...string) string {
	h.t.Helper()
	data, err := h.run(args, "")
	if err != nil {
		h.t.Fatalf("chat-auth %s: %v", strings.Join(args, " "), err)
	}
	id, _ := data["id"].(string)
	return id
}

func (h *host) fresh(prefix string) string {
	h.n++
	return fmt.Sprintf("%s%d", prefix, h.n)
}

func (h *host) user() (name, id string) {
	name = h.fresh("person")
	return "@" + name, h.must("user", "create", name)
}

func (h *host) session(user string) string {
	h.t.Helper()
	in, err := h.ws.Auth.StartSession(h.t.Context(), user, auth.SignInProof{Client: "test", IP: "127.0.0.1"})
	if err != nil {
		h.t.Fatalf("start session: %v", err)
	}
	return in.Session.ID
}

// acts are the commands that change something, each made for the occasion.
var acts = []struct {
	action string
	as     string // a user; "" is the operator
	args   func(h *host) (args []string, target string)
}{
	{"user.create", "", func(h *host) ([]string, string) { return []string{"user", "create", h.fresh("made")}, "" }},
	{"user.update", "", func(h *host) ([]string, string) {
		name, id := h.user()
		return []string{"user", "update", name, "--display-name", "Another"}, id
	}},
	{"user.suspend", "", func(h *host) ([]string, string) {
		name, id := h.user()
		return []string{"user", "suspend", name}, id
	}},
	{"user.restore", "", func(h *host) ([]string, string) {
		name, id := h.user()
		h.must("user", "suspend", name)
		return []string{"user", "restore", name}, id
	}},
	{"user.delete", "", func(h *host) ([]string, string) {
		name, id := h.user()
		return []string{"user", "delete", name}, id
	}},
	{"user.import", "", func(h *host) ([]string, string) {
		file := filepath.Join(h.t.TempDir(), "people.csv")
		if err := os.WriteFile(file, []byte("username\n"+h.fresh("imported")+"\n"), 0o600); err != nil {
			h.t.Fatal(err)
		}
		return []string{"user", "import", "--from-file", file, "--send-links"}, ""
	}},
	{"password.set", "", func(h *host) ([]string, string) {
		name, id := h.user()
		return []string{"password", "set", name, "--password-stdin"}, id
	}},
	{"password.reset_link", "", func(h *host) ([]string, string) {
		name, id := h.user()
		return []string{"password", "reset", name, "--link"}, id
	}},
	{"session.revoke", "", func(h *host) ([]string, string) {
		_, id := h.user()
		session := h.session(id)
		return []string{"session", "revoke", session}, session
	}},
	{"session.revoke", "", func(h *host) ([]string, string) {
		name, id := h.user()
		h.session(id)
		h.session(id)
		return []string{"session", "revoke", "--user", name, "--all"}, id
	}},
	{"token.create", "", func(h *host) ([]string, string) {
		name, _ := h.user()
		return []string{"token", "create", "--user", name, "--name", "backup"}, ""
	}},
	{"token.create", "member", func(*host) ([]string, string) { return []string{"token", "create", "--name", "own"}, "" }},
	{"token.revoke", "", func(h *host) ([]string, string) {
		name, _ := h.user()
		id := h.must("token", "create", "--user", name, "--name", "backup")
		return []string{"token", "revoke", id}, id
	}},
	{"token.rotate", "", func(h *host) ([]string, string) {
		name, _ := h.user()
		id := h.must("token", "create", "--user", name, "--name", "backup")
		return []string{"token", "rotate", id, "--grace", "2h"}, id
	}},
	{"token.revoke", "member", func(h *host) ([]string, string) {
		id := h.must("token", "create", "--user", "@member", "--name", "own")
		return []string{"token", "revoke", id}, id
	}},
	{"invite.create", "", func(*host) ([]string, string) { return []string{"invite", "create"}, "" }},
	{"invite.create", "member", func(*host) ([]string, string) { return []string{"invite", "create"}, "" }},
	{"invite.revoke", "", func(h *host) ([]string, string) {
		id := h.must("invite", "create")
		return []string{"invite", "revoke", id}, id
	}},
	{"2fa.reset", "", func(h *host) ([]string, string) {
		name, id := h.user()
		h.session(id)
		return []string{"2fa", "reset", name}, id
	}},
	{"identity.link", "", func(h *host) ([]string, string) {
		name, _ := h.user()
		return []string{"identity", "link", "--user", name, "--provider", "corp", "--subject", h.fresh("subject")}, ""
	}},
	{"identity.unlink", "", func(h *host) ([]string, string) {
		name, _ := h.user()
		id := h.must("identity", "link", "--user", name, "--provider", "corp", "--subject", h.fresh("subject"))
		return []string{"identity", "unlink", id}, id
	}},
	{"passkey.remove", "", func(h *host) ([]string, string) {
		_, id := h.user()
		passkey := h.passkey(id)
		return []string{"passkey", "remove", passkey.ID}, passkey.ID
	}},
	{"key.rotate", "", func(*host) ([]string, string) { return []string{"key", "rotate"}, "" }},
}

func TestAnActOfTheCommandLineStandsOrFallsWithItsAuditEntry(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, d)
			for _, a := range acts {
				t.Run(a.action, func(t *testing.T) {
					h.t = t
					args, target := a.args(h)
					actor := "operator"
					if a.as != "" {
						u, err := h.ws.Auth.UserByName(t.Context(), a.as)
						if err != nil {
							t.Fatal(err)
						}
						actor, args = u.ID, append([]string{"--as", "@" + a.as}, args...)
					}
					entry := workspacetest.Audited(t, h.ws.DB, func() error {
						_, err := h.run(args, "violet lantern over quiet harbour\n")
						return err
					})
					if entry.Action != a.action || entry.Actor != actor || target != "" && entry.Target != target {
						t.Errorf("got %+v, want %s by %s of %s", entry, a.action, actor, target)
					}
				})
			}
			report, err := h.ws.Admin.VerifyAudit(t.Context())
			if err != nil || !report.OK {
				t.Errorf("the chain of entries: %+v, %v", report, err)
			}
		})
	}
}

// Every command that writes stands in the table above, but for the schema's.
func TestEveryCommandThatWritesIsAmongTheActs(t *testing.T) {
	t.Parallel()
	h := &host{t: t, url: commandtest.Seed(t, sqldb.SQLite)}
	h.ws = newHostOn(t, h.url)
	known := map[string]bool{"migrate": true}
	for _, a := range acts {
		args, _ := a.args(h)
		known[args[0]+" "+args[1]] = true
	}
	for _, group := range newApp().Commands {
		leaves := group.Subcommands
		if len(leaves) == 0 {
			continue
		}
		for _, leaf := range leaves {
			writes := false
			for _, f := range leaf.Flags {
				writes = writes || f.Names()[0] == "dry-run"
			}
			if name := group.Name + " " + leaf.Name; writes && !known[name] {
				t.Errorf("chat-auth %s writes, and no row asks whether that is audited", name)
			}
		}
	}
}

func newHost(t *testing.T, d sqldb.Dialect) *host {
	t.Helper()
	url := commandtest.Seed(t, d)
	return &host{t: t, url: url, ws: newHostOn(t, url)}
}

func newHostOn(t *testing.T, url string) *workspace.Workspace {
	t.Helper()
	ws, err := workspace.Open(t.Context(), workspace.Config{URL: url})
	if err != nil {
		t.Fatalf("open workspace: %v", err)
	}
	t.Cleanup(func() {
		if err := ws.Close(); err != nil {
			t.Errorf("close workspace: %v", err)
		}
	})
	return ws
}
