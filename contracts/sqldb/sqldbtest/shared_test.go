//go:build unix

package sqldbtest

import (
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func TestTheSharedServerStopsWhenNobodyUsesIt(t *testing.T) {
	t.Setenv(idleEnv, "1s")
	dir, err := os.MkdirTemp("/tmp", "dankerchat-test-shared-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { // the server's user must get there
		t.Fatal(err)
	}
	s := shared{dir}
	if _, err := s.claim("users"); err != nil {
		t.Fatal(err)
	}
	runtime.GC() // a lock must not go with a forgotten file
	runtime.GC()
	// The first port that it is given is somebody else's by the time that it asks for it.
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	taken := other.Addr().(*net.TCPAddr).Port
	pickPort = func() (int, error) { pickPort = freePort; return taken, nil }
	st, err := s.start(state{})
	if err != nil || st.Port == taken {
		t.Fatalf("started on port %d: %v", st.Port, err)
	}
	t.Cleanup(func() { s.kill(st.PID) })
	for range 2 { // the second finds the first's watchdog
		if err := s.ensureWatchdog(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2500 * time.Millisecond)
	if !s.runs(st.PID) {
		t.Fatal("the server stopped although it has a user")
	}
	if info, err := os.Stat(s.path("state.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the password has mode %v, error %v", info.Mode(), err)
	}
	wantFsync(t, st, "off")
	wrong := st
	wrong.Password = "guess"
	if wrong.alive() {
		t.Error("the server takes any password")
	}

	unclaim(t, s, "users")
	waitFor(t, "the server stops", func() bool { return !st.alive() })
	waitFor(t, "the watchdog ends", func() bool {
		f, err := s.flock("watchdog", syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			_ = f.Close()
		}
		return err == nil
	})
	// From the same folder, with another port perhaps; by its name it is a durable one now.
	s = shared{filepath.Join(filepath.Dir(dir), durableName+filepath.Base(dir))}
	if err := os.Rename(dir, s.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	again, err := s.start(s.read())
	if err != nil || again.Password != st.Password {
		t.Fatalf("second start: %+v, error %v", again, err)
	}
	wantFsync(t, again, "on")
	s.kill(again.PID)
	if again.alive() {
		t.Error("it is still there")
	}
}

func wantFsync(t *testing.T, st state, want string) {
	t.Helper()
	if got := fsync(t, st); got != want {
		t.Errorf("fsync is %s, want %s", got, want)
	}
}

func fsync(t *testing.T, st state) string {
	t.Helper()
	db, err := sql.Open("pgx", st.url())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var got string
	if err := db.QueryRow(`SHOW fsync`).Scan(&got); err != nil {
		t.Fatalf("ask for fsync: %v", err)
	}
	return got
}

// unclaim does what the end of the process would.
func unclaim(t *testing.T, s shared, name string) {
	t.Helper()
	claims.Lock()
	defer claims.Unlock()
	for _, f := range claims.files {
		if f.Name() == s.path(name) {
			_ = f.Close()
			return
		}
	}
	t.Fatalf("no claim on %s", name)
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within two minutes: %s", what)
}

func TestEachTestHasADatabaseOfItsOwnThatGoesAway(t *testing.T) {
	t.Parallel()
	for _, d := range Dialects() {
		var mu sync.Mutex
		var urls []string
		t.Run(string(d), func(t *testing.T) {
			for range 3 {
				t.Run("", func(t *testing.T) {
					t.Parallel()
					db := Open(t, d)
					mu.Lock()
					urls = append(urls, db.URL())
					mu.Unlock()
					if head, err := db.Head(t.Context()); err != nil || head != 0 {
						t.Errorf("head %d, error %v", head, err)
					}
				})
			}
		})
		if len(urls) != 3 || urls[0] == urls[1] || urls[1] == urls[2] {
			t.Errorf("databases %v", urls)
		}
		for _, u := range urls {
			if path, ok := strings.CutPrefix(u, "sqlite://"); ok {
				if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s is left over: %v", path, err)
				}
				continue
			}
			pool, base, err := instance(false)
			if err != nil {
				t.Fatal(err)
			}
			name := nameOf(t, u)
			var n int
			if err := pool.QueryRow(`SELECT count(*) FROM pg_database WHERE datname = $1`, name).Scan(&n); err != nil || n != 0 {
				t.Errorf("database %s on %s: %d left over, error %v", name, base, n, err)
			}
		}
	}
}

func nameOf(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// PostgreSQL gives up after five seconds, the tests do not.
func TestADatabaseIsCopiedOnceItsUsersHaveLeft(t *testing.T) {
	t.Parallel()
	used := PostgresURL(t)
	user := Connect(t, used, sqldb.Options{})
	time.AfterFunc(7*time.Second, func() { _ = user.Close() })
	if _, err := Connect(t, createDatabase(t, nameOf(t, used)), sqldb.Options{}).Head(t.Context()); err == nil {
		t.Error("the copy of an empty database has tables")
	}
}

func TestURLIsAFreshDatabaseWithoutTables(t *testing.T) {
	t.Parallel()
	for _, u := range []string{URL(t, sqldb.SQLite), URL(t, sqldb.Postgres), PostgresURL(t)} {
		db := Connect(t, u, sqldb.Options{})
		if _, err := db.Head(t.Context()); err == nil {
			t.Errorf("%s has tables", db.URL())
		}
	}
}

func TestWithoutPostgresTheTestFailsAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	err := missing("initdb and postgres are not installed")
	for _, hint := range []string{"TEST_POSTGRES_URL", "apt-get install postgresql", "PG_BIN"} {
		if !strings.Contains(err.Error(), hint) {
			t.Errorf("the error does not name %s", hint)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=TestURLIsAFresh")
	cmd.Env = []string{"TEST_POSTGRES_URL=postgres://nobody@127.0.0.1:1/none?sslmode=disable", "TMPDIR=" + t.TempDir()}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "FAIL") {
		t.Errorf("a test without its PostgreSQL did not fail: %v\n%s", err, out)
	}
}
