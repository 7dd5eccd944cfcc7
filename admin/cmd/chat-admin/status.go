package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
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
		Action: command.Do(func(ctx context.Context, _ *cli.Context, s command.Session) error {
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
				s.Out.Warnf("nobody owns this workspace yet: start the server and open its first-run link")
			}
			return s.Out.One("status", status{
				Name: settings.Name, SetupDone: done, Database: s.DB.URL(), Engine: string(s.DB.Dialect()), Version: contracts.CurrentBuild().Version,
				Users: stats.Users, Channels: stats.Channels, Messages: stats.Messages, LogPosition: stats.LogPosition, Bytes: stats.DatabaseBytes,
			})
		}),
	}
}

func statsCommand() *cli.Command {
	return &cli.Command{
		Name: "stats", Usage: "show figures about the workspace",
		UsageText: "chat-admin stats\nchat-admin stats --format json",
		Action: command.Do(func(ctx context.Context, _ *cli.Context, s command.Session) error {
			stats, err := s.Admin.Stats(ctx, s.Actor)
			if err != nil {
				return err
			}
			return s.Out.One("stats", stats)
		}),
	}
}

// document is a description that the programs carry.
type document struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func documentCommand(name, usage string, text string) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage,
		UsageText: "chat-admin " + name + " > " + name + "\nchat-admin " + name + " --format json",
		Action: func(c *cli.Context) error {
			return cliutil.Output(c).Text("document", document{name, text}, text)
		},
	}
}
