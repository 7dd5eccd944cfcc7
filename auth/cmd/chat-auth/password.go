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
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func passwordFlag() cli.Flag {
	return &cli.BoolFlag{Name: "password-stdin", Usage: "read the password from stdin"}
}

func passwordCommand() *cli.Command {
	return &cli.Command{Name: "password", Usage: "passwords", Subcommands: []*cli.Command{{
		Name: "set", Usage: "set a user's password and end their sessions", ArgsUsage: "USER",
		UsageText:   "chat-auth password set @member\necho \"$PASSWORD\" | chat-auth password set @member --password-stdin",
		Description: "Asks twice on a terminal. A password is never an argument, where others could read it.",
		Flags:       cliutil.WriteFlags(passwordFlag()),
		Action:      command.Do(setPassword),
	}, {
		Name: "reset", Usage: "make a link by which a user sets a new password", ArgsUsage: "USER",
		UsageText:   "chat-auth password reset @member --link\nchat-auth password reset @member --link --public-url https://chat.example.org --format json",
		Description: "The link works once, for an hour, and replaces the one before. With it the user's sessions end. Hand it to nobody else: who has it has the account.",
		Flags: cliutil.WriteFlags(
			&cli.BoolFlag{Name: "link", Usage: "print the link"},
			&cli.StringFlag{Name: "public-url", EnvVars: []string{"DANKERCHAT_PUBLIC_URL"}, Usage: "the `URL` under which people reach the server"},
		),
		Action: command.Do(resetPassword),
	}, {
		Name: "peppers", Usage: "count passwords by the pepper that they are hashed with",
		UsageText:   "chat-auth --pepper-file /etc/dankerchat/pepper password peppers\nchat-auth password peppers --format json",
		Description: "An older pepper can leave the file when no password is hashed with it any more. Those that the file does not know cannot be checked.",
		Action:      command.Do(listPeppers),
	}}}
}

func listPeppers(ctx context.Context, _ *cli.Context, s command.Session) error {
	if !s.Actor.Can(contracts.PermManageSettings) {
		return contracts.ErrForbidden
	}
	use, err := s.Auth.PepperUse(ctx)
	if err != nil {
		return err
	}
	return s.Out.List("pepper", use, contracts.PageInfo{})
}

// peppersOf reads --pepper-file for what needs no database.
func peppersOf(c *cli.Context) ([]auth.Pepper, error) {
	if c.String("pepper-file") == "" {
		return nil, nil
	}
	return workspace.LoadPeppers(c.String("pepper-file"))
}

// resetLink is what a user needs to set a new password.
type resetLink struct {
	User      string    `json:"user"`
	URL       string    `json:"url"`
	Code      string    `json:"code"`
	ExpiresAt time.Time `json:"expires_at"`
}

func resetPassword(ctx context.Context, c *cli.Context, s command.Session) error {
	if !c.Bool("link") {
		return cliutil.Usagef("how is the user to get it?").WithHint("Add --link to print the link.")
	}
	base, err := command.LinkBase(c)
	if err != nil {
		return err
	}
	u, err := s.User(ctx, c.Args().First())
	if err != nil {
		return err
	}
	reset, err := s.NewReset(ctx, s.Actor, u.ID)
	if err != nil {
		return err
	}
	link := resetLink{u.Username, base + "/reset#" + reset.Code.Reveal(), reset.Code.Reveal(), reset.ExpiresAt}
	if base == "" {
		s.Out.Notef("put the server's address before it, or give --public-url")
	}
	s.Out.Notef("the link is shown this once, works once and for an hour")
	return s.Out.One("reset", link, "user", "url", "expires_at")
}

func setPassword(ctx context.Context, c *cli.Context, s command.Session) error {
	u, err := s.User(ctx, c.Args().First())
	if err != nil {
		return err
	}
	password, err := cliutil.Password(c, "password-stdin", "New password for @"+u.Username, true)
	if err != nil {
		return err
	}
	if err := s.SetPassword(ctx, s.Actor, u.ID, auth.Secret(password)); err != nil {
		return err
	}
	return s.Out.One("user", u, command.UserColumns...)
}

// hashed is a password hash and what it costs.
type hashed struct {
	Hash   string     `json:"hash"`
	Params hashParams `json:"params"`
}

type hashParams struct {
	Algorithm string `json:"algorithm"`
	MemoryKiB uint32 `json:"memory_kib"`
	Time      uint32 `json:"time"`
	Threads   uint8  `json:"threads"`
	Pepper    string `json:"pepper"` // its ID; empty without one
}

func hashCommand() *cli.Command {
	return &cli.Command{
		Name: "hash", Usage: "hash a password as DankerChat stores it (reads stdin)",
		UsageText:   "printf %s \"$PASSWORD\" | chat-auth hash\nprintf %s \"$PASSWORD\" | chat-auth hash --small --format json",
		Description: "argon2id in the PHC form, with the first pepper of --pepper-file. Needs no database.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "small", Usage: "the parameters for machines with little memory"}},
		Action: func(c *cli.Context) error {
			password, err := cliutil.Stdin(c, "Password")
			if err != nil {
				return err
			}
			params := auth.HashDefault
			if c.Bool("small") {
				params = auth.HashSmall
			}
			peppers, err := peppersOf(c)
			if err != nil {
				return err
			}
			hash, err := auth.Hash(auth.Secret(password), params, peppers...)
			if err != nil {
				return err
			}
			cost := hashParams{Algorithm: "argon2id", MemoryKiB: params.MemoryKiB, Time: params.Time, Threads: params.Threads}
			if len(peppers) > 0 {
				cost.Pepper = peppers[0].ID
			}
			return cliutil.Output(c).One("hash", hashed{hash, cost})
		},
	}
}

type verdict struct {
	Valid bool `json:"valid"`
}

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "tell whether a password fits a hash (reads stdin)", ArgsUsage: "HASH",
		UsageText: "printf %s \"$PASSWORD\" | chat-auth verify '$argon2id$v=19$…'\n" +
			"printf %s \"$PASSWORD\" | chat-auth verify @./hash.txt --fields valid --no-header",
		Description: "HASH is a PHC string, or @./file that holds one. The answer is in the data: exit code 0 does not mean that it fits.",
		Action: func(c *cli.Context) error {
			hash, err := cliutil.Text(c, c.Args().Slice())
			if err != nil {
				return err
			}
			password, err := cliutil.Stdin(c, "Password")
			if err != nil {
				return err
			}
			peppers, err := peppersOf(c)
			if err != nil {
				return err
			}
			ok, err := auth.VerifyPassword(strings.TrimSpace(hash), auth.Secret(password), peppers...)
			if err != nil {
				return err
			}
			return cliutil.Output(c).One("verdict", verdict{ok})
		},
	}
}

func checkLoginCommand() *cli.Command {
	return &cli.Command{
		Name: "check-login", Usage: "tell whether a user could log in (reads the password from stdin)", ArgsUsage: "USER",
		UsageText:   "printf %s \"$PASSWORD\" | chat-auth check-login member\nprintf %s \"$PASSWORD\" | chat-auth check-login member@example.org --format json",
		Description: "Exit code 3 when user name or password is wrong, 5 for a suspended user, 7 after too many failures, 8 when the pepper of the hash is missing. No session is started.",
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			password, err := cliutil.Stdin(c, "Password")
			if err != nil {
				return err
			}
			u, err := s.Auth.CheckLogin(ctx, auth.LoginInput{Username: c.Args().First(), Password: auth.Secret(password), Client: "chat-auth"})
			if errors.Is(err, contracts.ErrBadCredentials) { // the operator may know more than who signs in
				if missing := s.Auth.MissingPepper(ctx, c.Args().First()); missing != nil {
					return missing
				}
			}
			if err != nil {
				return err
			}
			return s.Out.One("user", u, command.UserColumns...)
		}),
	}
}
