package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

func openChat(c *cli.Context) error {
	return cliutil.Usagef("dankerchat needs a command")
}
