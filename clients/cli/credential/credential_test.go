package credential

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/adrg/xdg"
	"github.com/zalando/go-keyring"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/contracts"
)

const address = "http://127.0.0.1:8080"

// These tests set the directories of the process, so they are not parallel.
func useDirectories(t *testing.T, keyring string) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("DANKERCHAT_KEYRING", keyring)
	xdg.Reload()
	t.Cleanup(xdg.Reload)
}

func tokens(generation string) dankerchat.Tokens {
	return dankerchat.Tokens{Access: "a" + generation, Refresh: "dkr_" + generation, Expires: time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC)}
}

func TestInAFile(t *testing.T) {
	useDirectories(t, "off")
	ctx, s := t.Context(), Open("work")
	if _, _, err := s.Load(ctx); !errors.Is(err, contracts.ErrUnauthenticated) {
		t.Fatalf("without a login: %v", err)
	}
	place, err := s.Save(ctx, address, tokens("1"))
	if err != nil || place != InFile {
		t.Fatalf("save: %q %v", place, err)
	}
	if got, server, err := s.Load(ctx); got != tokens("1") || server != address || err != nil {
		t.Fatalf("load: %+v %s %v", got, server, err)
	}
	info, err := os.Stat(s.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: %v %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(s.Path())); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory's mode: %v %v", info.Mode(), err)
	}
	boom := errors.New("boom")
	if err := s.Update(ctx, func(dankerchat.Tokens) (dankerchat.Tokens, error) { return tokens("9"), boom }); !errors.Is(err, boom) {
		t.Errorf("a failing update: %v", err)
	}
	if got, _, _ := s.Load(ctx); got != tokens("1") {
		t.Errorf("a failing update changed the store to %+v", got)
	}
	if err := s.Update(ctx, func(dankerchat.Tokens) (dankerchat.Tokens, error) { return dankerchat.Tokens{}, nil }); err != nil {
		t.Errorf("logout: %v", err)
	}
	if _, _, err := s.Load(ctx); !errors.Is(err, contracts.ErrUnauthenticated) {
		t.Errorf("after the logout: %v", err)
	}
	if err := s.Remove(ctx); err != nil {
		t.Errorf("removing nothing: %v", err)
	}
}

func TestInTheKeyring(t *testing.T) {
	useDirectories(t, "")
	keyring.MockInit()
	ctx, s := t.Context(), Open("work")
	if place, err := s.Save(ctx, address, tokens("1")); place != InKeyring || err != nil {
		t.Fatalf("save: %q %v", place, err)
	}
	b, err := os.ReadFile(s.Path())
	if err != nil || strings.Contains(string(b), "dkr_") {
		t.Errorf("the file holds %s (%v), though the keyring has the secret", b, err)
	}
	err = s.Update(ctx, func(was dankerchat.Tokens) (dankerchat.Tokens, error) {
		if was != tokens("1") {
			t.Errorf("update sees %+v", was)
		}
		return tokens("2"), nil
	})
	if got, server, lerr := s.Load(ctx); err != nil || lerr != nil || got != tokens("2") || server != address {
		t.Errorf("after the update: %+v %s %v %v", got, server, err, lerr)
	}
	if err := s.Remove(ctx); err != nil {
		t.Errorf("remove: %v", err)
	}
	if _, err := keyring.Get(service, "work"); !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("the keyring after the removal: %v", err)
	}
}

// Where the keyring breaks later, the tokens go to the file, and what only the
// keyring had is lost with a hint.
func TestTheKeyringBreaks(t *testing.T) {
	useDirectories(t, "")
	keyring.MockInit()
	ctx, s := t.Context(), Open("work")
	if _, err := s.Save(ctx, address, tokens("1")); err != nil {
		t.Fatal(err)
	}
	keyring.MockInitWithError(errors.New("locked"))
	_, _, err := s.Load(ctx)
	var e *contracts.Error
	if !errors.As(err, &e) || e.Code != contracts.CodeUnauthenticated || !strings.Contains(e.Message, "locked") || e.Hint == "" {
		t.Errorf("load: %v", err)
	}
	if place, err := s.Save(ctx, address, tokens("2")); place != InFile || err != nil {
		t.Errorf("save: %q %v", place, err)
	}
	if got, _, err := s.Load(ctx); got != tokens("2") || err != nil {
		t.Errorf("load from the file: %+v %v", got, err)
	}
}

// A keyring that never answers costs a second, not for ever.
func TestWithin(t *testing.T) {
	t.Setenv("DANKERCHAT_KEYRING", "")
	release := make(chan struct{})
	defer close(release)
	start := time.Now()
	err := within(t.Context(), 50*time.Millisecond, func() error { <-release; return nil })
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 30*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// Updates take turns, though each opens the store by itself as a program does.
func TestUpdatesTakeTurns(t *testing.T) {
	useDirectories(t, "off")
	if _, err := Open("work").Save(t.Context(), address, tokens("")); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := Open("work").Update(t.Context(), func(was dankerchat.Tokens) (dankerchat.Tokens, error) {
				time.Sleep(2 * time.Millisecond)
				was.Refresh += "x"
				return was, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, _, err := Open("work").Load(t.Context())
	if want := "dkr_" + strings.Repeat("x", 20); got.Refresh != want || err != nil {
		t.Errorf("%q %v, want %q", got.Refresh, err, want)
	}
}

func TestDamage(t *testing.T) {
	useDirectories(t, "off")
	s := Open("work")
	if _, err := s.Save(t.Context(), address, tokens("1")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Path(), []byte(`{"place":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load(t.Context()); !errors.Is(err, contracts.ErrUnauthenticated) || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("load: %v", err)
	}
	if _, err := s.Save(t.Context(), address, tokens("2")); err != nil {
		t.Errorf("a login mends it: %v", err)
	}
}
