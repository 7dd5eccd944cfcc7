package cliutil

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

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

// Failure is an error of a command line itself, with no code of the libraries.
type Failure struct {
	Code    string // "usage", "partial", "declined", "timeout", "interrupted", "terminated"
	Exit    int
	Message string
	Hint    string
	fields  []contracts.FieldError
	cause   error
}

func (f *Failure) Error() string { return f.Message }

func (f *Failure) Unwrap() error { return f.cause }

// WithHint returns a copy that carries a hint.
func (f *Failure) WithHint(hint string) *Failure {
	c := *f
	c.Hint = hint
	return &c
}

// Usagef returns a usage error, exit code 2: the command line itself is wrong.
func Usagef(format string, args ...any) *Failure {
	return &Failure{Code: "usage", Exit: ExitUsage, Message: fmt.Sprintf(format, args...)}
}

// Partial returns the error of a command in which some of several things failed,
// exit code 9. What happened to each stands in the data.
func Partial(failed, of int) *Failure {
	return &Failure{Code: "partial", Exit: ExitPartial, Message: fmt.Sprintf("%d of %d failed", failed, of)}
}

// ErrDeclined is returned when a person answers no, exit code 10.
var ErrDeclined = &Failure{Code: "declined", Exit: ExitDeclined, Message: "declined; nothing was changed"}

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string { return s.signal.String() }

// failureOf brings any error into the one form that is reported.
func failureOf(err error) *Failure {
	var f *Failure
	var e *contracts.Error
	var s signalled
	switch {
	case errors.As(err, &s):
		if s.signal == syscall.SIGTERM {
			return &Failure{Code: "terminated", Exit: ExitTerminated, Message: "terminated", cause: err}
		}
		return &Failure{Code: "interrupted", Exit: ExitInterrupted, Message: "interrupted", cause: err}
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &e):
		return &Failure{Code: "timeout", Exit: ExitUnavailable, Message: "timed out", Hint: "Give it more time with --timeout.", cause: err}
	case errors.As(err, &e):
		f = &Failure{Code: string(e.Code), Exit: e.Code.ExitCode(), Message: e.Message, Hint: e.Hint, fields: e.Fields, cause: err}
		if e.Field != "" {
			f.fields = append([]contracts.FieldError{{Pointer: e.Field, Code: e.Code, Detail: e.Message}}, f.fields...)
		}
		if f.Message == "" {
			f.Message = strings.ReplaceAll(f.Code, "_", " ")
		}
		if f.Hint == "" && e.RetryAfter > 0 {
			f.Hint = fmt.Sprintf("Try again in %d s.", e.RetryAfter)
		}
		return f
	case errors.Is(err, context.Canceled):
		return &Failure{Code: "interrupted", Exit: ExitInterrupted, Message: "interrupted", cause: err}
	}
	return &Failure{Code: string(contracts.CodeInternal), Exit: ExitUnexpected, Message: err.Error(), cause: err}
}

// title is the error's kind in words, "Name taken".
func (f *Failure) title() string {
	words := strings.ReplaceAll(f.Code, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}
