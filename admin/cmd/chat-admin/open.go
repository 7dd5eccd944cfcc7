package main

import (
	"context"
	"errors"

	"github.com/rs/zerolog"
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/operator"
)

func databaseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "db", EnvVars: []string{"DANKERCHAT_DB"}, Usage: "database `URL`, sqlite:///path or postgres://host/name; default: the local data directory"},
		&cli.StringFlag{Name: "as", Usage: "act as this `USER`, with that user's permissions; default: the operator"},
	}
}

// session is an open workspace and the command's output.
type session struct {
	*operator.Session
	out *cliutil.Out
}

// with opens the workspace for the time of fn.
func with(c *cli.Context, fn func(ctx context.Context, s session) error) (err error) {
	s, err := operator.Open(c.Context, options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return fn(c.Context, session{s, cliutil.Output(c)})
}

func options(c *cli.Context) operator.Options {
	out, log := cliutil.Output(c), zerolog.Nop()
	if out.Verbose() {
		log = zerolog.New(zerolog.ConsoleWriter{Out: out.Stderr(), NoColor: true}).With().Timestamp().Logger()
	}
	return operator.Options{
		URL: c.String("db"), As: c.String("as"), DryRun: cliutil.DryRun(c), Log: log, Nearest: cliutil.Nearest,
	}
}
