// Command dankerchatd is the server: the API, the sockets and the web app in one
// program, on an embedded SQLite database or on PostgreSQL.
package main

import (
	"context"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts/cliutil"

	_ "github.com/jackc/pgx/v5/stdlib" // postgres://
	_ "modernc.org/sqlite"             // sqlite:
)

func main() {
	if slices.Contains(os.Args[1:], "serve") {
		relaxTimers()
	}
	os.Exit(cliutil.Run(context.Background(), newApp(), os.Args, os.Stdin, os.Stdout, os.Stderr))
}

func newApp() *cli.App {
	return &cli.App{
		Name: "dankerchatd", Usage: "DankerChat's server",
		Description: "Serves one workspace. Without settings it keeps an embedded database in the user's data directory and listens on port 8080.",
		Commands:    []*cli.Command{serveCommand(), migrateCommand(), healthcheckCommand(), versionCommand()},
	}
}
