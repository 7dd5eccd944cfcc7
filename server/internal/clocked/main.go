// Command clocked serves a workspace by a clock that is put forward, for tests in which
// hours pass: each line on its input is a duration, and is answered with "ahead SUM" when
// the clock is ahead and what the server does from time to time has been done.
//
//	clocked 127.0.0.1:9997 http://127.0.0.1:9998 sqlite:///tmp/chat.db
//
// The second argument is the address that browsers know.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/rs/zerolog"
	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/server"
	"github.com/dankerchat/dankerchat/server/workspace"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	if len(args) != 3 {
		return errors.New("usage: clocked ADDRESS PUBLIC-URL DATABASE")
	}
	public, err := url.Parse(args[1])
	if err != nil {
		return fmt.Errorf("public URL: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	ws, err := workspace.Open(ctx, workspace.Config{URL: args[2], Migrate: true, Log: log, Now: now})
	if err != nil {
		return fmt.Errorf("open workspace: %w", err)
	}
	defer func() { err = errors.Join(err, ws.Close()) }()
	srv, err := server.New(server.Config{Workspace: ws, PublicURL: public, Log: &log, DrainSpread: time.Millisecond, DrainTimeout: time.Second})
	if err != nil {
		return fmt.Errorf("make server: %w", err)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", args[0])
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	code, err := ws.Auth.NewClaim(ctx)
	if err != nil {
		return fmt.Errorf("make the first-run link: %w", err)
	}
	fmt.Fprintf(os.Stderr, "listening on %s, first-run link: %s/setup#%s\n", ln.Addr(), public, code.Reveal())
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			d, err := time.ParseDuration(in.Text())
			if err == nil {
				ahead.Add(int64(d))
				err = ws.Prune(ctx)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "error:", err)
				continue
			}
			fmt.Fprintln(os.Stderr, "ahead", time.Duration(ahead.Load()))
		}
	}()
	return srv.Serve(ctx, ln)
}
