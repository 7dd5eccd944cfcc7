package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dankerchat/dankerchat/contracts/cliutil/conformance"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace/operator/operatortest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"chat-admin": main}) }

func TestCommandsKeepTheRules(t *testing.T) {
	t.Parallel()
	conformance.Commands(t, newApp)
}

// Every script runs on both engines, in a workspace of its own: see
// operatortest.Seed for who and what is in it.
func TestScripts(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			conformance.Scripts(t, "testdata/script", func(env *testscript.Env) error {
				env.Setenv("DANKERCHAT_DB", operatortest.Seed(t, d))
				env.Setenv("ENGINE", string(d))
				return nil
			})
		})
	}
}
