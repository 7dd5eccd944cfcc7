// Command demo fills a running DankerChat server with something to look at: 20
// numbered accounts, 10 channels, 2,000 messages and some direct conversations,
// all through the public API. It may be run twice: what is there stays, and every
// message is posted once.
//
// It needs an administrator, by API token in DANKERCHAT_TOKEN or by name and
// password:
//
//	DANKERCHAT_PASSWORD=… demo --username owner
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// localPassword is the accounts' password on a server of this machine. Anywhere
// else one must be chosen: whoever reads this file knows this one.
const localPassword = "dankerchat demo"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stderr))
}

type options struct {
	server, username string
	messages         int
}

func run(ctx context.Context, args []string, stdin *os.File, stderr io.Writer) int {
	o := options{server: os.Getenv("DANKERCHAT_SERVER")}
	if o.server == "" {
		o.server = "http://127.0.0.1:8080"
	}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.server, "server", o.server, "the server's `URL`; also $DANKERCHAT_SERVER")
	flags.StringVar(&o.username, "username", "", "the administrator's `NAME`; asked for without $DANKERCHAT_TOKEN")
	flags.IntVar(&o.messages, "messages", 2000, "how many messages there shall be in channels")
	if flags.Parse(args) != nil || flags.NArg() > 0 || o.messages < 0 {
		return 2
	}
	if err := fill(ctx, o, stdin, stderr); err != nil {
		var e *contracts.Error
		if !errors.As(err, &e) {
			fmt.Fprintln(stderr, "error:", err)
			return 1
		}
		fmt.Fprintln(stderr, "error:", e.Message)
		if hint := cmp.Or(e.Hint, e.Code.Hint()); hint != "" {
			fmt.Fprintln(stderr, "hint:", hint)
		}
		return 1
	}
	return 0
}

func fill(ctx context.Context, o options, stdin *os.File, stderr io.Writer) error {
	admin, err := administrator(ctx, o, stdin, stderr)
	if err != nil {
		return err
	}
	password, err := demoPassword(admin.Address())
	if err != nil {
		return err
	}
	d := demo{admin: admin, password: password, out: stderr, messages: o.messages}
	if err := d.run(ctx); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "Open %s and sign in as demo01 … demo%02d", admin.Address(), people)
	if password == localPassword {
		fmt.Fprintf(stderr, " with the password %q", password)
	}
	fmt.Fprintln(stderr, ".")
	return nil
}

// administrator signs in as somebody who may make accounts.
func administrator(ctx context.Context, o options, stdin *os.File, stderr io.Writer) (*dankerchat.Client, error) {
	name := dankerchat.WithName("demo/" + contracts.CurrentBuild().Version)
	c, err := dankerchat.New(o.server, name, dankerchat.WithToken(os.Getenv("DANKERCHAT_TOKEN")))
	if err != nil {
		return nil, err
	}
	if meta, err := c.Meta(ctx); err != nil {
		var e *contracts.Error
		if errors.As(err, &e) && e.Code == contracts.CodeUnavailable {
			return nil, e.WithHint("Start one with make run, or name another with --server.")
		}
		return nil, err
	} else if !meta.SetupDone {
		return nil, contracts.ErrConflict.With("the server has no owner yet").WithHint("Open its first-run link first, which it prints when it starts.")
	}
	if c.Tokens().Access == "" {
		if err := signIn(ctx, c, o.username, stdin, stderr); err != nil {
			return nil, err
		}
	}
	me, err := c.Me(ctx)
	if err != nil {
		return nil, err
	}
	if !(contracts.Actor{UserID: me.ID, Role: me.Role}).Can(contracts.PermManageUsers) {
		return nil, contracts.ErrForbidden.With("@" + me.Username + " may not make accounts").WithHint("Sign in as an administrator.")
	}
	return c, nil
}

func signIn(ctx context.Context, c *dankerchat.Client, username string, stdin *os.File, stderr io.Writer) error {
	password := os.Getenv("DANKERCHAT_PASSWORD")
	if (username == "" || password == "") && !term.IsTerminal(int(stdin.Fd())) {
		return contracts.ErrUnauthenticated.With("an administrator is needed").
			WithHint("Set DANKERCHAT_TOKEN to what chat-auth token create --user @owner --name demo --scope '*' prints, or DANKERCHAT_PASSWORD and --username.")
	}
	if username == "" {
		fmt.Fprint(stderr, "Administrator's user name: ")
		line, err := bufio.NewReader(stdin).ReadString('\n')
		if err != nil {
			return fmt.Errorf("read the user name: %w", err)
		}
		username = strings.TrimSpace(line)
	}
	if password == "" {
		fmt.Fprint(stderr, "Password: ")
		b, err := term.ReadPassword(int(stdin.Fd()))
		fmt.Fprintln(stderr)
		if err != nil {
			return fmt.Errorf("read the password: %w", err)
		}
		password = string(b)
	}
	_, err := c.Login(ctx, username, password)
	return err
}

// demoPassword is the accounts' password.
func demoPassword(address string) (string, error) {
	if p := os.Getenv("DANKERCHAT_DEMO_PASSWORD"); p != "" {
		return p, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("read the address: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return localPassword, nil
	}
	return "", contracts.ErrInvalid.With("on a server that others can reach, the accounts need a password of your own").
		WithHint("Set DANKERCHAT_DEMO_PASSWORD.")
}
