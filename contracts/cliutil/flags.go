package cliutil

import (
	"net/url"
	"time"

	"github.com/urfave/cli/v2"
)

// Formats are the values of --format.
var Formats = []string{"table", "json", "jsonl"}

// globalFlags are the flags of every program. They are accepted anywhere before
// a "--", see normalise.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Value: "table", Usage: "write `FORMAT`: table, json (one document) or jsonl (one record a line)"},
		&cli.StringFlag{Name: "fields", Usage: "show only these `FIELDS`, in this order: id,author.username"},
		&cli.BoolFlag{Name: "no-header", Usage: "leave out the header of a table"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no notes, warnings or progress on stderr; errors still show"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "log to stderr, with the whole chain of an error"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colour, as NO_COLOR does"},
		&cli.BoolFlag{Name: "no-input", Usage: "never ask; fail and name the flag instead"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "answer yes to what a destructive command asks"},
		&cli.DurationFlag{Name: "timeout", Usage: "give up after `DURATION` (30s, 5m); 0 waits for ever", Value: 0},
		&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help, examples first"},
		&cli.BoolFlag{Name: "version", Aliases: []string{"V"}, Usage: "show the version"},
	}
}

// WriteFlags are the flags of a command that changes something.
func WriteFlags(more ...cli.Flag) []cli.Flag {
	return append(more, &cli.BoolFlag{Name: "dry-run", Usage: "check and show the result, but change nothing"})
}

// DryRun reports whether the command was asked to change nothing.
func DryRun(c *cli.Context) bool { return c.Bool("dry-run") }

// Typed reports whether a flag that takes a value stands among the arguments; one that
// the environment gives does not.
func Typed(c *cli.Context, flag string) bool { return Output(c).typed[flag] }

// TypedSecret reports whether a URL among the arguments holds a password, which every
// user of the machine can read there as long as the program runs.
func TypedSecret(c *cli.Context, flag string) bool {
	if !Typed(c, flag) {
		return false
	}
	u, err := url.Parse(c.String(flag))
	if err != nil {
		return false // it will be refused
	}
	_, inside := u.User.Password()
	return inside || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// Given is the value of a text flag, nil when it was not given: what an update leaves as it is.
func Given(c *cli.Context, flag string) *string {
	if !c.IsSet(flag) {
		return nil
	}
	value := c.String(flag)
	return &value
}

// PageFlags are the flags of a command that lists.
func PageFlags(more ...cli.Flag) []cli.Flag {
	return append(more,
		&cli.IntFlag{Name: "limit", Value: 50, Usage: "at most `N` rows"},
		&cli.BoolFlag{Name: "all", Usage: "every row, however many"},
		&cli.StringFlag{Name: "cursor", Usage: "go on after `CURSOR`, the next_cursor of an earlier answer"},
	)
}

func timeout(c *cli.Context) time.Duration { return c.Duration("timeout") }
