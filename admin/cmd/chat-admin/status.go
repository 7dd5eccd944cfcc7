package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// status is the workspace at a glance.
type status struct {
	Name        string `json:"name"`
	SetupDone   bool   `json:"setup_done"`
	Database    string `json:"database"`
	Engine      string `json:"engine"`
	Version     string `json:"version"` // of this program
	Users       int64  `json:"users"`
	Channels    int64  `json:"channels"`
	Messages    int64  `json:"messages"`
	LogPosition int64  `json:"log_position"`
	Bytes       int64  `json:"database_bytes"`
}

func statusCommand() *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "show the workspace at a glance",
		UsageText: "chat-admin status\nchat-admin status --format json --fields database,users",
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				stats, err := s.Admin.Stats(ctx, s.Actor)
				if err != nil {
					return err
				}
				settings, err := s.Admin.Settings(ctx)
				if err != nil {
					return err
				}
				done, err := s.Auth.SetUp(ctx)
				if err != nil {
					return err
				}
				if !done {
					s.out.Warnf("nobody owns this workspace yet: start the server and open its first-run link")
				}
				return s.out.One("status", status{
					Name: settings.Name, SetupDone: done, Database: s.DB.URL(), Engine: string(s.DB.Dialect()), Version: contracts.CurrentBuild().Version,
					Users: stats.Users, Channels: stats.Channels, Messages: stats.Messages, LogPosition: stats.LogPosition, Bytes: stats.DatabaseBytes,
				})
			})
		},
	}
}

func statsCommand() *cli.Command {
	return &cli.Command{
		Name: "stats", Usage: "show figures about the workspace",
		UsageText: "chat-admin stats\nchat-admin stats --format json",
		Action: func(c *cli.Context) error {
			return with(c, func(ctx context.Context, s session) error {
				stats, err := s.Admin.Stats(ctx, s.Actor)
				if err != nil {
					return err
				}
				return s.out.One("stats", stats)
			})
		},
	}
}

// document is a description that the programs carry.
type document struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func documentCommand(name, usage string, text []byte) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage,
		UsageText: "chat-admin " + name + " > " + name + "\nchat-admin " + name + " --format json",
		Action: func(c *cli.Context) error {
			return cliutil.Output(c).Text("document", document{name, string(text)}, string(text))
		},
	}
}

func openapiCommand() *cli.Command {
	return documentCommand("openapi", "print the description of the REST interface (OpenAPI 3.1, YAML)", contracts.OpenAPI)
}

func asyncapiCommand() *cli.Command {
	return documentCommand("asyncapi", "print the description of the WebSocket (AsyncAPI 3.0, YAML)", contracts.AsyncAPI)
}
