package cliutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// Run runs one command of app and returns the exit code. Args start with the
// program's name. SIGINT and SIGTERM, the end of ctx and --timeout cancel the
// command's context; a second signal ends the program at once.
func Run(ctx context.Context, app *cli.App, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	prepare(app)
	l := normalise(app, args)
	if n := len(args); n > 1 && args[n-1] == completing {
		for _, s := range complete(app, args[1:n-1]) {
			fmt.Fprintln(stdout, s)
		}
		return ExitOK
	}
	o := newOut(app, l, stdin, stdout, stderr)
	app.Reader, app.Writer, app.ErrWriter = stdin, stdout, stderr
	if app.Metadata == nil {
		app.Metadata = map[string]any{}
	}
	app.Metadata[outKey] = o

	switch {
	case l.help && l.err == nil:
		return o.finish(o.help(app, l.path))
	case l.version && l.err == nil:
		return o.finish(o.version(app))
	case l.err != nil:
		return o.finish(l.err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer onSignal(cancel)()
	err := o.run(ctx, app, l.argv)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause // the signal, rather than what it broke off
	}
	return o.finish(err)
}

func newOut(app *cli.App, l line, stdin io.Reader, stdout, stderr io.Writer) *Out {
	return &Out{
		stdout: newTerminal(stdout, l.noColor), stderr: newTerminal(stderr, l.noColor), in: stdin,
		format: l.format, command: app.Name + l.names(), quiet: l.quiet, verbose: l.verbose, dryRun: l.dryRun, typed: l.typed, start: time.Now(),
	}
}

func (o *Out) run(ctx context.Context, app *cli.App, argv []string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("unexpected: %v", p)
			if o.verbose {
				fmt.Fprintf(o.stderr, "%s\n", debug.Stack())
			}
		}
	}()
	app.Before = func(c *cli.Context) error {
		o.fields, o.noHeader, o.noInput, o.yes = c.String("fields"), c.Bool("no-header"), c.Bool("no-input"), c.Bool("yes")
		if d := timeout(c); d < 0 {
			return Usagef("--timeout must not be negative")
		} else if d > 0 {
			limited, cancel := context.WithTimeout(c.Context, d)
			c.Context = limited
			o.limited, o.cancel = limited, cancel
		}
		return nil
	}
	err = app.RunContext(ctx, argv)
	if o.limited != nil {
		if err != nil && errors.Is(o.limited.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("%w: %v", context.DeadlineExceeded, err) // whatever the library made of it
		}
		o.cancel()
	}
	return err
}

// onSignal cancels at the first SIGINT or SIGTERM and returns what undoes it.
func onSignal(cancel context.CancelCauseFunc) func() {
	ch := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case s := <-ch:
			signal.Stop(ch) // the second one kills
			cancel(signalled{s})
		case <-done:
		}
	}()
	return func() { signal.Stop(ch); close(done) }
}

// prepare adds what every program has and switches off what urfave/cli does by
// itself: printing usage errors to stdout, and exiting.
func prepare(app *cli.App) {
	app.Flags = append(app.Flags, globalFlags()...)
	app.Commands = append(app.Commands, completionCommand(app), manCommand(app))
	app.HideHelp, app.HideHelpCommand, app.HideVersion, app.Suggest = true, true, true, true
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.OnUsageError = usageError
	app.Version = contracts.CurrentBuild().Version
	prepareCommands(app.Commands)
}

func prepareCommands(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelp, c.HideHelpCommand = true, true
		c.OnUsageError = usageError
		prepareCommands(c.Subcommands)
	}
}

// usageError gives what urfave/cli finds wrong, a value that does not parse, the
// exit code and form of all usage errors.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "invalid value "); ok {
		value, rest, _ := strings.Cut(rest, " for flag -")
		name, why, _ := strings.Cut(rest, ": ")
		if form := formOf(c, name); form != "" {
			return Usagef("--%s must be %s, not %s", name, form, value)
		}
		return Usagef("--%s cannot be %s: %s", name, value, strings.TrimPrefix(why, "parse error: "))
	}
	return &ExitError{Code: "usage", Exit: ExitUsage, Message: text, cause: err}
}

// formOf says what a flag's value looks like; "" when its type does not tell.
func formOf(c *cli.Context, name string) string {
	for _, f := range slices.Concat(c.Command.Flags, c.App.Flags) {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		switch f.(type) {
		case *cli.IntFlag, *cli.Int64Flag:
			return "a whole number"
		case *cli.DurationFlag:
			return "a duration such as 30s or 5m"
		case *cli.BoolFlag:
			return "true or false"
		}
	}
	return ""
}

func (o *Out) help(app *cli.App, path []*cli.Command) error {
	m := manualOf(app, path)
	return o.Text("help", m, m.text(o.stdout))
}

// version prints "chat-auth 0.1.57 (commit abc1234, built 2026-11-22, go1.26 linux/amd64)".
func (o *Out) version(app *cli.App) error {
	b := contracts.CurrentBuild()
	parts := make([]string, 0, 3)
	if b.Commit != "" {
		parts = append(parts, "commit "+b.Commit)
	}
	if b.Built != "" {
		parts = append(parts, "built "+b.Built)
	}
	parts = append(parts, "go"+b.Go+" "+b.OS+"/"+b.Arch)
	return o.Text("version", struct {
		Name string `json:"name"`
		contracts.Build
	}{app.Name, b}, fmt.Sprintf("%s %s (%s)\n", app.Name, b.Version, strings.Join(parts, ", ")))
}

// Text writes v under json and jsonl, and otherwise the text as it is.
func (o *Out) Text(kind string, v any, text string) error {
	if o.format != "table" {
		fields := o.fields
		o.fields = ""
		defer func() { o.fields = fields }()
		return o.One(kind, v)
	}
	_, err := io.WriteString(o.stdout, text)
	return err
}
