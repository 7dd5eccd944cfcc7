package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

// newToken is a token with the secret that is shown this once.
type newToken struct {
	contracts.Token
	Secret string `json:"secret"`
}

// bearer is whom a credential acts for.
type bearer struct {
	UserID   string         `json:"user_id"`
	Username string         `json:"username"`
	Role     contracts.Role `json:"role"`
	TokenID  string         `json:"token_id,omitempty"`
	Session  string         `json:"session_id,omitempty"`
	Scopes   []string       `json:"scopes"`
}

func tokenCommand() *cli.Command {
	return &cli.Command{Name: "token", Usage: "API tokens for programs", Subcommands: []*cli.Command{
		{
			Name: "create", Usage: "make an API token; its secret is shown once",
			UsageText: `chat-auth token create --user @member --name backup --scope messages:read
chat-auth token create --user @builds --name ci --expires 720h --fields secret --no-header`,
			Description: "Scopes are permission names; without --scope the token may do whatever the user may.",
			Flags: cliutil.WriteFlags(userFlag(),
				&cli.StringFlag{Name: "name", Usage: "`NAME` to recognise it by"},
				&cli.StringSliceFlag{Name: "scope", Usage: "`PERMISSION` that it has; may be repeated"},
				&cli.DurationFlag{Name: "expires", Usage: "ends after this `TIME` (720h); default: never"},
			),
			Action: command.Do(createToken),
		},
		{
			Name: "list", Usage: "list a user's API tokens",
			UsageText: "chat-auth token list --user @member",
			Flags:     []cli.Flag{userFlag()},
			Action:    command.Do(listTokens),
		},
		{
			Name: "rotate", Usage: "give an API token a new secret, which is shown once", ArgsUsage: "TOKEN",
			UsageText:   "chat-auth token rotate tok_01h… --yes\nchat-auth token rotate tok_01h… --grace 0s --yes --fields secret --no-header",
			Description: "TOKEN is the id that token list shows. The old secret works on for an hour, or for --grace.",
			Flags:       cliutil.WriteFlags(&cli.DurationFlag{Name: "grace", Value: time.Hour, Usage: "how long the old secret works on, at most `24h`"}),
			Action:      command.Do(rotateToken),
		},
		{
			Name: "revoke", Usage: "make API tokens useless at once", ArgsUsage: "TOKEN...",
			UsageText:   "chat-auth token revoke tok_01h… --yes",
			Description: "TOKEN is the id that token list shows, not the secret.",
			Flags:       cliutil.WriteFlags(),
			Action:      command.Do(revokeTokens),
		},
		{
			Name: "verify", Usage: "tell whom a token or session acts for (reads the secret from stdin)",
			UsageText:   "printf %s \"$TOKEN\" | chat-auth token verify\nprintf %s \"$TOKEN\" | chat-auth token verify --format json",
			Description: "Exit code 3 for one that is wrong, expired or revoked.",
			Action:      command.Do(verifyToken),
		},
	}}
}

func createToken(ctx context.Context, c *cli.Context, s command.Session) error {
	if c.String("name") == "" {
		return cliutil.Usagef("--name is needed").WithHint("A name tells tokens apart: --name backup.")
	}
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	in := auth.NewToken{UserID: u.ID, Name: c.String("name"), Scopes: c.StringSlice("scope")}
	if err := cliutil.Scopes(in.Scopes); err != nil {
		return err
	}
	if len(in.Scopes) == 0 {
		in.Scopes = []string{"*"}
	}
	if d := c.Duration("expires"); c.IsSet("expires") {
		if d <= 0 {
			return cliutil.Usagef("--expires must be in the future: 720h")
		}
		at := time.Now().Add(d)
		in.ExpiresAt = &at
	}
	token, secret, err := s.CreateToken(ctx, s.Actor, in)
	if err != nil {
		return hintScopes(err)
	}
	s.Out.Notef("the secret is shown this once; keep it now")
	return s.Out.One("token", newToken{token, secret.Reveal()})
}

// hintScopes lists the scopes to whoever named another.
func hintScopes(err error) error {
	var e *contracts.Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Field, "/scopes") {
		return err
	}
	var names []string
	for _, p := range contracts.RoleOwner.Permissions() {
		names = append(names, string(p))
	}
	return e.WithHint("Scopes: *, " + strings.Join(names, ", "))
}

func listTokens(ctx context.Context, c *cli.Context, s command.Session) error {
	u, err := whose(ctx, c, s)
	if err != nil {
		return err
	}
	list, err := s.Auth.Tokens(ctx, s.Actor, u.ID)
	if err != nil {
		return err
	}
	return s.Out.List("token", list, contracts.PageInfo{}, "id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
}

func revokeTokens(ctx context.Context, c *cli.Context, s command.Session) error {
	ids := c.Args().Slice()
	for _, id := range ids {
		if strings.HasPrefix(id, "dkt_") {
			return cliutil.Usagef("that is a secret, not an id").WithHint("chat-auth token list --user @name shows ids (tok_…).")
		}
	}
	if err := cliutil.Confirm(c, "Revoke "+cliutil.Names(ids)+"?"); err != nil {
		return err
	}
	return cliutil.Each(c, "token", ids, func(id string) (any, error) {
		return revoked{id, 1}, s.RevokeToken(ctx, s.Actor, id)
	})
}

func rotateToken(ctx context.Context, c *cli.Context, s command.Session) error {
	id := c.Args().First()
	if strings.HasPrefix(id, "dkt_") {
		return cliutil.Usagef("that is a secret, not an id").WithHint("chat-auth token list --user @name shows ids (tok_…).")
	}
	if c.Args().Len() != 1 {
		return cliutil.Usagef("name one token").WithHint("chat-auth token list --user @name shows ids (tok_…).")
	}
	if err := cliutil.Confirm(c, "Give "+id+" a new secret?"); err != nil {
		return err
	}
	token, secret, err := s.RotateToken(ctx, s.Actor, id, c.Duration("grace"))
	if err != nil {
		return err
	}
	s.Out.Notef("the secret is shown this once; keep it now")
	return s.Out.One("token", newToken{token, secret.Reveal()})
}

func verifyToken(ctx context.Context, c *cli.Context, s command.Session) error {
	secret, err := cliutil.Stdin(c, "Token")
	if err != nil {
		return err
	}
	a, err := s.Auth.Authenticate(ctx, strings.TrimSpace(secret))
	if err != nil {
		return err
	}
	scopes := a.Scopes
	if scopes == nil {
		scopes = []string{"*"}
	}
	return s.Out.One("bearer", bearer{a.UserID, a.Username, a.Role, a.TokenID, a.SessionID, scopes})
}
