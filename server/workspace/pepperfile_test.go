package workspace_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

func TestWhatAPepperFileMayHold(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", 32)))
	for name, c := range map[string]struct {
		text    string
		mode    os.FileMode
		peppers string // IDs; "" is refused
		says    string
	}{
		"one":                  {"a " + key + "\n", 0o600, "a", ""},
		"several":              {"# newest first\nb " + key + "\na " + key, 0o600, "b a", ""},
		"no new ones":          {"none\na " + key, 0o600, "- a", ""},
		"none, but not on top": {"a " + key + "\nnone\n", 0o600, "", "line 2"},
		"empty":                {"", 0o600, "", "holds no pepper"},
		"a short key":          {"a " + base64.StdEncoding.EncodeToString([]byte("short")), 0o600, "", "line 1"},
		"a long ID":            {"ninebytes " + key, 0o600, "", "1–8 letters"},
		"one ID twice":         {"a " + key + "\na " + key, 0o600, "", "of its own"},
		"readable by others":   {"a " + key, 0o640, "", "the pepper file PATH may be read by others (mode 0640)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && c.mode&0o077 != 0 {
				return // its permissions are others
			}
			path := filepath.Join(t.TempDir(), "pepper")
			if err := errors.Join(os.WriteFile(path, []byte(c.text), c.mode), os.Chmod(path, c.mode)); err != nil {
				t.Fatal(err)
			}
			peppers, err := workspace.LoadPeppers(path)
			var ids []string
			for _, p := range peppers {
				if p == (auth.Pepper{}) {
					p.ID = "-"
				}
				ids = append(ids, p.ID)
			}
			if got := strings.Join(ids, " "); got != c.peppers {
				t.Errorf("got %q, want %q; %v", got, c.peppers, err)
			}
			var e *contracts.Error
			says := strings.ReplaceAll(c.says, "PATH", path)
			if c.peppers == "" && (!errors.As(err, &e) || e.Code != contracts.CodeInvalid || !strings.Contains(e.Message, says) || e.Hint == "") {
				t.Errorf("got %v, want %q and a hint", err, says)
			}
		})
	}
	var e *contracts.Error
	if _, err := workspace.LoadPeppers(filepath.Join(t.TempDir(), "nowhere")); !errors.As(err, &e) || e.Code != contracts.CodeUnavailable || !strings.Contains(e.Hint, "--pepper-file") {
		t.Errorf("a file that is missing: %v", err)
	}
}
