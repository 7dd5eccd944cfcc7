package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/server/workspace"
)

type migrated struct {
	Database string `json:"database"`
	Changed  bool   `json:"changed"`
}

func migrateCommand() *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "bring the database to this program's schema",
		UsageText:   "dankerchatd migrate\ndankerchatd migrate --db postgres://chat@localhost/chat",
		Description: "serve does it by itself; this is for those who want it done before. It may be repeated, and run beside a server.",
		Flags:       cliutil.WriteFlags(databaseFlags()...),
		Action: func(c *cli.Context) error {
			database := databaseURL(c)
			db, err := sqldb.Open(c.Context, database, sqldb.Options{})
			if err != nil {
				return explain(database, err)
			}
			defer func() { _ = db.Close() }()
			current, err := sqldb.Current(c.Context, db, workspace.Sets()...)
			if err == nil && !current && !cliutil.DryRun(c) {
				err = sqldb.Migrate(c.Context, db, workspace.Sets()...)
			}
			if err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
			return cliutil.Output(c).One("migration", migrated{Database: db.URL(), Changed: !current})
		},
	}
}

type health struct {
	Address string `json:"address"`
	Status  string `json:"status"`
}

func healthcheckCommand() *cli.Command {
	return &cli.Command{
		Name: "healthcheck", Usage: "ask a running server whether it is ready",
		UsageText:   "dankerchatd healthcheck\ndankerchatd healthcheck --address http://127.0.0.1:9000",
		Description: "Exit code 0 when it is, 8 when it is not or cannot be reached: for containers and supervisors.",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "address", Value: "http://127.0.0.1:8080", EnvVars: []string{"DANKERCHAT_ADDRESS"}, Usage: "the server's `URL`"}},
		Action: func(c *cli.Context) error {
			address := strings.TrimRight(c.String("address"), "/")
			if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return cliutil.Usagef("--address %q is not the address of a server", address).WithHint("Give http://HOST:PORT.")
			}
			if err := ready(c.Context, address); err != nil {
				return err
			}
			return cliutil.Output(c).One("health", health{address, "ok"})
		},
	}
}

func ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/v1/health/ready", nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	client := &http.Client{}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot reach "+address).WithHint("Is the server running? Name it with --address."), err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		var p struct {
			Detail string `json:"detail"`
		}
		_ = json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&p) // without a detail the status says enough
		return contracts.ErrUnavailable.With(fmt.Sprintf("%s is not ready: %s %s", address, res.Status, p.Detail))
	}
	return nil
}

type versionInfo struct {
	Name string `json:"name"`
	contracts.Build
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "show the version",
		UsageText:   "dankerchatd version\ndankerchatd version --format json",
		Description: "The same as --version.",
		Action: func(c *cli.Context) error {
			return cliutil.Output(c).One("version", versionInfo{"dankerchatd", contracts.CurrentBuild()})
		},
	}
}
