package cliutil

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Bytes that are no text name nothing, and PostgreSQL would call them an error of its
// own; a path may hold any.
func TestArgumentsAreText(t *testing.T) {
	t.Parallel()
	for arg, refused := range map[string]bool{"send x\xff hi": true, "send x --client-msg-id=\xff hi": true, "send x ÿ": false, "send x hi --key-file=/tmp/\xff": false, "send x @/tmp/\xff": false} {
		app := sample()
		app.Commands[0].Flags = append(app.Commands[0].Flags, &cli.StringFlag{Name: "key-file", Usage: "the `FILE` of keys"})
		prepare(app)
		l := normalise(app, append([]string{"sample"}, strings.Split(arg, " ")...))
		if (l.err != nil) != refused || refused && (failureOf(l.err).Exit != ExitUsage || !strings.Contains(l.err.Error(), "is not valid UTF-8")) {
			t.Errorf("%q: %v", arg, l.err)
		}
	}
}

func sample() *cli.App {
	return &cli.App{
		Name: "sample",
		Commands: []*cli.Command{
			{Name: "send", Usage: "say something", ArgsUsage: "TARGET TEXT...", UsageText: "sample send x hi", Action: func(*cli.Context) error { return nil },
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "client-msg-id"},
					&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}},
					&cli.IntFlag{Name: "lines", Aliases: []string{"n"}},
					&cli.StringSliceFlag{Name: "member"},
					&cli.StringFlag{Name: "level", Usage: "`muted|blocked`"},
				}},
			{Name: "user", Subcommands: []*cli.Command{
				{Name: "list", Aliases: []string{"ls"}, UsageText: "sample user list", Action: func(*cli.Context) error { return nil }},
				{Name: "get", ArgsUsage: "USER [FIELD]", UsageText: "sample user get x", Action: func(*cli.Context) error { return nil }},
				{Name: "role", ArgsUsage: "USER owner|admin", UsageText: "sample user role x admin", Action: func(*cli.Context) error { return nil }},
			}},
		},
	}
}

// Every row is a way to type a command that urfave/cli alone gets wrong, or must
// be left as it is.
func TestArgumentsAreBroughtIntoOrder(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ in, want string }{
		"already in order":                         {"send x hi", "sample send -- x hi"},
		"a local flag after positionals":           {"send x hi --client-msg-id c1", "sample send --client-msg-id=c1 -- x hi"},
		"a global flag after the subcommand":       {"user list --format json", "sample --format=json user list"},
		"a global flag after positionals":          {"send x hi --format=json", "sample --format=json send -- x hi"},
		"a global flag between commands":           {"user -q list", "sample --quiet user list"},
		"an alias of a command":                    {"user ls", "sample user list"},
		"a short flag with a value":                {"send -n 5 x y", "sample send --lines=5 -- x y"},
		"a short flag with = and a value":          {"send x y -n=5", "sample send --lines=5 -- x y"},
		"short flags together":                     {"send x y -qf", "sample --quiet send --follow -- x y"},
		"a repeated flag":                          {"send --member a x --member b y", "sample send --member=a --member=b -- x y"},
		"a value that looks like an option":        {"send x y --client-msg-id -5", "sample send --client-msg-id=-5 -- x y"},
		"a boolean with a value":                   {"send x y --follow=false", "sample send --follow=false -- x y"},
		"everything after -- is text":              {"send x -- --format=json -q", "sample send -- x --format=json -q"},
		"a second -- is text":                      {"send x -- a -- b", "sample send -- x a -- b"},
		"a negative number is a positional":        {"send x -5 -0.5", "sample send -- x -5 -0.5"},
		"a lone - is a positional":                 {"send x - --follow", "sample send --follow -- x -"},
		"an optional positional may be left out":   {"user get x", "sample user get -- x"},
		"a completion call is left alone":          {"user --generate-bash-completion", "sample user --generate-bash-completion"},
		"a single dash before a long name works":   {"send x y -follow", "sample send --follow -- x y"},
		"an empty positional stays":                {"send x ", "sample send -- x "},
		"a command's name as a positional is text": {"send user list", "sample send -- user list"},
		"a value of a list":                        {"send x y --level muted", "sample send --level=muted -- x y"},
		"nothing in place of a value of a list":    {"send x y --level=", "sample send --level= -- x y"},
		"a positional of a list":                   {"user role owner owner", "sample user role -- owner owner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := sample()
			prepare(app)
			got := normalise(app, append([]string{"sample"}, strings.Split(row.in, " ")...))
			if got.err != nil {
				t.Fatal(got.err)
			}
			if !slices.Equal(got.argv, strings.Split(row.want, " ")) {
				t.Fatalf("got  %q\nwant %q", got.argv, strings.Split(row.want, " "))
			}
		})
	}
}

func TestWrongArgumentsAreUsageErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ in, message, hint string }{
		"an unknown flag":               {"send x y --folow", `unknown flag --folow`, "did you mean --follow?"},
		"a flag like no other":          {"send x y --nope", `unknown flag --nope`, "put -- before it"},
		"an unknown short flag":         {"send x y -z", `unknown flag -z`, "put -- before it"},
		"an unknown command":            {"usr list", `unknown command "usr"`, "did you mean user?"},
		"an unknown subcommand":         {"user lst", `unknown command "user lst"`, "did you mean list?"},
		"a missing command":             {"user", "sample user needs a command", "list, get"},
		"a missing value":               {"send x y --client-msg-id", "--client-msg-id needs a value", ""},
		"a flag in place of a value":    {"send x y --client-msg-id --follow", "--client-msg-id needs a value", ""},
		"a missing positional":          {"send x", "missing TEXT", "sample send TARGET TEXT..."},
		"a positional too many":         {"user get a b c", `unexpected argument "c"`, "sample user get USER [FIELD]"},
		"a positional where none goes":  {"user list x", `unexpected argument "x"`, ""},
		"an unknown format":             {"user list --format=xml", `--format must be one of table, json, jsonl, not "xml"`, ""},
		"a value that no list has":      {"send x y --level ignored", `--level must be one of muted, blocked, not "ignored"`, ""},
		"a value nearly of a list":      {"send x y --level bloked", `--level must be one of muted, blocked, not "bloked"`, "did you mean blocked?"},
		"a positional that no list has": {"user role x king", `argument 2 must be one of owner, admin, not "king"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := sample()
			prepare(app)
			got := normalise(app, append([]string{"sample"}, strings.Split(row.in, " ")...))
			if got.err == nil {
				t.Fatalf("no error, argv %q", got.argv)
			}
			f := failureOf(got.err)
			if f.Exit != ExitUsage || f.Code != "usage" {
				t.Errorf("exit %d code %s", f.Exit, f.Code)
			}
			if !strings.Contains(f.Message, row.message) || !strings.Contains(f.Hint, row.hint) {
				t.Errorf("message %q hint %q", f.Message, f.Hint)
			}
		})
	}
}

// The format is known even when the rest of the line is wrong, so that a script
// gets its error in the form that it asked for.
func TestFormatIsFoundBesideAnError(t *testing.T) {
	t.Parallel()
	app := sample()
	prepare(app)
	got := normalise(app, []string{"sample", "user", "nope", "--bad", "--format=json"})
	if got.err == nil || got.format != "json" {
		t.Fatalf("err %v format %q", got.err, got.format)
	}
	if got := normalise(app, []string{"sample", "send", "x", "--", "--format=json"}); got.format != "table" {
		t.Fatal("text after -- was taken for a flag")
	}
}
