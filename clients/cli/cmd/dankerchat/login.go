package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/clients/cli/credential"
	"github.com/dankerchat/dankerchat/clients/cli/profile"
	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// account is who one is where.
type account struct {
	contracts.User
	Server  string `json:"server"`
	Profile string `json:"profile"`
	Stored  string `json:"stored,omitempty"` // keyring or file
}

var accountColumns = []string{"username", "display_name", "role", "server", "profile"}

func loginCommand() *cli.Command {
	return &cli.Command{
		Name: "login", Usage: "sign in to a server and remember it", ArgsUsage: "[SERVER]",
		UsageText: `dankerchat login chat.example.com
dankerchat login chat.example.com --username member
printf %s "$PASSWORD" | dankerchat login localhost:8080 --username member --password-stdin
printf '%s\n%s\n' "$PASSWORD" "$CODE" | dankerchat login localhost:8080 -u member --password-stdin --code-stdin
dankerchat login localhost:8080 --token-file ./token --profile bot`,
		Description: "On a terminal it shows a code, which somebody who is signed in in a browser approves\nthere. With --username it asks for the password instead and, where there is a second\nfactor, its code. With --token-file (or DANKERCHAT_TOKEN) an API token is kept instead of a session. Secrets go to the keyring of the operating system,\nor where there is none into a file that only you can read.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "username", Aliases: []string{"u"}, Usage: "sign in as `NAME` (or email)"},
			&cli.BoolFlag{Name: "device", Usage: "sign in by a code, also where there is no terminal"},
			&cli.BoolFlag{Name: "password-stdin", Usage: "read the password from stdin"},
			&cli.BoolFlag{Name: "code-stdin", Usage: "with --password-stdin: the last line of stdin is the code of the second factor"},
		},
		Action: login,
	}
}

func login(c *cli.Context) error {
	p, err := findPlace(c)
	if err != nil {
		return err
	}
	if s := c.Args().First(); s != "" {
		p.server = s
	}
	if p.server == "" {
		return cliutil.Usagef("which server?").WithHint("Run: dankerchat login SERVER")
	}
	store := credential.Open(p.profile)
	var tokens dankerchat.Tokens
	client, err := dankerchat.New(p.server, dankerchat.WithToken(p.token), dankerchat.WithName(clientName()),
		dankerchat.OnTokens(func(t dankerchat.Tokens) { tokens = t }))
	if err != nil {
		return err
	}
	var user contracts.User
	if p.token != "" {
		if user, err = client.Me(c.Context); errors.Is(err, contracts.ErrUnauthenticated) {
			return contracts.ErrUnauthenticated.With("the server does not take this token").WithHint("It may be revoked, have expired, or be another server's.")
		}
		tokens = dankerchat.Tokens{Access: p.token}
	} else {
		user, err = loginByPerson(c, client)
	}
	if err != nil {
		return err
	}
	where, err := store.Save(c.Context, client.Address(), tokens)
	if err != nil {
		return err
	}
	err = profile.Update(c.Context, func(config *profile.Config) error {
		if len(config.Profiles) == 0 {
			config.Current = p.profile
		}
		config.Profiles[p.profile] = profile.Profile{Server: client.Address(), Username: user.Username}
		return nil
	})
	if err != nil {
		return err
	}
	if p.known.Server != "" && p.known.Server != client.Address() {
		cliutil.Output(c).Notef("profile %s was %s before", p.profile, p.known.Server)
	}
	return cliutil.Output(c).One("account", account{user, client.Address(), p.profile, where}, accountColumns...)
}

func loginByPassword(c *cli.Context, client *dankerchat.Client) (contracts.User, error) {
	name, err := c.String("username"), error(nil)
	if name == "" {
		if name, err = ask(c, "User name"); err != nil {
			return contracts.User{}, err
		}
	}
	password, err := cliutil.Password(c, "password-stdin", "Password", false)
	if err != nil {
		return contracts.User{}, err
	}
	code := ""
	if c.Bool("code-stdin") {
		if !c.Bool("password-stdin") {
			return contracts.User{}, cliutil.Usagef("--code-stdin needs --password-stdin")
		}
		at := strings.LastIndexByte(password, '\n')
		if at < 0 {
			return contracts.User{}, cliutil.Usagef("--code-stdin: stdin has one line only").WithHint("The password comes first, the code on a line of its own.")
		}
		password, code = strings.TrimSuffix(password[:at], "\r"), password[at+1:]
	}
	user, err := client.Login(c.Context, strings.TrimPrefix(name, "@"), password)
	if !errors.Is(err, contracts.ErrMFARequired) || user.ID == "" {
		return user, err
	}
	return user, secondFactor(c, client, code, err)
}

// secondFactor goes on where a code is owed, which is asked for when none was given.
func secondFactor(c *cli.Context, client *dankerchat.Client, code string, owed error) error {
	if code == "" {
		if c.Bool("password-stdin") {
			return fmt.Errorf("%w", contracts.ErrMFARequired.WithHint("Give its code as the last line of stdin with --code-stdin."))
		}
		var err error
		if code, err = ask(c, "Code of your authenticator app, or a recovery code"); err != nil {
			return owed
		}
	}
	left, err := client.VerifySecondFactor(c.Context, code)
	if err == nil && left < 4 {
		cliutil.Output(c).Notef("%d recovery codes are left; make new ones in the settings of the web app", left)
	}
	return err
}

// ask reads one line from the terminal.
func ask(c *cli.Context, what string) (string, error) {
	in, ok := c.App.Reader.(*os.File)
	if !ok || !interactive(c) || c.Bool("password-stdin") {
		return "", cliutil.Usagef("%s is needed", what).WithHint("Give it with --username.")
	}
	fmt.Fprintf(c.App.ErrWriter, "%s: ", what)
	var line []byte
	for b := make([]byte, 1); ; { // no more than the line: the password follows
		n, err := in.Read(b)
		if n == 1 && b[0] == '\n' || err == io.EOF && len(line) > 0 {
			return strings.TrimSpace(string(line)), nil
		}
		if err != nil {
			return "", cliutil.ErrDeclined
		}
		line = append(line, b[:n]...)
	}
}

func logoutCommand() *cli.Command {
	return &cli.Command{
		Name: "logout", Usage: "end the session and forget its secrets", UsageText: "dankerchat logout\ndankerchat logout --profile work",
		Description: "A session is ended on the server. An API token is only forgotten here; token revoke ends it.",
		Flags:       cliutil.WriteFlags(),
		Action: func(c *cli.Context) error {
			p, err := findPlace(c)
			if err != nil {
				return err
			}
			p.token = "" // what the environment holds is not ours to end
			client, err := p.client(c.Context)
			if err != nil {
				return err
			}
			out := left{p.known.Username, client.Address(), p.profile}
			if !cliutil.DryRun(c) {
				if client.Tokens().Refresh != "" {
					if err := client.Logout(c.Context); err != nil {
						return err
					}
				}
				if err := credential.Open(p.profile).Remove(c.Context); err != nil {
					return err
				}
			}
			return cliutil.Output(c).One("account", out)
		},
	}
}

// left is who one was where.
type left struct {
	Username string `json:"username"`
	Server   string `json:"server"`
	Profile  string `json:"profile"`
}

func whoamiCommand() *cli.Command {
	return &cli.Command{
		Name: "whoami", Usage: "show who one is, and where", UsageText: "dankerchat whoami\ndankerchat whoami --format=json --fields=id,username",
		Action: signedIn(func(c *cli.Context, o *cliutil.Out, r remote) error {
			user, err := r.Me(c.Context)
			if err != nil {
				return err
			}
			return o.One("account", account{User: user, Server: r.Address(), Profile: r.place.profile}, accountColumns...)
		}),
	}
}
