package cliutil

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"
)

// manual is what --help tells; under --format=json it is the data.
type manual struct {
	Command     string       `json:"command"`
	Summary     string       `json:"summary"`
	Usage       string       `json:"usage"`
	Examples    []string     `json:"examples"`
	Description string       `json:"description"`
	Commands    []helpEntry  `json:"commands"`
	Flags       []flagManual `json:"flags"`
	GlobalFlags []flagManual `json:"global_flags"`
}

type helpEntry struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

type flagManual struct {
	Name    string   `json:"name"`
	Short   string   `json:"short,omitempty"`
	Value   string   `json:"value,omitempty"` // placeholder, "" for a switch
	Summary string   `json:"summary"`
	Default string   `json:"default,omitempty"`
	Env     []string `json:"env,omitempty"`
}

func manualOf(app *cli.App, path []*cli.Command) manual {
	m := manual{Command: app.Name, Summary: app.Usage, Description: app.Description, Examples: exampleLines(app.UsageText), Usage: app.Name}
	commands, args := app.Commands, app.ArgsUsage
	for _, c := range path {
		m.Command += " " + c.Name
		m.Summary, m.Description, m.Examples = c.Usage, c.Description, exampleLines(c.UsageText)
		commands, args = c.Subcommands, c.ArgsUsage
	}
	m.Usage = m.Command
	m.Commands = []helpEntry{}
	for _, c := range commands {
		if !c.Hidden {
			m.Commands = append(m.Commands, helpEntry{c.Name, c.Usage})
		}
	}
	if len(path) > 0 {
		m.Flags = flagManuals(path[len(path)-1].Flags)
	} else {
		m.Flags = []flagManual{}
	}
	m.GlobalFlags = flagManuals(app.Flags)
	switch {
	case len(commands) > 0:
		m.Usage += " COMMAND"
	case args != "":
		m.Usage += " " + args
	}
	if len(m.Flags) > 0 {
		m.Usage += " [FLAGS]"
	}
	return m
}

func exampleLines(usageText string) []string {
	lines := []string{}
	for line := range strings.Lines(usageText) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func flagManuals(flags []cli.Flag) []flagManual {
	list := []flagManual{}
	for _, f := range flags {
		d, ok := f.(cli.DocGenerationFlag)
		if v, can := f.(cli.VisibleFlag); !ok || can && !v.IsVisible() {
			continue
		}
		m := flagManual{Name: f.Names()[0], Env: d.GetEnvVars()}
		for _, n := range f.Names()[1:] {
			if len(n) == 1 {
				m.Short = n
			}
		}
		m.Value, m.Summary = placeholder(d.GetUsage())
		if d.TakesValue() {
			if m.Value == "" {
				m.Value = "VALUE"
			}
			m.Default = strings.Trim(d.GetDefaultText(), `"`)
			if m.Default == "" {
				m.Default = strings.Trim(d.GetValue(), `"`)
			}
			if m.Default == "0" || m.Default == "0s" || m.Default == "[]" {
				m.Default = ""
			}
		} else {
			m.Value = ""
		}
		list = append(list, m)
	}
	return list
}

var backquoted = regexp.MustCompile("`([^`]+)`")

// placeholder takes the `NAME` of the value out of a flag's usage, as urfave/cli does.
func placeholder(usage string) (value, summary string) {
	m := backquoted.FindStringSubmatch(usage)
	if m == nil {
		return "", usage
	}
	return m[1], strings.Replace(usage, m[0], m[1], 1)
}

// text is the manual for a person: examples first, they are what is looked for.
func (m manual) text(t terminal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", m.Command, m.Summary)
	head := func(s string) { fmt.Fprintf(&b, "\n%s\n", t.paint(bold, s)) }
	if len(m.Examples) > 0 {
		head("Examples")
		for _, e := range m.Examples {
			b.WriteString("  " + e + "\n")
		}
	}
	head("Usage")
	b.WriteString("  " + m.Usage + "\n")
	if m.Description != "" {
		b.WriteString("\n" + strings.TrimSpace(m.Description) + "\n")
	}
	if len(m.Commands) > 0 {
		head("Commands")
		rows := make([][2]string, len(m.Commands))
		for i, c := range m.Commands {
			rows[i] = [2]string{c.Name, c.Summary}
		}
		twoColumns(&b, rows)
	}
	for _, section := range []struct {
		name  string
		flags []flagManual
	}{{"Flags", m.Flags}, {"Global flags", m.GlobalFlags}} {
		if len(section.flags) > 0 {
			head(section.name)
			rows := make([][2]string, len(section.flags))
			for i, f := range section.flags {
				rows[i] = [2]string{f.syntax(), f.meaning()}
			}
			twoColumns(&b, rows)
		}
	}
	return b.String()
}

func (f flagManual) syntax() string {
	s := "    --" + f.Name
	if f.Short != "" {
		s = "-" + f.Short + ", --" + f.Name
	}
	if f.Value != "" {
		s += " " + f.Value
	}
	return s
}

func (f flagManual) meaning() string {
	s := f.Summary
	if f.Default != "" {
		s += " (default " + f.Default + ")"
	}
	if len(f.Env) > 0 {
		s += " [$" + strings.Join(f.Env, ", $") + "]"
	}
	return s
}

func twoColumns(b *strings.Builder, rows [][2]string) {
	widest := 0
	for _, r := range rows {
		widest = max(widest, min(len(r[0]), 32))
	}
	for _, r := range rows {
		b.WriteString(strings.TrimRight("  "+pad(r[0], widest)+"  "+r[1], " ") + "\n")
	}
}
