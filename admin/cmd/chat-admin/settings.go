package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

// setting is one of the workspace's settings.
type setting struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

func listed(s contracts.Settings) []setting {
	return []setting{{"name", s.Name}, {"registration", s.Registration}, {"registration_domains", strings.Join(s.RegistrationDomains, ",")}, {"retention_days", s.RetentionDays},
		{"require_second_factor", roleList(s.RequireSecondFactor)}, {"profile_fields", labelled(s.ProfileFields)}}
}

// roleList is how roles are written in one argument: owner,admin.
func roleList(roles []contracts.Role) string {
	parts := make([]string, len(roles))
	for i, r := range roles {
		parts[i] = string(r)
	}
	return strings.Join(parts, ",")
}

func rolesOf(text string) *[]contracts.Role {
	roles := []contracts.Role{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			roles = append(roles, contracts.Role(part))
		}
	}
	return &roles
}

// labelled is how profile fields are written in one argument: key=Label,key=Label.
func labelled(fields []contracts.ProfileField) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Key + "=" + f.Label
	}
	return strings.Join(parts, ",")
}

func profileFields(text string) *[]contracts.ProfileField {
	fields := []contracts.ProfileField{}
	for part := range strings.SplitSeq(text, ",") {
		if key, label, _ := strings.Cut(strings.TrimSpace(part), "="); key != "" {
			fields = append(fields, contracts.ProfileField{Key: key, Label: label})
		}
	}
	return &fields
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
			Action: command.Do(func(ctx context.Context, _ *cli.Context, s command.Session) error {
				set, err := settings(ctx, s)
				if err != nil {
					return err
				}
				return s.Out.List("setting", listed(set), contracts.PageInfo{})
			}),
		},
		{
			Name: "get", Usage: "show one setting", ArgsUsage: "NAME",
			UsageText: "chat-admin settings get name\nchat-admin settings get retention_days --fields value --format json",
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				set, err := settings(ctx, s)
				if err != nil {
					return err
				}
				for _, x := range listed(set) {
					if x.Name == c.Args().First() {
						return s.Out.One("setting", x)
					}
				}
				return unknown(c.Args().First())
			}),
		},
		{
			Name: "set", Usage: "change one setting", ArgsUsage: "NAME VALUE",
			UsageText: "chat-admin settings set name 'Acme'\nchat-admin settings set registration closed\nchat-admin settings set profile_fields 'team=Team,desk=Desk'",
			Description: "name: the workspace's name. registration: open, domain, invite or closed. registration_domains: whose addresses may join, as example.org,example.com. retention_days: how long messages are kept, 0 for ever.\n" +
				"require_second_factor: roles that have to have one, as owner,admin; empty for nobody.\n" +
				"profile_fields: what people are asked about in their profiles, up to 8 as key=Label, empty for nothing.\n" +
				"With --if-version the change is refused when somebody changed settings since.",
			Flags:  cliutil.WriteFlags(&cli.Int64Flag{Name: "if-version", Usage: "only if the settings still have this `VERSION`"}),
			Action: command.Do(setSetting),
		},
	}}
}

func setSetting(ctx context.Context, c *cli.Context, s command.Session) error {
	var u admin.SettingsUpdate
	switch name, value := c.Args().First(), c.Args().Get(1); name {
	case "name":
		u.Name = &value
	case "registration":
		u.Registration = &value
	case "registration_domains":
		domains := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		u.RegistrationDomains = &domains
	case "retention_days":
		days, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return contracts.Invalid("/retention_days", "retention_days is a number of days, 0 for ever")
		}
		u.RetentionDays = &days
	case "require_second_factor":
		u.RequireSecondFactor = rolesOf(value)
	case "profile_fields":
		u.ProfileFields = profileFields(value)
	default:
		return unknown(name)
	}
	set, err := s.Admin.UpdateSettings(ctx, s.Actor, u, c.Int64("if-version"))
	if err != nil {
		return err
	}
	return s.Out.One("settings", set)
}

// settings are those of the workspace, for whoever may see all of them.
func settings(ctx context.Context, s command.Session) (contracts.Settings, error) {
	if !s.Actor.Can(contracts.PermManageSettings) {
		return contracts.Settings{}, contracts.ErrForbidden.With("not allowed: settings:manage is needed")
	}
	return s.Admin.Settings(ctx)
}

func unknown(name string) error {
	err := contracts.ErrNotFound.With("there is no setting " + strconv.Quote(name))
	if near := cliutil.Nearest(name, names()); near != "" {
		return err.WithHint("did you mean " + near + "?")
	}
	return err.WithHint("Settings: " + strings.Join(names(), ", "))
}
