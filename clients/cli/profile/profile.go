// Package profile keeps which servers a person uses, under which names, in
// config.toml of the configuration directory. It holds no secrets: those are
// package credential's.
package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/adrg/xdg"
	"github.com/gofrs/flock"

	"github.com/dankerchat/dankerchat/contracts"
)

// Default is the name of the profile that is used when none is chosen.
const Default = "default"

// A Profile is one server and who one is there.
type Profile struct {
	Server   string `toml:"server"`
	Username string `toml:"username"`
}

// Config is what config.toml holds.
type Config struct {
	Current  string             `toml:"current"` // the profile in use
	Profiles map[string]Profile `toml:"profiles"`
}

// Path is where config.toml is.
func Path() string { return filepath.Join(xdg.ConfigHome, "dankerchat", "config.toml") }

// Load reads the configuration; without a file it is empty. A file that cannot be
// read as TOML is a [contracts.CodeInvalid] error that says where it is wrong.
func Load() (Config, error) {
	var c Config
	b, err := os.ReadFile(Path())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	if err := toml.Unmarshal(b, &c); err != nil {
		return Config{}, contracts.ErrInvalid.With(fmt.Sprintf("%s: %v", Path(), err)).WithHint("Mend the file, or remove it and sign in again.")
	}
	if c.Profiles == nil {
		c.Profiles = map[string]Profile{}
	}
	if c.Current == "" {
		c.Current = Default
	}
	return c, nil
}

// Names lists the profiles.
func (c Config) Names() []string {
	names := make([]string, 0, len(c.Profiles))
	for name := range c.Profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Update changes the configuration: fn gets it as it is and changes it in place.
// Programs that do so at a time take turns, and a reader never sees half a file.
func Update(ctx context.Context, fn func(*Config) error) error {
	if err := os.MkdirAll(filepath.Dir(Path()), 0o700); err != nil {
		return fmt.Errorf("make the configuration directory: %w", err)
	}
	lock := flock.New(Path() + ".lock")
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return fmt.Errorf("lock the configuration: %w", err)
	}
	defer func() { _ = lock.Unlock() }() // closing the file would do too
	c, err := Load()
	if err != nil {
		return err
	}
	if err := fn(&c); err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("# DankerChat's command line: which servers it knows. Written by dankerchat.\n")
	if err := toml.NewEncoder(&b).Encode(c); err != nil {
		return fmt.Errorf("encode the configuration: %w", err)
	}
	return Replace(Path(), b.Bytes())
}

// Replace writes a file, readable by its owner alone, as a whole or not at all.
func Replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

var valid = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// CheckName refuses what cannot name a profile (and a file).
func CheckName(name string) error {
	if !valid.MatchString(name) {
		return contracts.Invalid("/profile", fmt.Sprintf("%q cannot name a profile", name)).WithHint("Use up to 64 of a-z 0-9 . _ -, a letter or digit first.")
	}
	return nil
}
