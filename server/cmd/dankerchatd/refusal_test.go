package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// asProgram makes the test binary the program, for tests that need a process.
const asProgram = "DANKERCHATD_TEST_PROGRAM"

// programs are what the test binary is when a variable is set.
var programs = map[string]func(){asProgram: main}

func TestMain(m *testing.M) {
	for env, program := range programs {
		if os.Getenv(env) != "" {
			program()
		}
	}
	os.Exit(m.Run())
}

// serveRefuses runs serve, which must end by itself with a code and an explanation.
func serveRefuses(t *testing.T, name string, code int, says []string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, stdout, stderr := run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	if got != code || stdout != "" {
		t.Errorf("%s: exit code %d, want %d:\n%s%s", name, got, code, stdout, stderr)
	}
	for _, text := range says {
		if !strings.Contains(stderr, text) {
			t.Errorf("%s: does not say %q:\n%s", name, text, stderr)
		}
	}
}

// What is wrong with the settings is found before there is a database.
func TestARefusedStartMakesNoDatabase(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, args := range map[string][]string{
		"a port in use":               {"--listen", taken.Addr().String()},
		"an address that is none":     {"--listen", "nonsense"},
		"providers without a URL":     {"--oidc-config", "providers.json"},
		"providers that are missing":  {"--public-url", "https://chat.example.com", "--oidc-config", "/nonexistent/providers.json"},
		"a pepper that is missing":    {"--pepper-file", "/nonexistent/pepper"},
		"a public URL that is none":   {"--public-url", "chat.example.com"},
		"a limit that is none":        {"--limit", "messages=many"},
		"a log level that is none":    {"--log-level", "loud"},
		"an argument that is unknown": {"now"},
		"a flag that is unknown":      {"--prot", "8080"},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		code, _, stderr := run(t.Context(), append([]string{"serve", "--data-dir", dir}, args...)...)
		if code == 0 || !strings.HasPrefix(stderr, "error: ") {
			t.Errorf("%s: exit code %d:\n%s", name, code, stderr)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %s was made", name, dir)
		}
	}
}

// A newer schema is refused by the server and by migrate, and left as it is.
func TestANewerSchemaIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.URL(t, d)
			start(t, "--db", url).stop()
			db := sqldbtest.Connect(t, url, sqldb.Options{})
			if err := db.Write(t.Context(), makeNewer); err != nil {
				t.Fatal(err)
			}
			claims := func() (n int) {
				t.Helper()
				if err := db.Read.QueryRowContext(t.Context(), `SELECT count(*) + COALESCE(MAX(created_at), 0) FROM owner_claim`).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			before := claims()
			says := []string{"error: the schema of auth has version 99999, this program knows ", "hint: Upgrade this program."}
			serveRefuses(t, "serve", 1, says, "--db", url)
			code, _, stderr := run(t.Context(), "migrate", "--db", url)
			if code != 1 || !strings.Contains(stderr, says[0]) || !strings.Contains(stderr, says[1]) {
				t.Errorf("migrate: exit code %d:\n%s", code, stderr)
			}
			if after := claims(); after != before {
				t.Error("the refused start has made a new first-run link")
			}
		})
	}
}

// Another program holds the write lock: serve waits as long as the timeout, says so,
// and the same database serves as soon as the lock is free.
func TestAHeldDatabaseIsBusy(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.URL(t, d)
			start(t, "--db", url).stop()
			release := holdRaw(t, d, url)
			serveRefuses(t, "serve", 8, []string{"error: ", "busy", "hint: "}, "--db", url)
			release()
			start(t, "--db", url)
		})
	}
}

// holdRaw takes the database's write lock as another program would.
func holdRaw(t *testing.T, d sqldb.Dialect, url string) (release func()) {
	t.Helper()
	driver, source, lock := "pgx", url, `SELECT * FROM event_head FOR UPDATE`
	if d == sqldb.SQLite {
		driver, source, lock = "sqlite", "file:"+strings.TrimPrefix(url, "sqlite://")+"?_txlock=immediate", `SELECT 1`
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), lock); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Errorf("release the lock: %v", err)
		}
	}
}

// A database that this user may not write is told as that, and not touched. It runs the
// program as a user without rights, which only root can choose; everybody else is one.
func TestAnUnwritableDatabase(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "dankerchatd-unwritable-") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(filepath.Join(dir, "data"), 0o700) //nolint:gosec // so that it can be removed
		_ = os.RemoveAll(dir)
	})
	program := filepath.Join(dir, "dankerchatd")
	copyProgram(t, program)
	data := filepath.Join(dir, "data")
	start(t, "--data-dir", data).stop()
	file := filepath.Join(data, "dankerchat.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := filepath.Glob(filepath.Join(data, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // it may read its keys, so that the database is what it stumbles over
		if err := os.Chown(filepath.Join(data, workspace.KeyFileName), 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, file: 0o444, data: 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, args := range map[string][]string{
		"serve":                         {"serve", "--listen", "127.0.0.1:0", "--data-dir", data},
		"serve with a new file there":   {"serve", "--listen", "127.0.0.1:0", "--db", "sqlite://" + filepath.Join(data, "new.db")},
		"serve with a new folder there": {"serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(data, "new")},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env, cmd.Dir, cmd.Stderr = []string{asProgram + "=1"}, "/", &stderr
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		_ = cmd.Run() // the exit code tells
		cancel()
		if code := cmd.ProcessState.ExitCode(); code != 8 || !strings.Contains(stderr.String(), data) || !strings.Contains(stderr.String(), "permission denied\nhint: ") {
			t.Errorf("%s: exit code %d:\n%s", name, code, stderr.String())
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the database was changed, error %v", err)
	}
	if after, err := filepath.Glob(filepath.Join(data, "*")); err != nil || !slices.Equal(after, beside) {
		t.Errorf("in the folder: %v, before: %v, error %v", after, beside, err)
	}
}

func copyProgram(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
