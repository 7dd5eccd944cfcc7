package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dankerchat/dankerchat/contracts/cliutil/conformance"
	"github.com/dankerchat/dankerchat/server/workspace/command/commandtest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"chat-channels": main}) }

func TestCommandsKeepTheRules(t *testing.T) {
	t.Parallel()
	conformance.Commands(t, newApp)
}

func TestScripts(t *testing.T) { commandtest.Scripts(t) }
