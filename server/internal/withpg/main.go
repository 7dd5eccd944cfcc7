// Command withpg runs a command with TEST_POSTGRES_URL set to a real PostgreSQL in
// which it may create databases: the one that the variable names already, else one in
// a container where a Docker engine answers within seconds and has or gets the image,
// else one that is started from the machine's own binaries. All listen on loopback.
//
//	go run ./server/internal/withpg go test work
//	go run ./server/internal/withpg -durable make-measurements
//
// With -durable the server of the machine's own binaries syncs its writes to disk.
// It ends with the command's exit status. Without any PostgreSQL it fails and says how
// to get one.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	durable := len(args) > 0 && args[0] == "-durable"
	if durable {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withpg [-durable] COMMAND [ARGUMENT…]")
		return 2
	}
	url, from, stop, err := database(context.Background(), durable)
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
		return 1
	}
	defer stop()
	fmt.Fprintln(os.Stderr, "withpg: PostgreSQL", from)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TEST_POSTGRES_URL="+url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
		return 1
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it has ended already when this fails
		}
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "withpg:", err)
		return 1
	}
	return 0
}

// database finds or starts a PostgreSQL; from says which, for people.
func database(ctx context.Context, durable bool) (url, from string, stop func(), err error) {
	nothing := func() {}
	if url := os.Getenv("TEST_POSTGRES_URL"); url != "" {
		return url, "from TEST_POSTGRES_URL", nothing, nil
	}
	if engineAnswers(ctx) {
		url, stop, err := startContainer(ctx)
		if err == nil {
			return url, "in a container", stop, nil
		}
		fmt.Fprintln(os.Stderr, "withpg: the Docker engine answers, but no container could be had; taking the machine's own PostgreSQL:", err)
	}
	url, err = sqldbtest.Server(durable)
	return url, "from this machine's binaries", nothing, err
}
