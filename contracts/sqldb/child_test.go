package sqldb_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// The test binary runs itself as these children, to have real processes beside it.
const (
	childEnv = "SQLDB_TEST_CHILD"
	urlEnv   = "SQLDB_TEST_URL"
)

func child(role string) int {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, os.Getenv(urlEnv), sqldb.Options{BusyTimeout: patience})
	if err == nil {
		if role != "hold" {
			sqldb.SetDeadline(db, patience)
		}
		switch role {
		case "write":
			err = childWrite(ctx, db, 8, 400)
		case "write until killed":
			err = childWrite(ctx, db, 8, 1<<30)
		case "saturate":
			err = childWrite(ctx, db, 256, 1<<30)
		case "migrate":
			err = sqldb.Migrate(ctx, db, eventlog.Migrations, things)
		case "hold":
			err = db.Write(ctx, func(context.Context, *sql.Tx) error {
				fmt.Println("held")
				time.Sleep(time.Minute)
				return nil
			})
		case "disk error":
			err = childDiskError(ctx, db)
		default:
			err = errors.New("no such role")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// childWrite appends events in n closures of one to five from many goroutines; a
// third of the closures fails after it has taken positions. It prints what was
// acknowledged.
func childWrite(ctx context.Context, db *sqldb.DB, senders int, n int64) error {
	var next atomic.Int64
	var mu sync.Mutex // guards failed and standard output
	var failed error
	refused := errors.New("refused")
	pid := strconv.Itoa(os.Getpid())
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				var events []*contracts.Event
				err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
					mine := make([]*contracts.Event, 1+rand.IntN(5))
					for k := range mine {
						mine[k] = &contracts.Event{Type: "t", Scope: "ws", Actor: pid, Subject: fmt.Sprintf("%s-%d-%d", pid, i, k)}
					}
					if err := eventlog.Append(ctx, tx, mine...); err != nil {
						return err
					}
					if i%3 == 0 {
						return refused
					}
					events = mine
					return nil
				})
				mu.Lock()
				switch {
				case err == nil:
					for _, ev := range events {
						fmt.Println(ev.Position, ev.Subject)
					}
				case !errors.Is(err, refused):
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return failed
}

// childDiskError lets the kernel refuse writes beyond the file's size, as a broken
// disk would, and reports what Write says then.
func childDiskError(ctx context.Context, db *sqldb.DB) error {
	signal.Ignore(syscall.SIGXFSZ)
	if err := db.Write(ctx, add("before")); err != nil {
		return err
	}
	info, err := os.Stat(db.Path() + "-wal")
	if err != nil {
		return err
	}
	size := uint64(info.Size()) + 8192
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		return err
	}
	for i := range 100 {
		err := db.Write(ctx, add(fmt.Sprintf("thing %d", i)))
		if err == nil {
			fmt.Printf("thing %d\n", i)
			continue
		}
		if !errors.Is(err, contracts.ErrOutcomeUnknown) {
			return fmt.Errorf("the first write on a broken disk got %w", err)
		}
		if err := db.Write(ctx, add("after")); !errors.Is(err, contracts.ErrUnavailable) {
			return fmt.Errorf("the next write got %w", err)
		}
		if err := db.Ping(ctx); !errors.Is(err, contracts.ErrUnavailable) {
			return fmt.Errorf("ping says %w", err)
		}
		fmt.Printf("unknown thing %d\n", i)
		return nil
	}
	return errors.New("100 writes fitted into a file of limited size")
}

type exitError = exec.ExitError

func startChild(t *testing.T, role, url string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"="+role, urlEnv+"="+url)
	return cmd
}

func TestTwoProcessesLeaveNoHoleAndNoDouble(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			type result struct {
				out []byte
				err error
			}
			results := make(chan result)
			const processes = 3
			for range processes {
				cmd := startChild(t, "write", url)
				go func() {
					out, err := cmd.Output()
					results <- result{out, err}
				}()
			}
			acked := map[string]string{}
			for range processes {
				r := <-results
				var exit *exec.ExitError
				if errors.As(r.err, &exit) {
					t.Fatalf("child: %v\n%s", r.err, exit.Stderr)
				}
				for line := range strings.Lines(string(r.out)) {
					position, subject, _ := strings.Cut(strings.TrimSpace(line), " ")
					if acked[position] != "" {
						t.Errorf("position %s was given to %s and to %s", position, acked[position], subject)
					}
					acked[position] = subject
				}
			}
			stored := wantGapless(t, sqldbtest.Connect(t, url, sqldb.Options{}))
			if len(stored) != len(acked) || len(stored) < processes*260 {
				t.Errorf("%d events stored, %d acknowledged", len(stored), len(acked))
			}
			for i, subject := range stored {
				if acked[strconv.Itoa(i+1)] != subject {
					t.Fatalf("position %d holds %s, acknowledged was %s", i+1, subject, acked[strconv.Itoa(i+1)])
				}
			}
		})
	}
}

func TestAKilledProcessLosesNothingAcknowledged(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			db := patient(t, url)
			acked := map[string]bool{}
			for range 3 {
				cmd := startChild(t, "write until killed", url)
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				lines := bufio.NewScanner(out)
				for n := 0; lines.Scan(); n++ {
					_, subject, whole := strings.Cut(lines.Text(), " ")
					if whole && strings.Count(subject, "-") == 2 {
						acked[subject] = true
					}
					if n == 300 {
						if err := cmd.Process.Kill(); err != nil {
							t.Fatal(err)
						}
					}
				}
				_ = cmd.Wait() // it was killed
				mustWrite(t, db, func(ctx context.Context, tx *sql.Tx) error {
					return eventlog.Append(ctx, tx, &contracts.Event{Type: "t", Scope: "ws", Subject: "between"})
				})
			}
			stored := wantGapless(t, db)
			for _, s := range stored {
				delete(acked, s)
			}
			if len(stored) < 900 || len(acked) > 1 { // the last line may be cut short
				t.Errorf("%d events stored; acknowledged but missing: %d %v", len(stored), len(acked), acked)
			}
		})
	}
}

func TestAFrozenInstanceLosesTheWriteLock(t *testing.T) {
	t.Parallel()
	url := sqldbtest.MigratedURL(t, sqldb.Postgres, things)
	db := patient(t, url)
	cmd := startChild(t, "hold", url)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("child says %q, error %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, db, add("first")) // which is refused when it has waited for patience
}

func TestATornStorageStopsAcknowledging(t *testing.T) {
	t.Parallel()
	url := sqldbtest.MigratedURL(t, sqldb.SQLite, things)
	out, err := startChild(t, "disk error", url).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("child: %v\n%s", err, exit.Stderr)
	}
	db := sqldbtest.Connect(t, url, sqldb.Options{})
	stored := names(t, db)
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "unknown") && !slices.Contains(stored, line) {
			t.Errorf("%s was acknowledged and is missing", line)
		}
	}
	if slices.Contains(stored, "after") || !slices.Contains(stored, "before") {
		t.Errorf("stored %v", stored)
	}
	wantGapless(t, db)
}

func TestAToolBesideASaturatedServerIsServed(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			tool := sqldbtest.Connect(t, url, sqldb.Options{BusyTimeout: 5 * patience})
			sqldb.SetDeadline(tool, patience)
			server := startChild(t, "saturate", url)
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
			head := func() int64 {
				at, err := tool.Head(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			eventually(t, "the server writes", func() bool { return head() > 50 })
			// How long it takes depends on the machine; how often others go first does less. A batch
			// of the server is 64 closures, and two of three append three events on average. About
			// ten of them go first on SQLite, whose lock is not fair, on a slow disk a hundred.
			const writes, batch, most = 12, 64 * 2, 200
			begin := head()
			for i := range writes {
				mustWrite(t, tool, add(fmt.Sprintf("tool %d", i)))
			}
			if batches := (head() - begin) / writes / batch; batches > most {
				t.Errorf("the server wrote %d batches before each of the tool's writes", batches)
			}
		})
	}
}

func TestReadThenWriteHasNoRaceBetweenProcesses(t *testing.T) {
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			url := sqldbtest.MigratedURL(t, d, things)
			var wg sync.WaitGroup
			const instances, senders, rounds = 3, 4, 10
			first := patient(t, url)
			mustWrite(t, first, add("counter"))
			for range instances {
				db := patient(t, url)
				for range senders {
					wg.Go(func() {
						for range rounds {
							err := db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
								var n int64
								if err := tx.QueryRowContext(ctx, `SELECT n FROM thing WHERE name = 'counter'`).Scan(&n); err != nil {
									return err
								}
								_, err := tx.ExecContext(ctx, `UPDATE thing SET n = $1 WHERE name = 'counter'`, n+1)
								return err
							})
							if err != nil {
								t.Error(err)
							}
						}
					})
				}
			}
			wg.Wait()
			var n int
			if err := first.Read.QueryRowContext(t.Context(), `SELECT n FROM thing WHERE name = 'counter'`).Scan(&n); err != nil || n != instances*senders*rounds {
				t.Errorf("counted %d, error %v, want %d", n, err, instances*senders*rounds)
			}
		})
	}
}
