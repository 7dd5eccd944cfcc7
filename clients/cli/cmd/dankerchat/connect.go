package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/clients/cli/credential"
	"github.com/dankerchat/dankerchat/clients/cli/profile"
	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// A place is where a command works: which server, under which profile, with what.
type place struct {
	profile  string
	known    profile.Profile // zero when the profile is not there yet
	server   string
	fromFlag bool   // the server was named by flag or environment
	token    string // an API token by flag or environment, "" when the profile's tokens serve
}

// findPlace applies flag > environment > profile > default.
func findPlace(c *cli.Context) (place, error) {
	config, err := profile.Load()
	if err != nil {
		return place{}, err
	}
	p := place{profile: c.String("profile"), server: c.String("server"), fromFlag: c.String("server") != ""}
	if p.profile == "" {
		p.profile = config.Current
	}
	if err := profile.CheckName(p.profile); err != nil {
		return place{}, err
	}
	p.known = config.Profiles[p.profile]
	if p.server == "" {
		p.server = p.known.Server
	}
	p.token, err = givenToken(c)
	return p, err
}

// givenToken is the token of --token-file or of the environment. A token is never
// an argument, where every user of the machine could read it.
func givenToken(c *cli.Context) (string, error) {
	path := c.String("token-file")
	if path == "" {
		return strings.TrimSpace(os.Getenv("DANKERCHAT_TOKEN")), nil
	}
	var b []byte
	var err error
	if path == "-" {
		if slices.Contains(c.Args().Slice(), "-") {
			return "", cliutil.Usagef("stdin cannot hold both the token and the text").WithHint("Put the token into a file or into DANKERCHAT_TOKEN.")
		}
		b, err = io.ReadAll(io.LimitReader(c.App.Reader, 4<<10))
	} else {
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return "", contracts.ErrInvalid.With(fmt.Sprintf("cannot read the token: %v", err))
	}
	token := strings.TrimSpace(string(b))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", cliutil.Usagef("--token-file: %s does not hold one token", path)
	}
	return token, nil
}

// client makes a client for the place with what it has, without connecting.
func (p place) client(ctx context.Context, opts ...dankerchat.Option) (*dankerchat.Client, error) {
	if p.server == "" {
		return nil, contracts.ErrUnauthenticated.With("not signed in: no server is known").WithHint("Run: dankerchat login SERVER")
	}
	opts = append(opts, dankerchat.WithName("dankerchat/"+contracts.CurrentBuild().Version))
	if p.token != "" {
		return dankerchat.New(p.server, append(opts, dankerchat.WithToken(p.token))...)
	}
	c, err := dankerchat.New(p.server)
	if err != nil {
		return nil, err
	}
	store := credential.Open(p.profile)
	tokens, server, err := store.Load(ctx)
	if errors.Is(err, contracts.ErrUnauthenticated) && contracts.ErrUnauthenticated.Message == messageOf(err) {
		err = contracts.ErrUnauthenticated.With("not signed in to " + c.Address()).WithHint("Run: " + p.login())
	}
	if err != nil {
		return nil, err
	}
	if server != c.Address() {
		// The tokens are another server's: it alone may see them.
		return nil, contracts.ErrUnauthenticated.With(fmt.Sprintf("profile %s is signed in to %s, not to %s", p.profile, server, c.Address())).
			WithHint("Run: dankerchat login " + p.server + " --profile NAME")
	}
	if tokens.Refresh == "" {
		return dankerchat.New(p.server, append(opts, dankerchat.WithToken(tokens.Access))...)
	}
	return dankerchat.New(p.server, append(opts, dankerchat.WithTokens(tokens), dankerchat.WithTokenStore(store))...)
}

// login is the command that signs in here.
func (p place) login() string {
	command := "dankerchat login " + p.server
	if p.profile != profile.Default {
		command += " --profile " + p.profile
	}
	return command
}

func messageOf(err error) string {
	var e *contracts.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ""
}

// remote is a server that one is signed in to.
type remote struct {
	*dankerchat.Client
	place place
}

// signedIn wraps the action of a command that needs to be signed in.
func signedIn(fn func(c *cli.Context, o *cliutil.Out, r remote) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		p, err := findPlace(c)
		if err != nil {
			return err
		}
		client, err := p.client(c.Context)
		if err != nil {
			return err
		}
		return explain(fn(c, cliutil.Output(c), remote{client, p}), p)
	}
}

// explain says what to do when the server no longer knows us.
func explain(err error, p place) error {
	var e *contracts.Error
	if errors.As(err, &e) && e.Code == contracts.CodeUnauthenticated {
		hint := "Run: " + p.login()
		if p.token != "" {
			hint = "Check the token: it may be revoked or have expired."
		}
		return e.WithHint(hint)
	}
	return err
}
