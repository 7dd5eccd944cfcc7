package cliutil

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// complete lists what may stand at the last of words, one a line with its meaning
// after a tab. The scripts below ask for it.
func complete(app *cli.App, words []string) []string {
	words = joinEquals(words)
	last := ""
	if len(words) > 0 {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	flags, commands := app.Flags, app.Commands
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w == "--" {
			return nil
		}
		if strings.HasPrefix(w, "-") {
			if f := findFlag(flags, strings.TrimLeft(w, "-")); f != nil && takesValue(f) {
				if i == len(words)-1 {
					return matching(choices(f), last)
				}
				i++
			}
			continue
		}
		for _, c := range commands {
			if c.HasName(w) {
				flags, commands = append(slices.Clone(c.Flags), app.Flags...), c.Subcommands
				break
			}
		}
	}
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(last, "-") {
		if f := findFlag(flags, strings.TrimLeft(name, "-")); f != nil {
			list := matching(choices(f), value)
			for i := range list {
				list[i] = name + "=" + list[i]
			}
			return list
		}
		return nil
	}
	var list []string
	if strings.HasPrefix(last, "-") {
		for _, m := range flagManuals(flags) {
			list = append(list, "--"+m.Name+"\t"+m.Summary)
		}
	} else {
		for _, c := range commands {
			if !c.Hidden {
				list = append(list, c.Name+"\t"+c.Usage)
			}
		}
	}
	return matching(list, last)
}

// joinEquals undoes bash, which hands "--format=json" over as three words.
func joinEquals(words []string) []string {
	var joined []string
	for i := 0; i < len(words); i++ {
		if words[i] == "=" && len(joined) > 0 && strings.HasPrefix(joined[len(joined)-1], "--") {
			joined[len(joined)-1] += "="
			if i+1 < len(words) {
				i++
				joined[len(joined)-1] += words[i]
			}
			continue
		}
		joined = append(joined, words[i])
	}
	return joined
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func matching(list []string, prefix string) []string {
	var out []string
	for _, s := range list {
		if strings.HasPrefix(s, prefix) {
			out = append(out, s)
		}
	}
	return out
}

var completionScripts = map[string]string{
	"bash": `# completion for bash: source <(%[1]s completion bash)
_%[2]s_complete() {
    local name rest
    COMPREPLY=()
    while IFS=$'\t' read -r name rest; do
        if [[ "${COMP_WORDS[COMP_CWORD-1]}" == "=" || "${COMP_WORDS[COMP_CWORD]}" == "=" ]]; then name="${name#*=}"; fi
        COMPREPLY+=("$name")
    done < <("${COMP_WORDS[0]}" "${COMP_WORDS[@]:1:COMP_CWORD}" ` + completing + ` 2>/dev/null)
}
complete -o bashdefault -o default -F _%[2]s_complete %[1]s
`,
	"zsh": `#compdef %[1]s
# completion for zsh: source <(%[1]s completion zsh)
_%[2]s_complete() {
    local name rest
    local -a list
    while IFS=$'\t' read -r name rest; do
        list+=("${name//:/\\:}:$rest")
    done < <("${words[1]}" "${(@)words[2,CURRENT]}" ` + completing + ` 2>/dev/null)
    if (( $#list )); then _describe '%[1]s' list; else _files; fi
}
compdef _%[2]s_complete %[1]s
`,
	"fish": `# completion for fish: %[1]s completion fish | source
function __%[2]s_complete
    set -l words (commandline -opc) (commandline -ct)
    %[1]s $words[2..-1] ` + completing + ` 2>/dev/null
end
complete -c %[1]s -f -a '(__%[2]s_complete)'
`,
}

type script struct {
	Shell  string `json:"shell"`
	Script string `json:"script"`
}

func completionCommand(app *cli.App) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a completion script for a shell", ArgsUsage: "SHELL",
		UsageText: "source <(" + app.Name + " completion bash)\nsource <(" + app.Name + " completion zsh)\n" + app.Name + " completion fish | source",
		Action: func(c *cli.Context) error {
			shell := c.Args().First()
			text, ok := completionScripts[shell]
			if !ok {
				return Usagef("there is no completion for %q", shell).WithHint("One of: bash, zsh, fish.")
			}
			text = fmt.Sprintf(text, app.Name, strings.ReplaceAll(app.Name, "-", "_"))
			return Output(c).Text("script", script{shell, text}, text)
		},
	}
}

type manPage struct {
	Section int    `json:"section"`
	Page    string `json:"page"`
}

func manCommand(app *cli.App) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the manual page", Hidden: true,
		UsageText: app.Name + " man | man -l -",
		Action: func(c *cli.Context) error {
			text, err := app.ToManWithSection(1)
			if err != nil {
				return fmt.Errorf("make the manual page: %w", err)
			}
			return Output(c).Text("man", manPage{1, text}, text)
		},
	}
}
