// Package credential keeps a profile's tokens: in the operating system's keyring
// when that works within a second, else in a file of the state directory that only
// its owner may read.
//
// [Store] is the SDK's TokenStore: programs that use one session take turns, for a
// refresh token works once and its second use ends the session.
package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"

	"github.com/dankerchat/dankerchat/clients/cli/profile"
	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

// Places where tokens may be.
const (
	InKeyring = "keyring"
	InFile    = "file"
)

// A Store holds the tokens of one profile.
type Store struct{ name string }

// Open returns the store of the profile. Nothing is read or written yet.
func Open(name string) *Store { return &Store{name} }

// record is what the file holds: the tokens, or that they are in the keyring.
type record struct {
	Place  string             `json:"place"`
	Server string             `json:"server"` // for which they are: they are sent nowhere else
	Tokens *dankerchat.Tokens `json:"tokens,omitempty"`
}

// Path is the file of the store.
func (s *Store) Path() string {
	return filepath.Join(xdg.StateHome, "dankerchat", "credentials", s.name+".json")
}

// Load returns the tokens and the server for which they are. Without any the error
// is [contracts.ErrUnauthenticated].
func (s *Store) Load(ctx context.Context) (dankerchat.Tokens, string, error) {
	r, err := s.read()
	if err != nil {
		return dankerchat.Tokens{}, "", err
	}
	tokens, err := s.tokens(ctx, r)
	if err == nil && tokens == (dankerchat.Tokens{}) {
		err = contracts.ErrUnauthenticated
	}
	return tokens, r.Server, err
}

// Save puts the tokens of a login there, with the server for which they are, and
// returns the place: [InKeyring] or [InFile].
func (s *Store) Save(ctx context.Context, server string, t dankerchat.Tokens) (place string, err error) {
	err = s.locked(ctx, func() error {
		place, err = s.write(ctx, record{Server: server, Place: InKeyring}, t)
		return err
	})
	return place, err
}

// Update is for the SDK, see [dankerchat.TokenStore].
func (s *Store) Update(ctx context.Context, fn func(dankerchat.Tokens) (dankerchat.Tokens, error)) error {
	return s.locked(ctx, func() error {
		r, err := s.read()
		if err != nil {
			return err
		}
		before, err := s.tokens(ctx, r)
		if err != nil {
			return err
		}
		after, err := fn(before)
		if err != nil || after == before {
			return err
		}
		if after == (dankerchat.Tokens{}) {
			return s.remove(ctx)
		}
		_, err = s.write(ctx, r, after)
		return err
	})
}

// Remove forgets the tokens.
func (s *Store) Remove(ctx context.Context) error {
	return s.locked(ctx, func() error { return s.remove(ctx) })
}

func (s *Store) locked(ctx context.Context, fn func() error) error {
	if err := os.MkdirAll(filepath.Dir(s.Path()), 0o700); err != nil {
		return fmt.Errorf("make the directory for credentials: %w", err)
	}
	lock := flock.New(s.Path() + ".lock")
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("lock the credentials: %w", err)
	}
	defer func() { _ = lock.Unlock() }() // closing the file would do too
	return fn()
}

func (s *Store) read() (record, error) {
	var r record
	b, err := os.ReadFile(s.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("read the credentials: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, contracts.ErrUnauthenticated.With(s.Path() + " is damaged").WithHint("Sign in again with dankerchat login.")
	}
	return r, nil
}

func (s *Store) tokens(ctx context.Context, r record) (dankerchat.Tokens, error) {
	var t dankerchat.Tokens
	switch {
	case r.Place == InKeyring:
		secret, err := fromKeyring(ctx, s.name)
		if err != nil {
			return t, contracts.ErrUnauthenticated.With("cannot read the keyring: " + err.Error()).WithHint("Unlock the keyring, or sign in again with dankerchat login.")
		}
		if err := json.Unmarshal([]byte(secret), &t); err != nil {
			return t, contracts.ErrUnauthenticated.With("what the keyring holds is damaged").WithHint("Sign in again with dankerchat login.")
		}
	case r.Tokens != nil:
		t = *r.Tokens
	}
	return t, nil
}

// write puts the tokens into the keyring if r says so and it works, else into the
// file.
func (s *Store) write(ctx context.Context, r record, t dankerchat.Tokens) (place string, err error) {
	r.Tokens = nil
	if r.Place == InKeyring {
		secret, err := json.Marshal(t)
		if err != nil {
			return "", fmt.Errorf("encode tokens: %w", err)
		}
		if toKeyring(ctx, s.name, string(secret)) != nil {
			r.Place = InFile
		}
	}
	if r.Place != InKeyring {
		r.Place, r.Tokens = InFile, &t
	}
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encode credentials: %w", err)
	}
	return r.Place, profile.Replace(s.Path(), append(b, '\n'))
}

func (s *Store) remove(ctx context.Context) error {
	r, err := s.read()
	if err == nil && r.Place == InKeyring {
		_ = forgetInKeyring(ctx, s.name) // without the file nobody looks there
	}
	if err := os.Remove(s.Path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the credentials: %w", err)
	}
	return nil
}
