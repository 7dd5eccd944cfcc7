package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server"
	"github.com/dankerchat/dankerchat/server/pgbus"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/command"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name: "serve", Usage: "serve the workspace until SIGINT or SIGTERM",
		UsageText: `dankerchatd serve
dankerchatd serve --listen 127.0.0.1:8080 --public-url https://chat.example.com --trusted-proxy 127.0.0.1
dankerchatd serve --db postgres://chat@localhost/chat`,
		Description: "At the first start it prints a link by which the first owner makes the workspace. Logs and the two lines \"listening on\" and \"first-run link:\" go to stderr. " +
			"SIGTERM drains: clients are told to come back, work in flight is finished.",
		Flags: append(append(databaseFlags(), mailFlags()...),
			&cli.StringFlag{Name: "listen", Value: ":8080", EnvVars: []string{"DANKERCHAT_LISTEN"}, Usage: "the `ADDRESS` to listen on; port 0 takes a free one"},
			&cli.StringFlag{Name: "key-file", EnvVars: []string{"DANKERCHAT_KEY_FILE"}, Usage: "the `FILE` of the keys that seal secrets, made when it is missing; default secret.key beside the embedded database"},
			command.PepperFlag(),
			&cli.StringFlag{Name: "oidc-config", EnvVars: []string{"DANKERCHAT_OIDC_CONFIG"}, Usage: "the `FILE` of identity providers that people may sign in through (JSON, mode 0600); needs --public-url"},
			&cli.StringFlag{Name: "public-url", EnvVars: []string{"DANKERCHAT_PUBLIC_URL"}, Usage: "the `URL` under which people reach the server"},
			&cli.StringSliceFlag{Name: "trusted-proxy", EnvVars: []string{"DANKERCHAT_TRUSTED_PROXY"}, Usage: "an `ADDRESS` or network whose X-Forwarded-For is believed; may be repeated"},
			&cli.StringSliceFlag{Name: "limit", EnvVars: []string{"DANKERCHAT_LIMITS"}, Usage: "set a limit, `NAME=VALUE`; may be repeated"},
			&cli.StringFlag{Name: "log-format", Value: "auto", EnvVars: []string{"DANKERCHAT_LOG_FORMAT"}, Usage: "`FORMAT` of the log: json, text, or auto (text on a terminal)"},
			&cli.StringFlag{Name: "log-level", Value: "info", EnvVars: []string{"DANKERCHAT_LOG_LEVEL"}, Usage: "log from this `LEVEL` on: debug, info, warn, error"},
			&cli.DurationFlag{Name: "drain-delay", Value: 2 * time.Second, EnvVars: []string{"DANKERCHAT_DRAIN_DELAY"}, Usage: "how long to take connections after turning unready"},
		),
		Action: func(c *cli.Context) error { return serve(c.Context, c) },
	}
}

func serve(ctx context.Context, c *cli.Context) (err error) {
	tuneMemory()
	stderr := cliutil.Output(c).Stderr()
	log, err := newLogger(stderr, c.String("log-format"), c.String("log-level"))
	if err != nil {
		return err
	}
	cfg := server.Config{Log: &log, DrainDelay: c.Duration("drain-delay")}
	if cfg.DrainDelay < 0 {
		return cliutil.Usagef("--drain-delay must not be negative").WithHint("Give 0s or more; 2s is the default.")
	}
	if cfg.PublicURL, err = command.PublicURL(c); err != nil {
		return err
	}
	if cfg.TrustedProxies, err = trustedProxies(c.StringSlice("trusted-proxy")); err != nil {
		return err
	}
	if cfg.Limits, err = limits(c.StringSlice("limit")); err != nil {
		return err
	}
	var ws *workspace.Workspace
	signIn, err := signingIn(c, cfg.PublicURL, func() *workspace.Workspace { return ws })
	if err != nil {
		return err
	}
	ln, err := listen(ctx, c.String("listen"))
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()

	ws, closeAll, err := open(ctx, databaseURL(c), c.String("key-file"), signIn, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	cfg.Workspace = ws
	srv, err := server.New(cfg)
	if err != nil {
		return fmt.Errorf("make server: %w", err)
	}
	if err := announce(ctx, stderr, ws, ln, cfg.PublicURL, &log); err != nil {
		return err
	}
	debug.FreeOSMemory() // what opening and migrating took
	return srv.Serve(ctx, ln)
}

// signingIn reads what the flags say of how people sign in.
func signingIn(c *cli.Context, public *url.URL, ws func() *workspace.Workspace) (cfg workspace.AuthConfig, err error) {
	if cfg.Providers, err = identityProviders(c.String("oidc-config"), public); err != nil {
		return cfg, err
	}
	if path := c.String("pepper-file"); path != "" {
		if cfg.Peppers, err = workspace.LoadPeppers(path); err != nil {
			return cfg, err
		}
	}
	letters, err := mailer(c, public, ws)
	if err == nil && public != nil {
		cfg.Issuer, cfg.PublicURL, cfg.Mailer = public.String(), public.String(), letters
	}
	return cfg, err
}

// missPeppers says in the log whose passwords cannot be checked, before people ask why
// they cannot sign in.
func missPeppers(ctx context.Context, ws *workspace.Workspace, log zerolog.Logger) error {
	use, err := ws.Auth.PepperUse(ctx)
	for _, u := range use {
		if !u.Known {
			log.Error().Str("pepper", u.ID).Int64("passwords", u.Passwords).Str("hint", "bring it back to the file that --pepper-file names").
				Msg("a pepper is missing, passwords cannot be checked")
		}
	}
	return err
}

// tuneMemory trades a little processor time for memory, unless the operator decided.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot listen on "+address+": "+reason(err)).
			WithHint("Choose another address with --listen, or stop the program that uses it."), err)
	}
	return ln, nil
}

// reason is the innermost text of an error of the network or of a file.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		err = sys.Err
	}
	return err.Error()
}

// open opens the workspace as its server: alone on a SQLite file, with notifications
// between servers on PostgreSQL.
func open(ctx context.Context, url, keyFile string, signIn workspace.AuthConfig, log zerolog.Logger) (*workspace.Workspace, func() error, error) {
	cfg := workspace.Config{URL: url, Log: log, Migrate: true, Auth: signIn}
	var bus *pgbus.Bus
	if scheme, _, _ := strings.Cut(url, ":"); scheme == "postgres" || scheme == "postgresql" {
		bus = pgbus.New(url, log)
		cfg.Bus = messaging.Bus(bus)
	} else if path, ok := strings.CutPrefix(strings.Replace(url, "sqlite://", "sqlite:", 1), "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot make the data directory "+filepath.Dir(path)+": "+reason(err)).
				WithHint("Choose another with --data-dir."), err)
		}
		if keyFile == "" {
			keyFile = filepath.Join(filepath.Dir(path), workspace.KeyFileName)
		}
	}
	var keys workspace.KeyFile
	if keyFile != "" { // servers that share a PostgreSQL database have to share it: nothing to guess
		var err error
		if keys, err = workspace.LoadKeyFile(keyFile); err != nil {
			return nil, nil, err
		}
	} else {
		log.Warn().Str("hint", "give all servers the same --key-file").Msg("no key file: authenticator apps cannot be set up")
	}
	cfg.Auth.SealKeys = keys.Keys
	ws, err := workspace.Open(ctx, cfg)
	if err != nil {
		return nil, nil, explain(url, err)
	}
	unlock, err := ws.DB.LockServer()
	if err != nil {
		return nil, nil, errors.Join(err, ws.Close())
	}
	if err := errors.Join(keys.Save(), missPeppers(ctx, ws, log)); err != nil {
		unlock()
		return nil, nil, errors.Join(err, ws.Close())
	}
	return ws, func() error {
		if bus != nil {
			_ = bus.Close()
		}
		defer unlock()
		return ws.Close()
	}, nil
}

// explain names the database in an error that has no hint of its own.
func explain(database string, err error) error {
	err = operator.Unopened(database, err)
	var e *contracts.Error
	if !errors.As(err, &e) || e.Hint != "" && e.Code != contracts.CodeBusy {
		return err
	}
	if u, perr := url.Parse(database); perr == nil {
		database = u.Redacted()
	}
	cause := strings.TrimPrefix(err.Error(), e.Error()+": ")
	hint := "Is it the right one, can this user write it, and does it answer? A damaged file needs its backup."
	if e.Code == contracts.CodeBusy {
		hint = "Another program holds it: end that, or try again in a moment."
	}
	return fmt.Errorf("%w: %w", e.With("cannot open the database "+database+": "+cause).WithHint(hint), err)
}

// announce tells a person where the server is and, before there is an owner, how to
// become it. The lines are the same in every log format.
func announce(ctx context.Context, stderr io.Writer, ws *workspace.Workspace, ln net.Listener, public *url.URL, log *zerolog.Logger) error {
	address := addressOf(ln)
	fmt.Fprintf(stderr, "listening on %s\n", address)
	link := address
	if public != nil {
		link = public.String()
		fmt.Fprintf(stderr, "public address %s\n", link)
	}
	if ws.DB.Dialect() == sqldb.SQLite {
		fmt.Fprintf(stderr, "database %s\n", cliutil.Visible(ws.DB.Path()))
	}
	claim, err := ws.Auth.NewClaim(ctx)
	switch {
	case errors.Is(err, contracts.ErrAlreadySetUp):
	case err != nil:
		return fmt.Errorf("make the first-run link: %w", err)
	default:
		fmt.Fprintf(stderr, "first-run link: %s/setup#%s\n", link, claim.Reveal())
	}
	if host, _, _ := net.SplitHostPort(ln.Addr().String()); (public == nil || public.Scheme != "https") && !net.ParseIP(host).IsLoopback() {
		log.Warn().Str("hint", "put a TLS proxy before it and set --public-url https://…").Msg("plain http: passwords and messages can be read on the network")
	}
	log.Info().Str("version", contracts.CurrentBuild().Version).Str("address", address).Str("database", ws.DB.URL()).Msg("serving")
	return nil
}

// addressOf is the listener's address as somebody on this machine types it.
func addressOf(ln net.Listener) string {
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return "http://" + ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
