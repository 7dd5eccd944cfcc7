// Command faults runs the slow fault rounds against a real dankerchatd: many kill -9
// under load on each engine. The exit status is 1 when a promise was broken. That the
// checker catches a server that acknowledges before it commits is a test of package crash.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/dankerchat/dankerchat/server/internal/crash"
	"github.com/dankerchat/dankerchat/server/internal/pgtest"
	_ "github.com/jackc/pgx/v5/stdlib"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("faults", flag.ExitOnError)
	binary := flags.String("server", "bin/dankerchatd", "the server to crash")
	rounds := flags.Int("rounds", 20, "kill -9 rounds on each engine")
	engines := flags.String("engines", "sqlite,postgres", "database engines, separated by commas")
	_ = flags.Parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed := 0
	for _, engine := range strings.Split(*engines, ",") {
		dir, err := os.MkdirTemp("", "dankerchat-faults-")
		if err != nil {
			fmt.Fprintln(os.Stderr, "faults:", err)
			return 1
		}
		url, drop := "sqlite://"+dir+"/dankerchat.db", func() {}
		if engine == "postgres" {
			if url, drop, err = pgtest.Database(ctx); err != nil {
				fmt.Fprintln(os.Stderr, "faults:", err)
				return 1
			}
		}
		report, err := crash.Run(ctx, crash.Config{Binary: *binary, URL: url, DataDir: dir, Rounds: *rounds, Senders: 40, MinAcked: 150, Logf: func(f string, a ...any) { fmt.Printf("  "+f+"\n", a...) }})
		drop()
		_ = os.RemoveAll(dir)
		verdict := "passed"
		if err != nil {
			failed++
			verdict = "FAILED: " + err.Error()
		}
		fmt.Printf("kill -9 on %s: %d rounds, %d acknowledged, %d of them by a repeat, %d still unknown, %d stored, %d observed, slowest start %s: %s\n",
			engine, report.Rounds, report.Acked, report.Retried, report.Unknown, report.Stored, report.Observed, report.SlowestReady, verdict)
	}
	fmt.Printf("%d failed\n", failed)
	if failed > 0 {
		return 1
	}
	return 0
}
