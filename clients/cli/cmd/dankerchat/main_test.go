package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil/conformance"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dankerchat": main})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Commands(t, newApp)
}

// roomy are limits that one test program with many users does not reach, on a fast machine
// either.
var roomy = []string{"--limit", "logins_per_ip=10000", "--limit", "anonymous_rps=10000", "--limit", "anonymous_burst=10000",
	"--limit", "api_rps=10000", "--limit", "api_burst=10000", "--limit", "messages=10000", "--limit", "messages_burst=10000"}

// Each script has a home and three people of its own on one server: in send.txt
// $MEMBER is member-send, $GUEST guest-send and $OTHER other-send; the file password is theirs.
func TestScripts(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	owner := server.Client(t, servertest.Owner)
	conformance.Scripts(t, "testdata/script", func(env *testscript.Env) error {
		script := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
		env.Setenv("SERVER", server.Address)
		env.Setenv("ROOM", "room-"+script)
		env.Setenv("DOWN", "http://127.0.0.1:9") // where nobody listens
		if err := os.WriteFile(filepath.Join(env.WorkDir, "password"), []byte(servertest.Password), 0o600); err != nil {
			return err
		}
		for _, first := range []string{"Member", "Guest", "Other"} {
			name := strings.ToLower(first) + "-" + script
			env.Setenv(strings.ToUpper(first), name)
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			_, err := owner.CreateUser(ctx, dankerchat.NewUser{Username: name, DisplayName: first, Password: servertest.Password, Role: contracts.RoleMember})
			cancel()
			if err != nil {
				return fmt.Errorf("create %s: %w", name, err)
			}
		}
		return home(env)
	})
}

// home gives a script directories of its own and no keyring.
func home(env *testscript.Env) error {
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("DANKERCHAT_KEYRING", "off")
	return nil
}
