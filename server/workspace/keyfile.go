package workspace

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// KeyFileName is the key file's name in the data directory.
const KeyFileName = "secret.key"

const keyFileHead = `# Keys that DankerChat seals secrets with, such as those of authenticator apps: ID and 32 bytes in base64,
# one a line, the newest first. Keep a copy apart from the database's backups: without it people sign in
# with recovery codes only. To rotate, add a line on top and keep the others.
`

// KeyFile holds the keys that secrets are sealed with.
type KeyFile struct {
	Keys []auth.SealKey // the newest first, never empty
	path string
	made bool // in memory: the file is yet to be written
}

// LoadKeyFile reads a key file. When there is none it makes one key, and
// [KeyFile.Save] writes it: once the database is open, so that a start that is refused
// leaves nothing behind.
//
// Errors: [contracts.ErrInvalid] for a file that others may read or write, or that holds
// no good keys; [contracts.ErrUnavailable] when it cannot be read.
func LoadKeyFile(path string) (KeyFile, error) {
	keys, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return KeyFile{Keys: []auth.SealKey{auth.NewSealKey()}, path: path, made: true}, nil
	}
	return KeyFile{Keys: keys, path: path}, err
}

// Save writes a key file that did not exist, readable by its owner alone. It never
// replaces one: [contracts.ErrUnavailable] when there is one by now, or it cannot be
// written.
func (f KeyFile) Save() error {
	if !f.made {
		return nil
	}
	line := f.Keys[0].ID + " " + base64.StdEncoding.EncodeToString([]byte(f.Keys[0].Key.Reveal())) + "\n"
	if err := writeOnce(f.path, []byte(keyFileHead+line)); err != nil {
		return keyFileTrouble("make", f.path, err)
	}
	return nil
}

// writeOnce makes a file with all of its content or not at all, and never replaces one.
func writeOnce(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

func readKeyFile(path string) ([]auth.SealKey, error) {
	lines, err := secretFile{path, "key file", "--key-file"}.read()
	if err != nil {
		return nil, err
	}
	keys := make([]auth.SealKey, len(lines))
	for i, l := range lines {
		if l.key == "" {
			return nil, l.trouble()
		}
		keys[i] = auth.SealKey{ID: l.id, Key: l.key}
	}
	if len(keys) == 0 {
		return nil, contracts.ErrInvalid.With("the key file " + path + " holds no key").WithHint("Bring the one back that sealed the database's secrets; without any, remove the file.")
	}
	return keys, nil
}

func keyFileTrouble(verb, path string, err error) error {
	return secretFile{path, "key file", "--key-file"}.trouble(verb, err)
}
