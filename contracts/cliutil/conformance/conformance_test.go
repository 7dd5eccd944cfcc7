package conformance_test

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/contracts/cliutil/conformance"
)

func good() *cli.App {
	return &cli.App{Name: "tool", Usage: "try things", Commands: []*cli.Command{{
		Name: "echo", Usage: "say it again", ArgsUsage: "TEXT...", UsageText: "tool echo hi", Flags: cliutil.WriteFlags(),
		Action: func(c *cli.Context) error {
			return cliutil.Output(c).One("echo", map[string]string{"text": strings.Join(c.Args().Slice(), " ")})
		},
	}}}
}

func TestAGoodProgramHasNoProblems(t *testing.T) {
	t.Parallel()
	conformance.Commands(t, good)
}

// Each row breaks one rule, which must be found.
func TestProblemsAreFound(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		spoil func(app *cli.App)
		want  string
	}{
		"no examples":           {func(a *cli.App) { a.Commands[0].UsageText = "" }, "no examples"},
		"an example of another": {func(a *cli.App) { a.Commands[0].UsageText = "tool other hi" }, "does not show the command"},
		"no usage":              {func(a *cli.App) { a.Commands[0].Usage = "" }, "no Usage"},
		"a required flag": {func(a *cli.App) {
			a.Commands[0].Flags = []cli.Flag{&cli.StringFlag{Name: "x", Usage: "x", Required: true}}
		}, "Required"},
		"an underscore in a flag": {func(a *cli.App) { a.Commands[0].Flags = []cli.Flag{&cli.StringFlag{Name: "x_y", Usage: "x"}} }, "lower case with dashes"},
		"a flag without usage":    {func(a *cli.App) { a.Commands[0].Flags = []cli.Flag{&cli.StringFlag{Name: "xy"}} }, "no Usage"},
		"a secret among the arguments": {func(a *cli.App) {
			a.Commands[0].Flags = []cli.Flag{&cli.StringFlag{Name: "smtp-password", Usage: "x"}}
		}, "takes a secret"},
		"no action": {func(a *cli.App) { a.Commands[0].Action = nil }, "no Action"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, _ := conformance.Check(func() *cli.App { a := good(); row.spoil(a); return a })
			if !strings.Contains(strings.Join(problems, "\n"), row.want) {
				t.Errorf("not found: %q", problems)
			}
		})
	}
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	a := conformance.Normalise(`{"id":"usr_00000000000000000000000001","by":"usr_00000000000000000000000002","again":"usr_00000000000000000000000001","at":"2026-01-02T03:04:05.678Z","elapsed_ms":31}`)
	b := conformance.Normalise(`{"id":"usr_1","by":"usr_2","again":"usr_1","at":"TIME","elapsed_ms":0}`)
	if a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
