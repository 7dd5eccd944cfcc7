package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// migrate says why it cannot open a database, as serve does.
func TestMigrateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for database, says := range map[string]string{
		"postgres://chat@127.0.0.1:1/chat": "error: cannot open postgres://chat@127.0.0.1:1/chat: ",
		"sqlite://" + t.TempDir():          "is a directory\n",
	} {
		for _, more := range [][]string{{}, {"--dry-run"}} {
			code, _, stderr := run(t.Context(), append([]string{"migrate", "--db", database}, more...)...)
			if code != 8 || !strings.Contains(stderr, says) || !strings.Contains(stderr, "\nhint: Is ") {
				t.Errorf("%s %v: exit code %d:\n%s", database, more, code, stderr)
			}
		}
	}
}

// A password among the arguments can be read by every user of the machine: said for a
// database, whose URL has its place in the environment.
func TestADatabasePasswordAmongTheArguments(t *testing.T) {
	const warned = "warning: --db holds a password, which every user of this machine can read among the arguments"
	const database = "postgres://chat:canary@127.0.0.1:1/chat"
	code, stdout, stderr := run(t.Context(), "migrate", "--db", database, "--format", "json")
	if code != 8 || !strings.Contains(stderr, warned) || !strings.Contains(stderr, "DANKERCHAT_DB") || strings.Contains(stderr+stdout, "canary") {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
	var doc struct{ Warnings []string }
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || len(doc.Warnings) != 1 {
		t.Errorf("%v: %s", err, stdout)
	}
	t.Setenv("DANKERCHAT_DB", database)
	if code, _, stderr := run(t.Context(), "migrate"); code != 8 || strings.Contains(stderr, "warning: ") {
		t.Errorf("from the environment: exit code %d:\n%s", code, stderr)
	}
}

// What was typed counts more than what the environment says.
func TestATypedDataDirectoryCounts(t *testing.T) {
	t.Setenv("DANKERCHAT_DB", "sqlite://"+filepath.Join(t.TempDir(), "elsewhere.db"))
	dir := filepath.Join(t.TempDir(), "data")
	if code, _, stderr := run(t.Context(), "migrate", "--data-dir", dir); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "dankerchat.db")); err != nil {
		t.Error(err)
	}
	_, stdout, _ := run(t.Context(), "migrate", "--format", "json")
	if !strings.Contains(stdout, "elsewhere.db") {
		t.Errorf("the environment no longer counts: %s", stdout)
	}
}

// A database named by a relative path has its key file beside it, as any other.
func TestARelativePathHasItsKeyFile(t *testing.T) {
	t.Chdir(t.TempDir())
	r := start(t, "--db", "sqlite:data/chat.db", "--log-format", "json")
	if strings.Contains(r.stderr.String(), "no key file") {
		t.Errorf("it warns:\n%s", r.stderr.String())
	}
	if _, err := os.Stat(filepath.Join("data", "secret.key")); err != nil {
		t.Error(err)
	}
	r.stop()
}

func TestHealthcheckTakesAnAddressAsItIsShown(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/health/ready" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	if code, _, stderr := run(t.Context(), "healthcheck", "--address", s.URL+"/"); code != 0 {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
	for _, wrong := range []string{strings.TrimPrefix(s.URL, "http://"), "ftp://example.org", "http://", "nonsense"} {
		code, _, stderr := run(t.Context(), "healthcheck", "--address", wrong)
		if code != 2 || !strings.Contains(stderr, "hint: Give http://") {
			t.Errorf("%s: exit code %d:\n%s", wrong, code, stderr)
		}
	}
}
