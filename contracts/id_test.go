package contracts_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	last := ""
	for range 1000 {
		id := contracts.NewID(contracts.PrefixMessage)
		if !contracts.ValidID(contracts.PrefixMessage, id) {
			t.Fatalf("%q is not valid", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
		if len(last) > 0 && id[:13] < last[:13] {
			t.Fatalf("%q sorts before the earlier %q", id, last)
		}
		last = id
	}
}

func TestValidIDRefuses(t *testing.T) {
	t.Parallel()
	id := contracts.NewID("usr")
	for _, bad := range []string{"", "usr_", "usr", id[:29], id + "0", "cnv_" + id[4:], "usr_" + "IIIIIIIIIIIIIIIIIIIIIIIIII", id[:10] + "'" + id[11:]} {
		if contracts.ValidID("usr", bad) {
			t.Errorf("%q is taken for valid", bad)
		}
	}
}

func TestErrorsMatchByCode(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("read channel: %w", contracts.ErrNotFound.With("channel #ops not found").WithHint("Did you mean #devops?"))
	if !errors.Is(err, contracts.ErrNotFound) || errors.Is(err, contracts.ErrForbidden) {
		t.Fatal("errors.Is does not go by code")
	}
	if contracts.CodeOf(err) != contracts.CodeNotFound || contracts.CodeOf(errors.New("x")) != contracts.CodeInternal {
		t.Fatal("CodeOf is wrong")
	}
	if contracts.ErrNotFound.Message != "not found" {
		t.Fatal("a sentinel was changed")
	}
}

func TestPageCursorRoundTrip(t *testing.T) {
	t.Parallel()
	var at int64
	var id string
	if err := contracts.DecodeCursor(contracts.EncodeCursor(int64(42), "usr_x"), &at, &id); err != nil || at != 42 || id != "usr_x" {
		t.Fatal(at, id, err)
	}
	for _, bad := range []string{"x", "!!", contracts.EncodeCursor("a"), contracts.EncodeCursor("a", "b")} {
		if err := contracts.DecodeCursor(bad, &at, &id); !errors.Is(err, contracts.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
