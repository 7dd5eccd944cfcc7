package cliutil

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// maxInput is the most that is read from stdin or a file as one text; libraries
// check their own, smaller limits.
const maxInput = 4 << 20

// Text is what a TEXT argument means: "-" is stdin, "@./file" and "@/file" are
// that file, both byte for byte less one line end; several words are joined by
// spaces. A plain "@name" stays text, for it mentions somebody.
func Text(c *cli.Context, words []string) (string, error) {
	if len(words) != 1 {
		return strings.Join(words, " "), nil
	}
	switch w := words[0]; {
	case w == "-":
		if isTerminal(Output(c).in) {
			Output(c).Notef("reading from the terminal; end with Ctrl-D")
		}
		return readAll(Output(c).in, maxInput)
	case isFile(w):
		f, err := os.Open(w[1:])
		if err != nil {
			return "", fileError(w[1:], err)
		}
		defer f.Close()
		return readAll(f, maxInput)
	default:
		return w, nil
	}
}

// isFile tells a TEXT that names a file.
func isFile(w string) bool {
	return strings.HasPrefix(w, "@./") || strings.HasPrefix(w, "@/") || strings.HasPrefix(w, "@../")
}

// Stdin reads the command's input as one text, less one line end. Who may type it
// by hand is told so in prompt.
func Stdin(c *cli.Context, prompt string) (string, error) {
	if o := Output(c); isTerminal(o.in) {
		if o.noInput {
			return "", Usagef("%s is read from stdin, which is a terminal", prompt)
		}
		return o.readSecret(prompt + ": ")
	}
	return readAll(Output(c).in, maxInput)
}

func fileError(path string, err error) error {
	var perr *os.PathError
	if errors.As(err, &perr) {
		err = perr.Err
	}
	return &ExitError{Code: "unreadable_file", Exit: ExitInvalid, Message: fmt.Sprintf("cannot read %s: %v", path, err)}
}

func readAll(r io.Reader, limit int64) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return "", fmt.Errorf("read input: %w", err)
	}
	if int64(len(b)) > limit {
		return "", contracts.ErrTooLarge.With(fmt.Sprintf("the input is over %d bytes", limit))
	}
	text := string(b)
	if s, ok := strings.CutSuffix(text, "\n"); ok {
		text, _ = strings.CutSuffix(s, "\r")
	}
	return text, nil
}

// TargetKind says how something was named.
type TargetKind int

// Ways to name a target.
const (
	TargetName    TargetKind = iota // a bare word, for the command to understand
	TargetChannel                   // #general
	TargetUser                      // @alice
	TargetID                        // usr_…, cnv_…, msg_…
)

// Target is what a person named: Value is without the # or @.
type Target struct {
	Kind  TargetKind
	Value string
}

// ParseTarget reads #name, @user, an id, or a link to a message or conversation,
// whose last id counts.
func ParseTarget(s string) (Target, error) {
	switch {
	case s == "" || s == "#" || s == "@":
		return Target{}, Usagef("%q names nothing", s).WithHint("Name a channel as #name, a user as @name, or give an id.")
	case s[0] == '#':
		return Target{TargetChannel, s[1:]}, nil
	case s[0] == '@':
		return Target{TargetUser, s[1:]}, nil
	case isID(s):
		return Target{TargetID, s}, nil
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		u, err := url.Parse(s)
		if err != nil {
			return Target{}, Usagef("%q is not a link", s)
		}
		parts := strings.FieldsFunc(u.Path+"/"+u.Fragment, func(r rune) bool { return r == '/' })
		for i := len(parts) - 1; i >= 0; i-- {
			if isID(parts[i]) {
				return Target{TargetID, parts[i]}, nil
			}
		}
		return Target{}, Usagef("the link %q holds no id", s)
	}
	return Target{TargetName, s}, nil
}

func isID(s string) bool {
	for _, p := range []string{contracts.PrefixUser, contracts.PrefixConversation, contracts.PrefixMessage,
		contracts.PrefixSession, contracts.PrefixToken, contracts.PrefixInvite} {
		if contracts.ValidID(p, s) {
			return true
		}
	}
	return false
}
