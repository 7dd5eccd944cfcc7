package workspace

import (
	"errors"
	"io/fs"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// LoadPeppers reads a file of peppers, which password hashes need besides the database:
// like a key file, the newest first, or "none" on top to hash new passwords without one.
// It is never made by itself, since without it nobody signs in by password any more.
//
// Errors: [contracts.ErrInvalid] for a file that others may read or write, or that holds
// no good peppers; [contracts.ErrUnavailable] when it is missing or cannot be read.
func LoadPeppers(path string) ([]auth.Pepper, error) {
	file := secretFile{path, "pepper file", "--pepper-file"}
	lines, err := file.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, file.trouble("read", err)
	}
	if err != nil {
		return nil, err
	}
	peppers := make([]auth.Pepper, len(lines))
	for i, l := range lines {
		switch {
		case l.key != "":
			peppers[i] = auth.Pepper{ID: l.id, Key: l.key}
		case i > 0 || l.id != "none":
			return nil, l.trouble()
		}
	}
	hint := "docs/operations.md shows how to make one."
	if len(peppers) == 0 {
		return nil, contracts.ErrInvalid.With("the pepper file " + path + " holds no pepper").WithHint(hint)
	}
	if err := auth.CheckPeppers(peppers); err != nil {
		return nil, contracts.ErrInvalid.With("the pepper file " + path + ": " + err.Error()).WithHint(hint)
	}
	return peppers, nil
}
