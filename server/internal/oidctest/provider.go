// Package oidctest starts an identity provider that others wrote, zitadel/oidc's example,
// for tests and for trying single sign-on by hand. Its people are test-user and
// test-user2, their password is Password.
package oidctest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// Who can sign in: User with the address Email, which is verified.
const (
	User     = "test-user2"
	Email    = "test-user2@zitadel.ch"
	Password = "verysecure"
)

// What the provider knows its client as.
const (
	ClientID     = "chat"
	ClientSecret = "of the client"
)

// Serve runs the provider on ln, which is on loopback, until ctx ends. redirect is the
// one address that it sends browsers back to.
func Serve(ctx context.Context, ln net.Listener, client, redirect string) error {
	issuer := Issuer(ln)
	// Clients of its own: those of NewStorage are a map that all providers of a process share.
	clients := map[string]*storage.Client{client: storage.WebClient(client, ClientSecret, redirect)}
	handler := exampleop.SetupServer(issuer, storage.NewStorageWithClients(storage.NewUserStore(issuer), clients), slog.New(slog.DiscardHandler), false)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the provider: %w", err)
	}
	return nil
}

// Issuer is the provider's address.
func Issuer(ln net.Listener) string { return "http://" + ln.Addr().String() }
