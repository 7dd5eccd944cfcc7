package workspace_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/server/workspace"
)

func TestAKeyFileIsMadeOnceAndNeverReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", workspace.KeyFileName)
	made, err := workspace.LoadKeyFile(path)
	if err != nil || len(made.Keys) != 1 || len(made.Keys[0].Key) != 32 {
		t.Fatalf("made %d keys, %v", len(made.Keys), err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it is written before it is saved")
	}
	faster, err := workspace.LoadKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Save(); err != nil {
		t.Fatal(err)
	}
	if err := faster.Save(); !errors.Is(err, contracts.ErrUnavailable) {
		t.Errorf("another process's key replaces it: %v", err)
	}
	read, err := workspace.LoadKeyFile(path)
	if err != nil || len(read.Keys) != 1 || read.Keys[0] != made.Keys[0] {
		t.Errorf("what was saved is not what is read: %v", err)
	}
	if err := read.Save(); err != nil {
		t.Errorf("saving what was read: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWhatAKeyFileMayHold(t *testing.T) {
	t.Parallel()
	key := func(b byte) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), 32))) }
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		keys int // 0 is refused
		says string
	}{
		"one":                       {"a " + key('1') + "\n", 0o600, 1, ""},
		"several, with comments":    {"# newest first\nb " + key('2') + "\n\n a   " + key('1') + " \n", 0o600, 2, ""},
		"readable by oneself alone": {"a " + key('1'), 0o400, 1, ""},
		"empty":                     {"", 0o600, 0, "holds no key"},
		"comments":                  {"# nothing\n", 0o600, 0, "holds no key"},
		"a short key":               {"a " + base64.StdEncoding.EncodeToString([]byte("short")), 0o600, 0, "line 1"},
		"not base64":                {"a " + key('1') + "\nb ???", 0o600, 0, "line 2"},
		"no ID":                     {key('1'), 0o600, 0, "line 1"},
		"readable by the group":     {"a " + key('1'), 0o640, 0, "mode 0640"},
		"readable by all":           {"a " + key('1'), 0o604, 0, "mode 0604"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && c.mode&0o077 != 0 {
				return // its permissions are others
			}
			path := filepath.Join(t.TempDir(), workspace.KeyFileName)
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil { // whatever the umask
				t.Fatal(err)
			}
			f, err := workspace.LoadKeyFile(path)
			if c.keys > 0 {
				if err != nil || len(f.Keys) != c.keys {
					t.Errorf("%d keys, %v", len(f.Keys), err)
				}
				return
			}
			var e *contracts.Error
			if !errors.As(err, &e) || e.Code != contracts.CodeInvalid || !strings.Contains(e.Message, c.says) || e.Hint == "" {
				t.Errorf("got %v, want %q and a hint", err, c.says)
			}
			if strings.Contains(err.Error(), key('1')) {
				t.Error("the error shows a key")
			}
		})
	}
}

func TestAKeyFileThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), workspace.KeyFileName)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := workspace.LoadKeyFile(path)
	var e *contracts.Error
	if !errors.As(err, &e) || e.Code != contracts.CodeUnavailable || !strings.HasSuffix(e.Message, path+": is a directory") || e.Hint == "" {
		t.Errorf("got %v", err)
	}
}
