package cliutil

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
)

// Exit codes of every program. The codes of the libraries' errors come from
// [contracts.Code.ExitCode].
const (
	ExitOK          = 0
	ExitUnexpected  = 1
	ExitUsage       = 2
	ExitNotLoggedIn = 3
	ExitNotFound    = 4
	ExitForbidden   = 5
	ExitInvalid     = 6 // or in conflict with the state
	ExitRateLimited = 7
	ExitUnavailable = 8 // network, timeout, database
	ExitPartial     = 9 // some of several things failed
	ExitDeclined    = 10
	ExitInterrupted = 130
	ExitTerminated  = 143
)

// ExitError is an error of a command line itself, with no code of the libraries.
type ExitError struct {
	Code    string // "usage", "partial", "declined", "timeout", "interrupted", "terminated"
	Exit    int
	Message string
	Hint    string
	fields  []contracts.FieldError
	cause   error
}

func (f *ExitError) Error() string { return f.Message }

func (f *ExitError) Unwrap() error { return f.cause }

// WithHint returns a copy that carries a hint.
func (f *ExitError) WithHint(hint string) *ExitError {
	c := *f
	c.Hint = hint
	return &c
}

// Usagef returns a usage error, exit code 2: the command line itself is wrong.
func Usagef(format string, args ...any) *ExitError {
	return &ExitError{Code: "usage", Exit: ExitUsage, Message: fmt.Sprintf(format, args...)}
}

// Partial returns the error of a command in which some of several things failed,
// exit code 9. What happened to each stands in the data.
func Partial(failed, of int) *ExitError {
	return &ExitError{Code: "partial", Exit: ExitPartial, Message: fmt.Sprintf("%d of %d failed", failed, of)}
}

// ErrDeclined is returned when a person answers no, exit code 10.
var ErrDeclined = &ExitError{Code: "declined", Exit: ExitDeclined, Message: "declined; nothing was changed"}

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string { return s.signal.String() }

// failureOf brings any error into the one form that is reported.
func failureOf(err error) *ExitError {
	var f *ExitError
	var e *contracts.Error
	var s signalled
	switch {
	case errors.As(err, &s):
		if s.signal == syscall.SIGTERM {
			return &ExitError{Code: "terminated", Exit: ExitTerminated, Message: "terminated", cause: err}
		}
		return &ExitError{Code: "interrupted", Exit: ExitInterrupted, Message: "interrupted", cause: err}
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &e):
		return &ExitError{Code: "timeout", Exit: ExitUnavailable, Message: "timed out", Hint: "Give it more time with --timeout.", cause: err}
	case errors.As(err, &e):
		f = &ExitError{Code: string(e.Code), Exit: e.Code.ExitCode(), Message: e.Message, Hint: e.Hint, fields: e.Fields, cause: err}
		if e.Field != "" {
			f.fields = append([]contracts.FieldError{{Pointer: e.Field, Code: e.Code, Detail: e.Message}}, f.fields...)
		}
		if f.Message == "" {
			f.Message = strings.ReplaceAll(f.Code, "_", " ")
		}
		if f.Hint == "" && e.RetryAfter > 0 {
			f.Hint = fmt.Sprintf("Try again in %d s.", e.RetryAfter)
		}
		if f.Hint == "" {
			f.Hint = e.Code.Hint()
		}
		return f
	case errors.Is(err, context.Canceled):
		return &ExitError{Code: "interrupted", Exit: ExitInterrupted, Message: "interrupted", cause: err}
	}
	return &ExitError{Code: string(contracts.CodeInternal), Exit: ExitUnexpected, Message: err.Error(), cause: err}
}

// maxWord is how many letters of one word an error repeats.
const maxWord = 200

// shortened is a copy in which no word is longer than that: an error repeats what was
// typed, which may be a whole file.
func (f *ExitError) shortened() *ExitError {
	c := *f
	c.Message = shorten(f.Message)
	c.Hint = shorten(f.Hint)
	c.fields = slices.Clone(f.fields)
	for i := range c.fields {
		c.fields[i].Detail = shorten(c.fields[i].Detail)
	}
	return &c
}

func shorten(text string) string {
	if len(text) <= maxWord {
		return text
	}
	words := strings.Split(text, " ")
	for i, w := range words {
		if utf8.RuneCountInString(w) > maxWord {
			words[i] = string([]rune(w)[:maxWord]) + "…"
		}
	}
	return strings.Join(words, " ")
}

// title is the error's kind in words, "Name taken".
func (f *ExitError) title() string {
	words := strings.ReplaceAll(f.Code, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
