package main

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

var tokenColumns = []string{"id", "name", "scopes", "prefix", "expires_at", "last_used_at"}

// newToken is a token with its secret, which is shown this once.
type newToken struct {
	contracts.Token
	Secret string `json:"secret"`
}

func tokenCommand() *cli.Command {
	return &cli.Command{
		Name: "token", Usage: "one's API tokens",
		Subcommands: []*cli.Command{
			tokenCreateCommand(),
			{
				Name: "list", Usage: "list one's API tokens, without their secrets",
				UsageText: "dankerchat token list\ndankerchat token list --format=json --fields=id,name,last_used_at",
				Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
					tokens, err := r.APITokens(c.Context)
					if err != nil {
						return err
					}
					return o.List("token", tokens, contracts.PageInfo{}, tokenColumns...)
				}),
			},
			{
				Name: "rotate", Usage: "give an API token a new secret and show it, once", ArgsUsage: "TOKEN",
				UsageText:   "dankerchat token rotate 'deploy bot'\ndankerchat token rotate tok_06bz6v5m0x3k9q8h7r2t4w1y5e --grace 0s --yes --format=json --fields=secret",
				Description: "The old secret works on for an hour, or for --grace.",
				Flags:       cliutil.WriteFlags(&cli.DurationFlag{Name: "grace", Value: time.Hour, Usage: "how long the old secret works on, at most `24h`"}, proofFlag()),
				Action:      signedIn(rotateToken),
			},
			{
				Name: "revoke", Usage: "end an API token; what uses it is cut off at once", ArgsUsage: "TOKEN",
				UsageText: "dankerchat token revoke tok_06bz6v5m0x3k9q8h7r2t4w1y5e\ndankerchat token revoke 'deploy bot' --yes",
				Flags:     cliutil.WriteFlags(),
				Action:    signedIn(revokeToken),
			},
		},
	}
}

func tokenCreateCommand() *cli.Command {
	return &cli.Command{
		Name: "create", Usage: "make an API token and show its secret, once", ArgsUsage: "NAME",
		UsageText: `dankerchat token create 'deploy bot' --scope messages:write
dankerchat token create laptop --expires 720h --format=json --fields=secret`,
		Description: "Scopes are permissions such as messages:read and messages:write; without --scope the\ntoken may do all that you may.",
		Flags: cliutil.WriteFlags(
			&cli.StringSliceFlag{Name: "scope", Usage: "limit the token to `PERMISSION`; may be repeated"},
			&cli.StringFlag{Name: "expires", Usage: "end it at `TIME`: 720h, 2027-01-31, 2027-01-31T12:00:00Z"},
			proofFlag(),
		),
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			scopes := c.StringSlice("scope")
			if len(scopes) == 0 {
				scopes = []string{"*"}
			}
			expires, err := parseExpiry(c.String("expires"), time.Now())
			if err != nil {
				return err
			}
			if err := checkToken(c.Args().First(), scopes); err != nil {
				return err
			}
			if cliutil.DryRun(c) {
				t := contracts.Token{Name: c.Args().First(), Scopes: scopes}
				if !expires.IsZero() {
					t.ExpiresAt = &expires
				}
				return o.One("token", t, "name", "scopes", "expires_at")
			}
			var made newToken
			err = proving(c, r, func() (err error) {
				made.Token, made.Secret, err = r.CreateToken(c.Context, c.Args().First(), scopes, expires)
				return err
			})
			if err != nil {
				return err
			}
			return o.One("token", made, "id", "name", "scopes", "expires_at", "secret")
		}),
	}
}

// checkToken says what the server would refuse, so that a dry run does, too.
func checkToken(name string, scopes []string) error {
	if strings.TrimSpace(name) == "" {
		return contracts.ErrInvalid.With("a token needs a name").WithHint("A name tells tokens apart: 'deploy bot'.").At("/name")
	}
	return cliutil.Scopes(scopes)
}

// parseExpiry reads a duration from now, a day or a time.
func parseExpiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	wrong := cliutil.Usagef("--expires cannot be %q", text).WithHint("Give a time to come: 720h, 2027-01-31 or 2027-01-31T12:00:00Z.")
	t, err := parseSince(text, now)
	if d, derr := time.ParseDuration(text); derr == nil {
		t, err = now.Add(d), nil
	}
	if err != nil || !t.After(now) {
		return time.Time{}, wrong
	}
	return t, nil
}

// findToken is one's token by id or name.
func findToken(c *cli.Context, r remote) (contracts.Token, error) {
	none := contracts.Token{}
	tokens, err := r.APITokens(c.Context)
	if err != nil {
		return none, err
	}
	wanted := c.Args().First()
	var found []contracts.Token
	for _, t := range tokens {
		if t.ID == wanted || t.Name == wanted {
			found = append(found, t)
		}
	}
	switch {
	case len(found) == 0:
		return none, contracts.ErrNotFound.With("you have no token " + wanted).WithHint("dankerchat token list shows them.")
	case len(found) > 1:
		ids := make([]string, len(found))
		for i, t := range found {
			ids[i] = t.ID
		}
		return none, contracts.ErrConflict.With("several tokens are called " + wanted).WithHint("Give an id: " + strings.Join(ids, ", "))
	}
	return found[0], nil
}

func rotateToken(c *cli.Context, o *cliutil.Out, r remote) error {
	t, err := findToken(c, r)
	if err != nil {
		return err
	}
	if err := cliutil.Confirm(c, "Give the token "+t.Name+" a new secret?"); err != nil {
		return err
	}
	if cliutil.DryRun(c) {
		return o.One("token", t, tokenColumns...)
	}
	var made newToken
	err = proving(c, r, func() (err error) {
		made.Token, made.Secret, err = r.RotateToken(c.Context, t.ID, c.Duration("grace"))
		return err
	})
	if err != nil {
		return err
	}
	return o.One("token", made, "id", "name", "former_until", "secret")
}

func revokeToken(c *cli.Context, o *cliutil.Out, r remote) error {
	t, err := findToken(c, r)
	if err != nil {
		return err
	}
	if err := cliutil.Confirm(c, "Revoke the token "+t.Name+"?"); err != nil {
		return err
	}
	if !cliutil.DryRun(c) {
		if err := r.RevokeToken(c.Context, t.ID); err != nil {
			return err
		}
	}
	return o.One("token", t, tokenColumns...)
}
