//go:build docker

package main

import (
	"net/url"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// TestDocker proves the container path: PostgreSQL comes up on loopback, DankerChat
// migrates and writes to it, and the container is ended.
func TestDocker(t *testing.T) {
	if !engineAnswers(t.Context()) {
		t.Fatal("no Docker engine answers; start one (docker info tells more)")
	}
	address, stop, err := startContainer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	u, err := url.Parse(address)
	if err != nil || u.Hostname() != "127.0.0.1" {
		t.Fatalf("the container listens on %q: %v", address, err)
	}
	w, err := workspace.Open(t.Context(), workspace.Config{URL: address, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if _, err := w.Auth.NewClaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	stats, err := w.Admin.Stats(t.Context(), contracts.Operator)
	if err != nil || stats.Users != 0 {
		t.Fatalf("%+v, %v", stats, err)
	}
}
