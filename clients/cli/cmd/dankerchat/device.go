package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// loginByPerson signs in by a code where somebody can read one, else by a password.
func loginByPerson(c *cli.Context, client *dankerchat.Client) (contracts.User, error) {
	// Before anything is typed: is that a server, and does it answer?
	meta, err := client.Meta(c.Context)
	if err != nil {
		return contracts.User{}, err
	}
	if !meta.SetupDone {
		return contracts.User{}, contracts.ErrConflict.With("this server has no owner yet").WithHint("Open its first-run link, which dankerchatd prints when it starts.")
	}
	byPassword := c.String("username") != "" || c.Bool("password-stdin") || c.Bool("code-stdin")
	switch {
	case c.Bool("device") && byPassword:
		return contracts.User{}, cliutil.Usagef("--device needs no user name and no password").WithHint("Leave --username and --password-stdin out.")
	case c.Bool("device") || !byPassword && interactive(c):
		return loginByDevice(c, client)
	}
	return loginByPassword(c, client)
}

// loginByDevice shows a code and waits until somebody approves it.
func loginByDevice(c *cli.Context, client *dankerchat.Client) (contracts.User, error) {
	d, err := client.BeginDeviceLogin(c.Context)
	if err != nil {
		return contracts.User{}, err
	}
	fmt.Fprintf(c.App.ErrWriter, "Open %s\nwhere you are signed in, and check that it shows this code:\n\n    %s\n\nWaiting, for %d minutes at most. With a password instead: --username NAME\n",
		d.VerificationURIComplete, d.UserCode, d.ExpiresIn/60)
	return client.FinishDeviceLogin(c.Context, d)
}

// interactive tells whether somebody sits there.
func interactive(c *cli.Context) bool {
	in, ok := c.App.Reader.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && !c.Bool("no-input")
}

// clientName is what the list of sessions shows: this program and this machine.
func clientName() string {
	name := "dankerchat/" + contracts.CurrentBuild().Version
	system, ok := map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows"}[runtime.GOOS]
	if !ok {
		system = runtime.GOOS
	}
	host, err := os.Hostname()
	if host, _, _ = strings.Cut(host, "."); err != nil || host == "" || len(host) > 24 {
		return name + " (" + system + ")"
	}
	return name + " (" + host + " on " + system + ")"
}
