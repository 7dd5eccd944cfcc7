package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/internal/pgtest"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// system is a server under test with people and channels in it.
type system struct {
	name     string
	url      string // of the database; "" for the floor
	child    *child
	tokens   []string // one a user
	channels []string // every user is in all of them
	restart  func(ctx context.Context) (*child, error)
	cleanup  func()
}

func (s *system) stop() {
	s.child.stop()
	if s.cleanup != nil {
		s.cleanup()
	}
}

// startFloor runs the floor hub in a process of its own.
func startFloor(ctx context.Context, users int) (*system, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	begin := func(ctx context.Context) (*child, error) { return start(ctx, nil, self, "floor") }
	c, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	s := &system{name: "floor", child: c, tokens: make([]string, users), restart: begin}
	for i := range 10 {
		s.channels = append(s.channels, fmt.Sprint("cnv_", i))
	}
	return s, nil
}

// raised are the limits that a load of this kind needs, set as an administrator
// would set them. They are printed with the results.
var raised = []string{
	"messages=100000", "messages_token=100000", "messages_burst=100000", "conversation_rps=100000", "api_rps=100000", "api_burst=100000", "ops_rps=100000", "ops_burst=100000",
	"anonymous_rps=100000", "anonymous_burst=100000", "pending_per_ip=10000", "handshakes_burst=100000", "sockets_per_user=1000", "sockets_per_session=1000", "sockets_per_ip=20000", "sockets=20000",
	"handshakes_rps=100000", "handshakes_per_ip=100000",
}

// publicURL is what links in mails begin with, and who issues access tokens.
const publicURL = "http://chat.example.org"

// inChannels is how many of the users are in the channels.
const inChannels = 100

// startDankerchat fills a fresh database through the libraries and starts
// dankerchatd on it; mails has it mail to a server on loopback that keeps nothing.
func startDankerchat(ctx context.Context, binary, engine string, users int, limits []string, mails bool) (*system, error) {
	dir, err := os.MkdirTemp("", "dankerchat-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	url, drop := "sqlite://"+filepath.Join(dir, "dankerchat.db"), func() {}
	if engine == "postgres" {
		if url, drop, err = pgtest.Database(ctx); err != nil {
			return nil, err
		}
	}
	s := &system{name: "dankerchat on " + engine, url: url, cleanup: func() { drop(); _ = os.RemoveAll(dir) }}
	if err := s.fill(ctx, url, users); err != nil {
		s.cleanup()
		return nil, fmt.Errorf("fill the database: %w", err)
	}
	args := []string{"serve", "--listen", "127.0.0.1:0", "--db", url, "--data-dir", dir, "--log-level", "warn", "--trusted-proxy", "127.0.0.1/32"}
	if mails {
		box, closeBox, err := letterbox()
		if err != nil {
			s.cleanup()
			return nil, err
		}
		s.cleanup = func() { closeBox(); drop(); _ = os.RemoveAll(dir) }
		args = append(args, "--smtp-url", "smtp://"+box+"?tls=none", "--mail-from", "bench@example.org", "--public-url", publicURL)
	}
	for _, l := range limits {
		args = append(args, "--limit", l)
	}
	s.restart = func(ctx context.Context) (*child, error) { return start(ctx, nil, binary, args...) }
	if s.child, err = s.restart(ctx); err != nil {
		s.cleanup()
		return nil, err
	}
	return s, nil
}

// fill makes ten channels and the users, of whom the first inChannels join them.
func (s *system) fill(ctx context.Context, url string, users int) (err error) {
	w, err := workspace.Open(ctx, workspace.Config{URL: url, Migrate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	code, err := w.Auth.NewClaim(ctx)
	if err != nil {
		return err
	}
	owner, err := w.Setup(ctx, workspace.SetupInput{Code: code, WorkspaceName: "Bench", Username: "bench-owner", DisplayName: "Owner", Password: "a long bench password"})
	if err != nil {
		return err
	}
	actor := contracts.Actor{UserID: owner.User.ID, Username: owner.User.Username, Role: contracts.RoleOwner}
	var members []string
	for i := range users {
		u, err := w.Auth.CreateUser(ctx, contracts.Operator, auth.NewUser{Username: fmt.Sprintf("bench%05d", i), DisplayName: fmt.Sprintf("Bench %d", i), Role: contracts.RoleMember, Bot: true})
		if err != nil {
			return err
		}
		_, secret, err := w.Auth.CreateToken(ctx, contracts.Operator, auth.NewToken{UserID: u.ID, Name: "bench", Scopes: []string{"*"}})
		if err != nil {
			return err
		}
		s.tokens = append(s.tokens, secret.Reveal())
		if i < inChannels {
			members = append(members, u.ID)
		}
	}
	for i := range 10 {
		ch, err := w.Channels.Create(ctx, actor, channels.NewChannel{Name: fmt.Sprintf("bench-%d", i), Kind: contracts.KindPublic, Members: members})
		if err != nil {
			return err
		}
		s.channels = append(s.channels, ch.ID)
	}
	return nil
}
