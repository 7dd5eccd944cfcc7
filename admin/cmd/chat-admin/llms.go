package main

import (
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/admin"
)

func llmsCommand() *cli.Command {
	return documentCommand("llms", "print what a language model needs to know of the library (llms.txt)", []byte(admin.LLMs))
}
