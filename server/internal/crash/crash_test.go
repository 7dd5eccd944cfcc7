package crash_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/internal/binaries"
	"github.com/dankerchat/dankerchat/server/internal/crash"
)

func config(t *testing.T, binary string, d sqldb.Dialect) crash.Config {
	t.Helper()
	dir, err := os.MkdirTemp("", "dankerchat-crash-") // not TempDir: a killed server may still hold files
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	url := "sqlite://" + filepath.Join(dir, "dankerchat.db")
	if d == sqldb.Postgres {
		url = sqldbtest.URL(t, d)
	}
	return crash.Config{Binary: binary, URL: url, DataDir: dir, Rounds: 20, Senders: 40, MinAcked: 100, Logf: t.Logf}
}

func TestKill(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(binaries.Dir(t, "dankerchatd"), "dankerchatd")
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			report, err := crash.Run(t.Context(), config(t, binary, d))
			if err != nil {
				t.Fatal(err)
			}
			if report.Rounds != 20 || report.Acked < 2000 || report.Retried < 20*32 {
				t.Fatalf("the rounds were too tame: %+v", report)
			}
			t.Logf("%+v", report)
		})
	}
}

// TestControl holds the checker against a server that acknowledges before it commits:
// rounds that could not tell the two apart would prove nothing.
func TestControl(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(binaries.Build(t, "ackbeforecommit", "dankerchatd"), "dankerchatd")
	for tries := 1; ; tries++ { // whether a kill falls between the answer and the commit is luck, not each time
		cfg := config(t, binary, sqldb.SQLite)
		cfg.Rounds = 6
		_, err := crash.Run(t.Context(), cfg)
		if err != nil && (strings.Contains(err.Error(), "lost") || strings.Contains(err.Error(), "acknowledged as")) {
			t.Logf("caught: %v", err)
			return
		}
		if err != nil || tries == 5 {
			t.Fatalf("a server that acknowledges before it commits passed the rounds: %v", err)
		}
	}
}
