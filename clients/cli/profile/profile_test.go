package profile

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/adrg/xdg"

	"github.com/dankerchat/dankerchat/contracts"
)

func useDirectory(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
}

// Programs that change the configuration at a time lose nothing of one another.
func TestUpdatesTakeTurns(t *testing.T) {
	useDirectory(t)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			err := Update(t.Context(), func(c *Config) error {
				c.Profiles[fmt.Sprintf("p%02d", i)] = Profile{Server: "http://127.0.0.1:1", Username: "member"}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	c, err := Load()
	if err != nil || len(c.Names()) != 20 || c.Names()[19] != "p19" || c.Current != Default {
		t.Errorf("%+v %v", c, err)
	}
}

func TestAFailingUpdateChangesNothing(t *testing.T) {
	useDirectory(t)
	boom := errors.New("boom")
	if err := Update(t.Context(), func(c *Config) error { c.Current = "x"; return boom }); !errors.Is(err, boom) {
		t.Errorf("%v", err)
	}
	if c, err := Load(); err != nil || c.Current != Default || len(c.Profiles) != 0 {
		t.Errorf("%+v %v", c, err)
	}
}

func TestABrokenFileSaysWhere(t *testing.T) {
	useDirectory(t)
	if err := Update(t.Context(), func(*Config) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(Path(), []byte("current = 'a'\nprofiles = [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load()
	if !errors.Is(err, contracts.ErrInvalid) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v", err)
	}
	if err := Update(t.Context(), func(*Config) error { return nil }); !errors.Is(err, contracts.ErrInvalid) {
		t.Errorf("an update of a broken file: %v", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"default": true, "work-2": true, "a.b_c": true, "": false, "../x": false, "-x": false, "A": false, "a b": false, strings.Repeat("a", 65): false} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
