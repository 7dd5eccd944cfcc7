package servertest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// binary finds or builds the server once for a test program.
var binary = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("DANKERCHAT_BIN"); dir != "" {
		return filepath.Join(dir, "dankerchatd"), nil
	}
	root, err := sourceTree()
	if err != nil {
		return exec.LookPath("dankerchatd")
	}
	path := filepath.Join(root, ".cache", "test", "dankerchatd")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("make a directory for the server: %w", err)
	}
	// Several test programs build at a time: each replaces the file as a whole.
	mine := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := Build(mine, filepath.Join(root, "server"), "./cmd/dankerchatd"); err != nil {
		return "", err
	}
	if err := os.Rename(mine, path); err != nil {
		return "", fmt.Errorf("keep the server: %w", err)
	}
	return path, nil
})

// Build compiles the Go program pkg, as seen from the directory dir, to path.
func Build(path, dir, pkg string) error {
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// sourceTree is the directory above that holds the workspace.
func sourceTree() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the source tree: %w", err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "server", "cmd", "dankerchatd")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no source tree above")
}
