package cliutil

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// line is a command line, understood and brought into the one order that
// urfave/cli reads without loss: global flags, commands, local flags, "--",
// positional arguments.
type line struct {
	argv    []string
	path    []*cli.Command // the commands named, the last is the one to run; empty for the program itself
	format  string         // a valid value of --format, known even when err is set
	help    bool
	version bool
	quiet   bool
	verbose bool
	noColor bool
	dryRun  bool
	typed   map[string]bool // the flags with a value, by name
	err     error           // a usage error, nil if the line can be run
}

// completing is what shells append to ask for completions.
const completing = "--generate-bash-completion"

// normalise reads a command line as people type it. urfave/cli v2 takes a flag
// after a positional argument for text and refuses a global flag after a command,
// so `send '#general' hi --format=json` would post the flag and exit 0.
func normalise(app *cli.App, args []string) line {
	n := &normaliser{app: app, commands: app.Commands, line: line{format: Formats[0], typed: map[string]bool{}}}
	if len(args) == 0 {
		args = []string{app.Name}
	}
	if len(args) > 1 && args[len(args)-1] == completing {
		n.line.argv = args
		return n.line
	}
	rest := args[1:]
	for len(rest) > 0 {
		rest = n.step(rest)
	}
	n.finish(args[0])
	return n.line
}

type normaliser struct {
	line
	app         *cli.App
	commands    []*cli.Command // what may follow
	globals     []string
	locals      []string
	positionals []string
	literal     bool // after "--"
}

// step consumes one argument, or two when a flag takes a value.
func (n *normaliser) step(rest []string) []string {
	arg := rest[0]
	switch {
	case n.literal:
		n.positionals = append(n.positionals, arg)
	case arg == "--":
		n.literal = true
	case len(arg) > 1 && arg[0] == '-' && !n.isNumber(arg):
		return n.flag(arg, rest[1:])
	case len(n.commands) > 0 && len(n.positionals) == 0:
		n.command(arg)
	default:
		n.positionals = append(n.positionals, arg)
	}
	return rest[1:]
}

func (n *normaliser) command(name string) {
	for _, c := range n.commands {
		if c.HasName(name) {
			n.path, n.commands = append(n.path, c), c.Subcommands
			return
		}
	}
	if name == "help" {
		n.help = true
		return
	}
	full := strings.TrimSpace(strings.TrimPrefix(n.name()+" "+name, n.app.Name))
	n.fail(Usagef("unknown command %q", full).WithHint(suggest(name, commandNames(n.commands),
		"Run: "+n.name()+" --help")))
}

func (n *normaliser) flag(arg string, rest []string) []string {
	name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	f, global := n.lookup(name)
	if f == nil && arg[1] != '-' && utf8.RuneCountInString(name) > 1 && !hasValue && n.allShort(name) {
		split := make([]string, 0, len(name)+len(rest))
		for _, r := range name {
			split = append(split, "-"+string(r))
		}
		return append(split, rest...)
	}
	if f == nil {
		n.unknown(arg, name)
		return rest
	}
	name = f.Names()[0]
	if takesValue(f) {
		if !hasValue {
			if len(rest) == 0 || rest[0] == "--" || n.isLongFlag(rest[0]) {
				n.fail(Usagef("--%s needs a value", name))
				return rest
			}
			value, rest = rest[0], rest[1:]
		}
		if d, _ := f.(cli.DocGenerationFlag); !strings.Contains(d.GetUsage(), "`FILE`") && !strings.Contains(d.GetUsage(), "`DIRECTORY`") {
			n.text("--"+name, value)
		}
		if list := choices(f); list != nil && value != "" {
			n.fail(oneOf("--"+name, value, list))
		}
		n.note(name, value)
		n.keep(global, "--"+name+"="+value)
		return rest
	}
	on := true
	if hasValue {
		b, err := strconv.ParseBool(value)
		if err != nil {
			n.fail(Usagef("--%s is true or false, not %q", name, value))
			return rest
		}
		on = b
	}
	n.noteBool(name, on)
	if name == "help" || name == "version" {
		return rest // answered by Run, urfave/cli never sees them
	}
	if on {
		n.keep(global, "--"+name)
	} else {
		n.keep(global, "--"+name+"=false")
	}
	return rest
}

func (n *normaliser) keep(global bool, flag string) {
	if global {
		n.globals = append(n.globals, flag)
	} else {
		n.locals = append(n.locals, flag)
	}
}

func (n *normaliser) note(name, value string) {
	n.typed[name] = true
	if name != "format" {
		return
	}
	if slices.Contains(Formats, value) {
		n.format = value
	} else {
		n.fail(oneOf("--format", value, Formats)) // an empty one, too
	}
}

func (n *normaliser) noteBool(name string, on bool) {
	noted := map[string]*bool{
		"help": &n.help, "version": &n.version, "quiet": &n.quiet, "verbose": &n.verbose, "no-color": &n.noColor, "dry-run": &n.dryRun,
	}
	if kept := noted[name]; kept != nil {
		*kept = on
	}
}

func (n *normaliser) unknown(arg, name string) {
	shown, _, _ := strings.Cut(arg, "=")
	var names []string
	for _, f := range append(slices.Clone(n.localFlags()), n.app.Flags...) {
		for _, s := range f.Names() {
			if len(s) > 1 {
				names = append(names, "--"+s)
			}
		}
	}
	n.fail(Usagef("unknown flag %s", shown).WithHint(suggest("--"+name, names,
		"To pass it as text, put -- before it. Run: "+n.name()+" --help")))
}

// finish checks what was typed as a whole and puts it in order.
func (n *normaliser) finish(program string) {
	leaf := n.leaf()
	if n.err == nil && !n.help && !n.version {
		switch {
		case leaf != nil && len(leaf.Subcommands) > 0 && leaf.Action == nil, leaf == nil && n.app.Action == nil:
			n.fail(Usagef("%s needs a command", n.name()).WithHint("One of: " + strings.Join(commandNames(n.commands), ", ") + ". Run: " + n.name() + " --help"))
		case leaf != nil:
			n.fail(countArguments(n.name(), leaf.ArgsUsage, n.positionals))
		default:
			n.fail(countArguments(n.name(), n.app.ArgsUsage, n.positionals))
		}
	}
	for _, arg := range n.positionals {
		if !isFile(arg) {
			n.text("an argument", arg)
		}
	}
	n.argv = append([]string{program}, n.globals...)
	for _, c := range n.path {
		n.argv = append(n.argv, c.Name)
	}
	n.argv = append(n.argv, n.locals...)
	if len(n.positionals) > 0 {
		n.argv = append(append(n.argv, "--"), n.positionals...)
	}
}

// text refuses bytes that are no text: they name nothing.
func (n *normaliser) text(what, value string) {
	if !utf8.ValidString(value) {
		n.fail(Usagef("%s is not valid UTF-8: %q", what, value))
	}
}

// countArguments checks the number of positional arguments against what ArgsUsage
// promises: NAME is needed, [NAME] may be left out, NAME... takes all that follow,
// one|other lists what there is.
func countArguments(name, usage string, got []string) error {
	var least, most int
	words := strings.Fields(usage)
	for _, w := range words {
		if !strings.HasPrefix(w, "[") {
			least++
		}
		most++
		if strings.Contains(w, "...") {
			most = len(got) + least
		}
	}
	how := "Usage: " + strings.TrimSpace(name+" "+usage)
	switch {
	case len(got) < least:
		return Usagef("missing %s", strings.Trim(words[len(got)], ".")).WithHint(how)
	case len(got) > most:
		return Usagef("unexpected argument %q", got[most]).WithHint(how)
	}
	for i, value := range got[:min(len(got), len(words))] {
		if list := listed(words[i]); list != nil {
			return oneOf(fmt.Sprintf("argument %d", i+1), value, list)
		}
	}
	return nil
}

// fail keeps the first error.
func (n *normaliser) fail(err error) {
	if n.err == nil {
		n.err = err
	}
}

func (n *normaliser) leaf() *cli.Command {
	if len(n.path) == 0 {
		return nil
	}
	return n.path[len(n.path)-1]
}

func (n *normaliser) localFlags() []cli.Flag {
	if c := n.leaf(); c != nil {
		return c.Flags
	}
	return nil
}

func (n *normaliser) lookup(name string) (f cli.Flag, global bool) {
	if f := findFlag(n.localFlags(), name); f != nil {
		return f, false
	}
	return findFlag(n.app.Flags, name), true
}

func (n *normaliser) allShort(letters string) bool {
	for _, r := range letters {
		if f, _ := n.lookup(string(r)); f == nil || takesValue(f) {
			return false
		}
	}
	return true
}

// isNumber tells a negative number (retention set -1) from flags, where none is a digit.
func (n *normaliser) isNumber(arg string) bool {
	_, err := strconv.ParseFloat(arg, 64)
	f, _ := n.lookup(arg[1:2])
	return err == nil && f == nil && !unicode.IsLetter(rune(arg[1])) // -inf
}

// isLongFlag tells a forgotten value (--email --role admin) from a value that
// only looks like an option (--after -5).
func (n *normaliser) isLongFlag(arg string) bool {
	name, ok := strings.CutPrefix(arg, "--")
	if !ok {
		return false
	}
	name, _, _ = strings.Cut(name, "=")
	f, _ := n.lookup(name)
	return f != nil
}

// name is the program and the commands so far, "chat-auth user list".
func (l line) names() string {
	var b strings.Builder
	for _, c := range l.path {
		b.WriteString(" " + c.Name)
	}
	return b.String()
}

func (n *normaliser) name() string { return n.app.Name + n.names() }

func takesValue(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && d.TakesValue()
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return names
}

// suggest returns "did you mean …?" for the nearest of names, or otherwise.
func suggest(typed string, names []string, otherwise string) string {
	if s := Nearest(typed, names); s != "" {
		return fmt.Sprintf("did you mean %s?", s)
	}
	return otherwise
}
