package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// The key file is made at the first start, beside the database, and stays.
func TestServeMakesItsKeyFileOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secret.key")
	r := start(t, "--data-dir", dir)
	first, err := os.ReadFile(path)
	if err != nil || len(first) < 40 {
		t.Fatalf("the key file has %d bytes, %v", len(first), err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if bytes.Contains([]byte(r.stderr.String()), bytes.Fields(first)[len(bytes.Fields(first))-1]) {
		t.Error("the log shows the key")
	}
	if code := r.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	start(t, "--data-dir", dir).stop()
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, first) {
		t.Errorf("a second start changes it: %v", err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		serveRefuses(t, "a key file for all to read", 6, []string{"may be read by others", "hint: Run: chmod 600 " + path}, "--data-dir", dir)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	serveRefuses(t, "an empty key file", 6, []string{"holds no key", "hint: "}, "--data-dir", dir)
}

// Elsewhere, where it is named; on PostgreSQL nowhere else, since servers share it.
func TestServeTakesAKeyFile(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keys", "of dankerchat")
			start(t, "--db", sqldbtest.URL(t, d), "--key-file", path).stop()
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
			if d != sqldb.Postgres {
				return
			}
			r := start(t, "--db", sqldbtest.URL(t, d), "--log-format", "json")
			if !bytes.Contains([]byte(r.stderr.String()), []byte("no key file")) {
				t.Errorf("no warning:\n%s", r.stderr.String())
			}
		})
	}
}
