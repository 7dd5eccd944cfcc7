// Command provider runs an identity provider on loopback, for browser tests and for trying
// single sign-on by hand: package oidctest says who can sign in.
//
//	provider 127.0.0.1:9998 http://127.0.0.1:8080/api/v1/auth/oidc/NAME/callback
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"

	"github.com/dankerchat/dankerchat/server/internal/oidctest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: provider ADDRESS REDIRECT-URI")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", args[0])
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(os.Stderr, "issuer %s, client %s, secret %q; sign in as %s with %s\n",
		oidctest.Issuer(ln), oidctest.ClientID, oidctest.ClientSecret, oidctest.User, oidctest.Password)
	return oidctest.Serve(ctx, ln, oidctest.ClientID, args[1])
}
