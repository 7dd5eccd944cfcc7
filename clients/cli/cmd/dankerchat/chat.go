package main

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/dankerchat/dankerchat/clients/cli/tui"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// openChat is what dankerchat does without a command: on a terminal the live chat.
func openChat(c *cli.Context) error {
	in, inTTY := terminal(c.App.Reader)
	out, outTTY := terminal(c.App.Writer)
	o := cliutil.Output(c)
	if !inTTY || !outTTY || o.Format() != "table" || c.Bool("no-input") {
		var names []string
		for _, command := range c.App.Commands {
			if !command.Hidden {
				names = append(names, command.Name)
			}
		}
		return cliutil.Usagef("dankerchat needs a command; without one it opens the chat, on a terminal").
			WithHint("One of: " + strings.Join(names, ", ") + ". Run: dankerchat --help")
	}
	p, err := findPlace(c)
	if err != nil {
		return err
	}
	client, err := p.client(c.Context)
	if err != nil {
		return err
	}
	mono := c.Bool("no-color") || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return explain(tui.Run(c.Context, tui.Options{Client: client, Mono: mono}, in, out), p)
}

func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}
