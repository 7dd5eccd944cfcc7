// Package binaries gives tests the real programs.
package binaries

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const prefix = "github.com/dankerchat/dankerchat/"

// all are the programs by name, as packages.
var all = map[string]string{
	"dankerchatd":    prefix + "server/cmd/dankerchatd",
	"chat-auth":      prefix + "auth/cmd/chat-auth",
	"chat-messaging": prefix + "messaging/cmd/chat-messaging",
	"chat-channels":  prefix + "channels/cmd/chat-channels",
	"chat-admin":     prefix + "admin/cmd/chat-admin",
	"dankerchat":     prefix + "clients/cli/cmd/dankerchat",
}

// Dir returns a directory that holds the named programs: $DANKERCHAT_BIN, where make
// has put them, or a temporary one into which they are built.
func Dir(tb testing.TB, names ...string) string {
	tb.Helper()
	if dir := os.Getenv("DANKERCHAT_BIN"); dir != "" {
		for _, name := range names {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				tb.Fatalf("DANKERCHAT_BIN: %v (run: make build)", err)
			}
		}
		return dir
	}
	return Build(tb, "", names...)
}

// Build builds the named programs with the given build tags into a temporary directory.
func Build(tb testing.TB, tags string, names ...string) string {
	tb.Helper()
	dir := tb.TempDir()
	args := []string{"build", "-tags", tags, "-o", dir + "/"}
	for _, name := range names {
		args = append(args, all[name])
	}
	if out, err := exec.CommandContext(tb.Context(), "go", args...).CombinedOutput(); err != nil {
		tb.Fatalf("build %v: %v\n%s", names, err, out)
	}
	return dir
}
