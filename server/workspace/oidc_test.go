package workspace_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

func TestWhatAFileOfProvidersMayHold(t *testing.T) {
	t.Parallel()
	one := `{"name": "corp", "issuer": "https://id.example.org", "client_id": "chat", "client_secret": "hidden-words"}`
	write := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "providers.json")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list, err := workspace.LoadProviders(write(`{"providers": [`+one+`]}`, 0o600))
	if err != nil || len(list) != 1 || list[0].Name != "corp" || list[0].ClientSecret.Reveal() != "hidden-words" {
		t.Fatalf("read %d, %v", len(list), err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "providers:", "no providers": `{"providers": []}`, "a list": `[` + one + `]`, "an unknown setting": `{"providers": [{"name": "corp", "isuer": "x"}]}`,
		"something after it": `{"providers": [` + one + `]} {}`, "one name twice": `{"providers": [` + one + `, ` + one + `]}`,
		"plain http": `{"providers": [` + strings.Replace(one, "https:", "http:", 1) + `]}`, "owners by a group": `{"providers": [` + strings.Replace(one, `"name"`, `"roles": {"x": "owner"}, "name"`, 1) + `]}`,
		"too much": `{"providers": [` + one + strings.Repeat(" ", 1<<20) + `]}`,
	} {
		_, err := workspace.LoadProviders(write(text, 0o600))
		var e *contracts.Error
		if !errors.Is(err, contracts.ErrInvalid) || !errors.As(err, &e) || e.Hint == "" || strings.Contains(err.Error(), "hidden-words") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := workspace.LoadProviders(filepath.Join(t.TempDir(), "none")); !errors.Is(err, contracts.ErrUnavailable) {
		t.Errorf("a file that is missing: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		path := write(`{"providers": [`+one+`]}`, 0o600)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := workspace.LoadProviders(path)
		var e *contracts.Error
		if !errors.As(err, &e) || !strings.Contains(e.Hint, "chmod 600") {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
}
