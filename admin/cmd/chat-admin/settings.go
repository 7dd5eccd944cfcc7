package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// setting is one of the workspace's settings.
type setting struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

func listed(s contracts.Settings) []setting {
	return []setting{{"name", s.Name}, {"registration", s.Registration}, {"retention_days", s.RetentionDays}}
}

func names() []string {
	var list []string
	for _, s := range listed(contracts.Settings{}) {
		list = append(list, s.Name)
	}
	return list
}

func settingsCommand() *cli.Command {
	return &cli.Command{Name: "settings", Usage: "settings of the workspace", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "show all settings",
			UsageText: "chat-admin settings list\nchat-admin settings list --format json",
			Action: func(c *cli.Context) error {
				return withSettings(c, func(_ context.Context, s session, set contracts.Settings) error {
					return s.out.List("setting", listed(set), contracts.PageInfo{})
				})
			},
		},
		{
			Name: "get", Usage: "show one setting", ArgsUsage: "NAME",
			UsageText: "chat-admin settings get name\nchat-admin settings get retention_days --fields value --format json",
			Action: func(c *cli.Context) error {
				return withSettings(c, func(_ context.Context, s session, set contracts.Settings) error {
					for _, x := range listed(set) {
						if x.Name == c.Args().First() {
							return s.out.One("setting", x)
						}
					}
					return unknown(c.Args().First())
				})
			},
		},
		{
			Name: "set", Usage: "change one setting", ArgsUsage: "NAME VALUE",
			UsageText: "chat-admin settings set name 'Acme'\nchat-admin settings set registration closed",
			Description: "name: the workspace's name. registration: invite or closed. retention_days: how long messages are kept, 0 for ever.\n" +
				"With --if-version the change is refused when somebody changed settings since.",
			Flags: cliutil.WriteFlags(&cli.Int64Flag{Name: "if-version", Usage: "only if the settings still have this `VERSION`"}),
			Action: func(c *cli.Context) error {
				var u admin.SettingsUpdate
				value := c.Args().Get(1)
				switch c.Args().First() {
				case "name":
					u.Name = &value
				case "registration":
					u.Registration = &value
				case "retention_days":
					days, err := strconv.ParseInt(value, 10, 64)
					if err != nil {
						return contracts.Invalid("/retention_days", "retention_days is a number of days, 0 for ever")
					}
					u.RetentionDays = &days
				default:
					return unknown(c.Args().First())
				}
				return with(c, func(ctx context.Context, s session) error {
					set, err := s.Admin.UpdateSettings(ctx, s.Actor, u, c.Int64("if-version"))
					if err != nil {
						return err
					}
					return s.out.One("settings", set)
				})
			},
		},
	}}
}

// withSettings reads the settings for whoever may see all of them.
func withSettings(c *cli.Context, fn func(ctx context.Context, s session, set contracts.Settings) error) error {
	return with(c, func(ctx context.Context, s session) error {
		if !s.Actor.Can(contracts.PermManageSettings) {
			return contracts.ErrForbidden.With("not allowed: settings:manage is needed")
		}
		set, err := s.Admin.Settings(ctx)
		if err != nil {
			return err
		}
		return fn(ctx, s, set)
	})
}

func unknown(name string) error {
	err := contracts.ErrNotFound.With("there is no setting " + strconv.Quote(name))
	if near := cliutil.Nearest(name, names()); near != "" {
		return err.WithHint("did you mean " + near + "?")
	}
	return err.WithHint("Settings: " + strings.Join(names(), ", "))
}
