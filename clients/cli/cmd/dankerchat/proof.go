package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// proofFlag is of the commands that use proving.
func proofFlag() cli.Flag {
	return &cli.BoolFlag{Name: "password-stdin", Usage: "read from stdin the password that proves who you are, where a proof is wanted"}
}

// proving makes a change that may want a fresh proof of who one is; a session that
// began by a code has given none. On a terminal it asks for the password, and then
// makes the change again. Who has a passkey or a provider instead is sent to the page of
// the web app that takes those.
func proving(c *cli.Context, r remote, change func() error) error {
	err := change()
	if contracts.CodeOf(err) != contracts.CodeReauthRequired {
		return err
	}
	page := r.Address() + "/settings/tokens"
	elsewhere := "Without a password: " + page + " takes a passkey or your provider, too."
	if !interactive(c) && !c.Bool("password-stdin") {
		return contracts.ErrReauthRequired.WithHint("Give your password on stdin with --password-stdin. " + elsewhere)
	}
	cliutil.Output(c).Notef("this needs a fresh proof of who you are: your password, or a passkey or provider at\n%s", page)
	password, err := cliutil.Password(c, "password-stdin", "Password", false)
	if err != nil {
		return err
	}
	if err := r.Reauth(c.Context, password); errors.Is(err, contracts.ErrBadCredentials) {
		return contracts.ErrBadCredentials.WithHint("Try again. " + elsewhere)
	} else if err != nil {
		return err
	}
	return change()
}
