// Package command is what the command lines over the database have in common: chat-auth,
// chat-messaging, chat-channels and chat-admin. They are composition roots, and so is this
// package: it brings cliutil, how a program reads and writes, and operator, an open
// workspace, together. Programs alone import it.
//
//	&cli.Command{Name: "get", ArgsUsage: "CHANNEL", Action: command.Do(get)}
//
//	func get(ctx context.Context, c *cli.Context, s command.Session) error {
//		ch, err := s.Channel(ctx, c.Args().First())
//		if err != nil {
//			return err
//		}
//		return s.Out.One("channel", ch)
//	}
package command

import (
	"context"
	"errors"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

// Session is an open workspace, on whose behalf it is used, and the command's output.
type Session struct {
	*operator.Session
	Out *cliutil.Out
}

// Func is what a command does in an open workspace.
type Func func(ctx context.Context, c *cli.Context, s Session) error

// Flags are the global ones of a program over the database.
func Flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "db", EnvVars: []string{"DANKERCHAT_DB"}, Usage: "database `URL`, sqlite:///path or postgres://host/name; default: the local data directory"},
		&cli.StringFlag{Name: "as", Usage: "act as this `USER`, with that user's permissions; default: the operator"},
	}
}

// PepperFlag is the global flag of a program that has to do with passwords.
func PepperFlag() cli.Flag {
	return &cli.StringFlag{Name: "pepper-file", EnvVars: []string{"DANKERCHAT_PEPPER_FILE"}, Usage: "the `FILE` of the peppers that password hashes need besides the database (mode 0600)"}
}

// Do opens the workspace that [Flags] name for the time of fn.
func Do(fn Func) cli.ActionFunc {
	return func(c *cli.Context) (err error) {
		s, err := operator.Open(c.Context, options(c))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		return usage(fn(c.Context, c, Session{s, cliutil.Output(c)}))
	}
}

// usage makes a mistake of the command line of an argument that names nothing there could be.
func usage(err error) error {
	var e *contracts.Error
	if errors.As(err, &e) && e.Code == contracts.CodeInvalid && e.Field == "/target" {
		return cliutil.Usagef("%s", e.Message).WithHint(e.Hint)
	}
	return err
}

// DoAs is [Do] for what only somebody in particular can do: see [NeedAs].
func DoAs(what string, fn Func) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := NeedAs(c, what); err != nil {
			return err
		}
		return Do(fn)(c)
	}
}

// NeedAs is a usage error without --as; what ("a post") says what somebody in particular
// is needed for.
func NeedAs(c *cli.Context, what string) error {
	if c.String("as") == "" {
		return cliutil.Usagef("%s needs somebody in whose name: the operator is nobody", what).WithHint("Add --as @user.")
	}
	return nil
}

// OnChannel is a [Func] that gets the channel which the first argument names.
func OnChannel(fn func(ctx context.Context, c *cli.Context, s Session, ch contracts.Channel) error) Func {
	return func(ctx context.Context, c *cli.Context, s Session) error {
		ch, err := s.Channel(ctx, c.Args().First())
		if err != nil {
			return err
		}
		return fn(ctx, c, s, ch)
	}
}

// WarnOfSecret warns of a database password among the arguments. It is not refused:
// programs that hand their URL on as they got it keep working.
func WarnOfSecret(c *cli.Context) {
	if cliutil.TypedSecret(c, "db") {
		cliutil.Output(c).Warnf("--db holds a password, which every user of this machine can read among the arguments: put the URL into DANKERCHAT_DB, or the password into ~/.pgpass, PGPASSWORD or a service file")
	}
}

func options(c *cli.Context) operator.Options {
	WarnOfSecret(c)
	out, log := cliutil.Output(c), zerolog.Nop()
	if out.Verbose() {
		log = zerolog.New(zerolog.ConsoleWriter{Out: out.Stderr(), NoColor: true}).With().Timestamp().Logger()
	}
	return operator.Options{
		URL: c.String("db"), As: c.String("as"), DryRun: cliutil.DryRun(c), Log: log, Nearest: cliutil.Nearest, PepperFile: c.String("pepper-file"),
	}
}
