package main

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace"
)

const peppered = "violet lantern over quiet harbour"

// A server knows the passwords that were hashed with its peppers, says in its log when one
// is missing, and to whoever cannot sign in for that what it says to nobody.
func TestServeTakesAPepperFile(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url, path := sqldbtest.MigratedURL(t, d, workspace.Sets()...), filepath.Join(t.TempDir(), "pepper")
			write := func(text string, mode os.FileMode) {
				t.Helper()
				if err := os.WriteFile(path, []byte(text), mode); err != nil {
					t.Fatal(err)
				}
			}
			write("one "+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", 32)))+"\n", 0o600)
			peppers, err := workspace.LoadPeppers(path)
			if err != nil {
				t.Fatal(err)
			}
			ws, err := workspace.Open(t.Context(), workspace.Config{URL: url, Auth: workspace.AuthConfig{Peppers: peppers}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ws.CreateUser(t.Context(), contracts.Operator, auth.NewUser{Username: "member", Password: peppered}); err != nil {
				t.Fatal(err)
			}
			if err := ws.Close(); err != nil {
				t.Fatal(err)
			}
			login := func(r running) int {
				t.Helper()
				res, err := http.Post(r.address+"/api/v1/auth/login", "application/json", strings.NewReader(`{"username":"member","password":"`+peppered+`"}`))
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				return res.StatusCode
			}
			r := start(t, "--db", url, "--pepper-file", path)
			if code := login(r); code != http.StatusOK {
				t.Errorf("with the pepper: %d", code)
			}
			if r.stop(); strings.Contains(r.stderr.String(), "pepper") {
				t.Errorf("it says:\n%s", r.stderr.String())
			}
			r = start(t, "--db", url)
			if code := login(r); code != http.StatusUnauthorized { // as nobody's
				t.Errorf("without the pepper: %d", code)
			}
			r.stop()
			for _, told := range []string{"a pepper is missing, passwords cannot be checked", "a pepper is missing, somebody could not sign in"} {
				if !strings.Contains(r.stderr.String(), told) {
					t.Errorf("the log does not say %q:\n%s", told, r.stderr.String())
				}
			}
			if runtime.GOOS != "windows" {
				if err := os.Chmod(path, 0o644); err != nil {
					t.Fatal(err)
				}
				serveRefuses(t, "a pepper file for all to read", 6, []string{"may be read by others", "hint: Run: chmod 600 " + path}, "--db", url, "--pepper-file", path)
			}
		})
	}
}
