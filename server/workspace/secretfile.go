package workspace

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// secretFile is a file of secret keys that its owner alone may read, one a line.
type secretFile struct{ path, name, flag string }

// secretLine is an ID, a space and 32 bytes in base64; without those bytes key is empty.
type secretLine struct {
	file   secretFile
	number int
	id     string
	key    auth.Secret
}

func (l secretLine) trouble() error {
	return contracts.ErrInvalid.With(fmt.Sprintf("line %d of the %s %s is no key", l.number, l.file.name, l.file.path)).WithHint("A line is an ID, a space and 32 bytes in base64.")
}

// read returns the lines but the empty ones and comments. A file that is missing is
// [fs.ErrNotExist].
func (f secretFile) read() ([]secretLine, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return nil, f.trouble("read", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, contracts.ErrInvalid.With(fmt.Sprintf("the %s %s may be read by others (mode %04o)", f.name, f.path, info.Mode().Perm())).WithHint("Run: chmod 600 " + f.path)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, f.trouble("read", err)
	}
	var list []secretLine
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		l := secretLine{file: f, number: n}
		var encoded string
		l.id, encoded, _ = strings.Cut(line, " ")
		if key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded)); err == nil && len(key) == 32 {
			l.key = auth.Secret(key)
		}
		list = append(list, l)
	}
	return list, nil
}

func (f secretFile) trouble(verb string, err error) error {
	reason := err
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		reason = inner // the innermost: the ones around it name the path, or a temporary one
	}
	return fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot "+verb+" the "+f.name+" "+f.path+": "+reason.Error()).WithHint("Choose another with "+f.flag+"."), err)
}
