package cliutil

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// lines reads whole lines without taking more from the stream than it hands out
// later: what follows an answer stays for the command.
type lines struct{ *bufio.Reader }

// canAsk reports whether somebody is there to answer: stdin and stderr are
// terminals and --no-input was not given.
func (o *Out) canAsk() bool { return !o.noInput && isTerminal(o.in) && o.stderr.tty }

// Confirm asks whether to go on with something destructive ("Suspend @member?").
// --yes and --dry-run answer for it; where nobody can be asked it is a usage
// error that names --yes. It returns nil to go on, or [ErrDeclined].
func Confirm(c *cli.Context, question string) error {
	o := Output(c)
	if o.yes || o.dryRun {
		return nil
	}
	if !o.canAsk() {
		return Usagef("%s needs a yes", strings.TrimRight(question, "?")).WithHint("Add --yes.")
	}
	fmt.Fprintf(o.stderr, "%s [y/N] ", visible(question))
	answer, err := o.readLine()
	if err != nil {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a == "y" || a == "yes" {
		return nil
	}
	return ErrDeclined
}

// Names are what a question is about, "@a, @b, @c, …": the first three.
func Names(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// ConfirmTyped asks for a name to be typed before something is lost for ever.
func ConfirmTyped(c *cli.Context, what, name string) error {
	o := Output(c)
	if o.yes || o.dryRun {
		return nil
	}
	if !o.canAsk() {
		return Usagef("%s cannot be undone and needs a yes", what).WithHint("Add --yes, or look first with --dry-run.")
	}
	fmt.Fprintf(o.stderr, "%s cannot be undone. Type %q to go on: ", visible(what), name)
	answer, err := o.readLine()
	if err != nil {
		return err
	}
	if strings.TrimSpace(answer) != name {
		return ErrDeclined
	}
	return nil
}

// Password reads a secret: from stdin when flag (a boolean, "password-stdin") is
// set, else from the terminal without showing it, twice when it is a new one. A
// secret is never an argument, where every user of the machine could read it.
func Password(c *cli.Context, flag, prompt string, twice bool) (string, error) {
	o := Output(c)
	if c.Bool(flag) {
		text, err := readAll(o.in, maxSecret)
		if err != nil {
			return "", err
		}
		if text == "" {
			return "", Usagef("--%s: stdin is empty", flag)
		}
		return text, nil
	}
	if !o.canAsk() {
		return "", Usagef("%s is needed", prompt).WithHint("Give it on stdin with --" + flag + ".")
	}
	first, err := o.readSecret(prompt + ": ")
	if err != nil || !twice {
		return first, err
	}
	again, err := o.readSecret("Again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", Usagef("the two are not the same")
	}
	return first, nil
}

const maxSecret = 4 << 10

func (o *Out) readSecret(prompt string) (string, error) {
	fmt.Fprint(o.stderr, prompt)
	b, err := term.ReadPassword(int(o.in.(*os.File).Fd()))
	fmt.Fprintln(o.stderr)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	return string(b), nil
}

func (o *Out) readLine() (string, error) {
	if o.lines == nil {
		o.lines = &lines{bufio.NewReader(o.in)}
	}
	s, err := o.lines.ReadString('\n')
	if err == io.EOF && s == "" {
		fmt.Fprintln(o.stderr)
		return "", ErrDeclined
	}
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	return s, nil
}
