package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/clients/cli/credential"
	"github.com/dankerchat/dankerchat/clients/cli/profile"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// known is a profile as it is shown.
type known struct {
	Name     string `json:"name"`
	Server   string `json:"server"`
	Username string `json:"username"`
	Current  bool   `json:"current"`
}

func profileCommand() *cli.Command {
	return &cli.Command{
		Name: "profile", Usage: "the servers and accounts that are remembered here",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the profiles", UsageText: "dankerchat profile list\ndankerchat profile list --format=json",
				Action: func(c *cli.Context) error {
					config, err := profile.Load()
					if err != nil {
						return err
					}
					rows := []known{}
					for _, name := range config.Names() {
						p := config.Profiles[name]
						rows = append(rows, known{name, p.Server, p.Username, name == config.Current})
					}
					return cliutil.Output(c).List("profile", rows, contracts.PageInfo{}, "name", "server", "username", "current")
				},
			},
			{
				Name: "use", Usage: "use a profile from now on", ArgsUsage: "NAME", UsageText: "dankerchat profile use work",
				Flags: cliutil.WriteFlags(),
				Action: func(c *cli.Context) error {
					return changeProfile(c, func(config *profile.Config, name string) { config.Current = name })
				},
			},
			{
				Name: "remove", Usage: "forget a profile and its secrets", ArgsUsage: "NAME",
				UsageText:   "dankerchat profile remove work\ndankerchat profile remove work --yes",
				Description: "The session stays open on the server: logout ends it.",
				Flags:       cliutil.WriteFlags(),
				Action: func(c *cli.Context) error {
					config, err := profile.Load()
					if err == nil {
						_, err = existing(config, c.Args().First())
					}
					if err != nil {
						return err // before anything is asked
					}
					if err := cliutil.Confirm(c, "Forget profile "+c.Args().First()+"?"); err != nil {
						return err
					}
					return changeProfile(c, func(config *profile.Config, name string) {
						delete(config.Profiles, name)
						if config.Current == name {
							config.Current = profile.Default
						}
					})
				},
			},
		},
	}
}

// existing is a profile that is there.
func existing(config profile.Config, name string) (profile.Profile, error) {
	p, ok := config.Profiles[name]
	if ok {
		return p, nil
	}
	missing := contracts.ErrNotFound.With("there is no profile " + name)
	if names := config.Names(); len(names) > 0 {
		return p, missing.WithHint("There are: " + strings.Join(names, ", "))
	}
	return p, missing.WithHint("Run: dankerchat login SERVER --profile " + name)
}

// changeProfile changes the configuration around one profile that must exist.
func changeProfile(c *cli.Context, change func(*profile.Config, string)) error {
	name := c.Args().First()
	var out known
	check := func(config *profile.Config) error {
		p, err := existing(*config, name)
		if err != nil {
			return err
		}
		if !cliutil.DryRun(c) {
			change(config, name)
		}
		out = known{name, p.Server, p.Username, config.Current == name}
		return nil
	}
	if cliutil.DryRun(c) {
		config, err := profile.Load()
		if err != nil {
			return err
		}
		if err := check(&config); err != nil {
			return err
		}
	} else if err := profile.Update(c.Context, check); err != nil {
		return err
	} else if c.Command.Name == "remove" {
		if err := credential.Open(name).Remove(c.Context); err != nil {
			return err
		}
	}
	return cliutil.Output(c).One("profile", out, "name", "server", "username", "current")
}
