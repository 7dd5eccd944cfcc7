// Package conformance checks that a program keeps the rules of cliutil. A
// program's test calls [Commands], which walks every command, and [Scripts],
// which runs its testscript files.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// Commands fails the test for every rule that a command of the program breaks.
// It runs commands only with --help, --version or wrong arguments, so nothing is
// read or written.
func Commands(t *testing.T, newApp func() *cli.App) {
	t.Helper()
	problems, leaves := Check(newApp)
	for _, p := range problems {
		t.Error(p)
	}
	t.Logf("%d leaf commands checked", leaves)
}

// Check returns what is wrong with the program's commands, a line each, and how
// many leaf commands it looked at.
func Check(newApp func() *cli.App) (problems []string, leaves int) {
	c := &checker{newApp: newApp, schema: compile()}
	app := newApp()
	c.group(app.Name, nil)
	c.walk(nil, app.Commands)
	c.walk(nil, []*cli.Command{{Name: "completion", Usage: "x", ArgsUsage: "SHELL", Action: cli.ShowAppHelp}})
	c.version()
	c.names(app.Name, app.Flags)
	return c.problems, c.leaves
}

func compile() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(cliutil.EnvelopeSchema))
	if err != nil {
		panic("conformance: the schema is not JSON: " + err.Error()) // it is embedded
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("envelope.json", doc); err != nil {
		panic("conformance: " + err.Error())
	}
	return compiler.MustCompile("envelope.json")
}

type checker struct {
	newApp   func() *cli.App
	schema   *jsonschema.Schema
	problems []string
	leaves   int
}

func (c *checker) bad(command, format string, args ...any) {
	c.problems = append(c.problems, command+": "+fmt.Sprintf(format, args...))
}

type ended struct {
	code           int
	stdout, stderr string
}

func (c *checker) run(args ...string) ended {
	var stdout, stderr bytes.Buffer
	app := c.newApp()
	code := cliutil.Run(context.Background(), app, append([]string{app.Name}, args...), strings.NewReader(""), &stdout, &stderr)
	return ended{code, stdout.String(), stderr.String()}
}

func (c *checker) walk(path []string, commands []*cli.Command) {
	for _, cmd := range commands {
		here := append(slices.Clone(path), cmd.Name)
		name := strings.Join(here, " ")
		if cmd.Usage == "" && !cmd.Hidden {
			c.bad(name, "has no Usage")
		}
		if len(cmd.Subcommands) > 0 {
			c.group(name, here)
			c.walk(here, cmd.Subcommands)
			continue
		}
		c.leaves++
		c.leaf(name, here, cmd)
	}
}

// group checks what has commands below it.
func (c *checker) group(name string, path []string) {
	if e := c.run(append(path, "--help")...); e.code != 0 || e.stderr != "" || !strings.Contains(e.stdout, "Commands") && !strings.Contains(e.stdout, "Usage") {
		c.bad(name, "--help: exit %d, stderr %q", e.code, e.stderr)
	}
	app := c.newApp()
	if len(app.Commands) == 0 {
		return
	}
	e := c.run(append(path, "no-such-command", "--format=json")...)
	if len(path) > 0 || app.ArgsUsage == "" {
		c.failure(name+" no-such-command", e, cliutil.ExitUsage, "usage")
	}
}

func (c *checker) leaf(name string, path []string, cmd *cli.Command) {
	if cmd.Action == nil {
		c.bad(name, "has no Action")
		return
	}
	with := func(args ...string) ended { return c.run(append(slices.Clone(path), args...)...) }

	e := with("--help")
	if e.code != 0 || e.stderr != "" {
		c.bad(name, "--help: exit %d, stderr %q", e.code, e.stderr)
	}
	examples, usage := strings.Index(e.stdout, "Examples\n"), strings.Index(e.stdout, "Usage\n")
	if examples < 0 || usage < examples {
		c.bad(name, "--help does not show examples first")
	}
	c.examples(name, path, cmd)
	c.success(name+" --help", with("--help", "--format=json"))
	c.success(name+" -h", with("-h", "--format", "json"))

	positionals := strings.Fields(strings.NewReplacer("[", "", "]", "", "...", "").Replace(cmd.ArgsUsage))
	c.failure(name+" --no-such-flag", with(append(positionals, "--no-such-flag", "--format=json")...), cliutil.ExitUsage, "usage")
	if e := with("--no-such-flag"); e.code != cliutil.ExitUsage || e.stdout != "" || !strings.HasPrefix(e.stderr, "error: unknown flag --no-such-flag\nhint: ") {
		c.bad(name, "an unknown flag: exit %d, stdout %q, stderr %q", e.code, e.stdout, e.stderr)
	}
	if e := with("--format=xml"); e.code != cliutil.ExitUsage || !strings.Contains(e.stderr, "table, json, jsonl") {
		c.bad(name, "an unknown format: exit %d, stderr %q", e.code, e.stderr)
	}
	// A flag after the positionals is a flag: here one that fails, which proves that
	// it was read, and that the command did not run.
	late := with(append(positionals, "--timeout=-1s", "--format=json")...)
	c.failure(name+" … --timeout=-1s", late, cliutil.ExitUsage, "usage")
	if !strings.Contains(cmd.ArgsUsage, "...") {
		c.failure(name+" with an argument too many", with(append(positionals, "extra", "--format=json")...), cliutil.ExitUsage, "usage")
	}
	if least := required(cmd.ArgsUsage); least > 0 {
		c.failure(name+" without arguments", with("--format=json"), cliutil.ExitUsage, "usage")
	}
	if e := with(append(positionals, "--no-such-flag", "--format=jsonl")...); !c.lastLine(e.stdout, "error") {
		c.bad(name, "jsonl does not end with an error line: %q", e.stdout)
	}
	c.names(name, cmd.Flags)
}

// examples must be lines that the program reads: its own name, this command.
func (c *checker) examples(name string, path []string, cmd *cli.Command) {
	app := c.newApp()
	n := 0
	for line := range strings.Lines(cmd.UsageText) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		n++
		if !strings.Contains(line, app.Name+" ") || !strings.Contains(line, path[len(path)-1]) {
			c.bad(name, "example does not show the command: %s", line)
		}
	}
	if n == 0 && name != "completion" {
		c.bad(name, "has no examples in UsageText")
	}
}

func (c *checker) version() {
	name := c.newApp().Name
	for _, flag := range []string{"-V", "--version"} {
		if e := c.run(flag); e.code != 0 || e.stderr != "" || !strings.HasPrefix(e.stdout, name+" ") || strings.Count(e.stdout, "\n") != 1 {
			c.bad(name, "%s: exit %d, %q", flag, e.code, e.stdout)
		}
		e := c.run(flag, "--format=json")
		c.success(name+" "+flag, e)
		var doc struct {
			Data struct{ Name, Version, Go, OS, Arch string }
		}
		if err := json.Unmarshal([]byte(e.stdout), &doc); err != nil || doc.Data.Name != name || doc.Data.Version == "" || doc.Data.Go == "" || doc.Data.OS == "" || doc.Data.Arch == "" {
			c.bad(name, "%s under json: %q", flag, e.stdout)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if e := c.run("completion", shell); e.code != 0 || !strings.Contains(e.stdout, name) {
			c.bad(name, "completion %s: exit %d", shell, e.code)
		}
	}
	if e := c.run("man"); e.code != 0 || !strings.HasPrefix(e.stdout, ".") && !strings.Contains(e.stdout, ".TH") {
		c.bad(name, "man: exit %d, %.40q", e.code, e.stdout)
	}
}

// names checks the flags' own form.
func (c *checker) names(command string, flags []cli.Flag) {
	for _, f := range flags {
		for _, n := range f.Names() {
			if n != strings.ToLower(n) || strings.Contains(n, "_") {
				c.bad(command, "flag --%s is not in lower case with dashes", n)
			}
			if _, takesNone := f.(*cli.BoolFlag); !takesNone && secret(n) {
				c.bad(command, "flag --%s takes a secret, which everybody on the machine can read among the arguments; take it from a file or stdin", n)
			}
		}
		if r, ok := f.(cli.RequiredFlag); ok && r.IsRequired() {
			c.bad(command, "flag --%s is Required, which urfave/cli answers with help on stdout", f.Names()[0])
		}
		if d, ok := f.(cli.DocGenerationFlag); ok && d.GetUsage() == "" {
			c.bad(command, "flag --%s has no Usage", f.Names()[0])
		}
	}
}

// secret tells whether a flag of that name would hold a secret, and not where it is.
func secret(flag string) bool {
	words := strings.Split(flag, "-")
	return slices.Contains([]string{"password", "secret", "token", "code", "key", "pepper", "passphrase"}, words[len(words)-1])
}

func (c *checker) success(command string, e ended) {
	if e.code != 0 {
		c.bad(command, "exit %d, want 0", e.code)
	}
	c.envelope(command, e.stdout)
}

func (c *checker) failure(command string, e ended, exit int, code string) {
	if e.code != exit {
		c.bad(command, "exit %d, want %d; stderr %q", e.code, exit, e.stderr)
	}
	if !strings.HasPrefix(e.stderr, "error: ") {
		c.bad(command, "stderr %q does not start with error:", e.stderr)
	}
	doc := c.envelope(command, e.stdout)
	if got, _ := doc["error"].(map[string]any); got["code"] != code {
		c.bad(command, "code %v, want %s", got["code"], code)
	}
}

// envelope checks that stdout is exactly one valid document.
func (c *checker) envelope(command, stdout string) map[string]any {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(stdout))
	if err != nil {
		c.bad(command, "stdout is not one JSON document: %v: %.200q", err, stdout)
		return nil
	}
	if err := c.schema.Validate(doc); err != nil {
		c.bad(command, "the envelope is not valid: %v", err)
	}
	m, _ := doc.(map[string]any)
	return m
}

func (c *checker) lastLine(stdout, kind string) bool {
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	var last struct{ Type string }
	return json.Unmarshal([]byte(lines[len(lines)-1]), &last) == nil && last.Type == kind
}

func required(usage string) int {
	n := 0
	for _, w := range strings.Fields(usage) {
		if !strings.HasPrefix(w, "[") {
			n++
		}
	}
	return n
}
