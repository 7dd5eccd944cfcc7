package contracts

import (
	"errors"
	"strings"
)

// Error is what a library returns for everything that a caller can do something
// about. errors.Is matches two Errors by Code alone, so a sentinel such as
// [ErrNotFound] matches whatever message and field it was returned with.
type Error struct {
	Code    Code         `json:"code"`
	Message string       `json:"message"`          // what is wrong, for a person, without secrets
	Hint    string       `json:"hint,omitempty"`   // what to do next
	Field   string       `json:"field,omitempty"`  // the input at fault, as a JSON pointer ("/text")
	Fields  []FieldError `json:"fields,omitempty"` // further inputs at fault
	// RetryAfter is the number of seconds after which a repeat may succeed; 0 says nothing.
	RetryAfter int `json:"retry_after,omitempty"`
}

// FieldError names one input at fault.
type FieldError struct {
	Pointer string `json:"pointer"` // RFC 6901, "/name"
	Code    Code   `json:"code"`
	Detail  string `json:"detail"`
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	if e.Field != "" {
		b.WriteString(" (" + e.Field + ")")
	}
	return b.String()
}

// Is matches by code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// With returns a copy that carries another message.
func (e *Error) With(message string) *Error {
	c := *e
	c.Message = message
	return &c
}

// WithHint returns a copy that carries a hint.
func (e *Error) WithHint(hint string) *Error {
	c := *e
	c.Hint = hint
	return &c
}

// At returns a copy that names the field at fault as a JSON pointer.
func (e *Error) At(pointer string) *Error {
	c := *e
	c.Field = pointer
	return &c
}

// After returns a copy that says after how many seconds a repeat may succeed.
func (e *Error) After(seconds int) *Error {
	c := *e
	c.RetryAfter = seconds
	return &c
}

// CodeOf returns the code of the first [Error] in err's chain, or [CodeInternal].
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// Invalid returns a [CodeInvalid] error for one field.
func Invalid(pointer, message string) *Error {
	return ErrInvalid.With(message).At(pointer)
}

// Code is a stable, documented word for a kind of error. The list is closed:
// a new code is an addition to the API.
type Code string

// The codes. Each has one HTTP status ([Code.Status]) and one exit code of the
// command lines ([Code.ExitCode]).
const (
	CodeInvalid         Code = "invalid"         // an input breaks a rule; Field says which
	CodeUnknownField    Code = "unknown_field"   // a request body has a field that the operation does not know
	CodeMalformed       Code = "malformed"       // the request cannot be parsed
	CodeUnauthenticated Code = "unauthenticated" // no credentials, or they are wrong, expired or revoked
	CodeBadCredentials  Code = "bad_credentials" // user name and password do not match
	CodeMFARequired     Code = "mfa_required"    // signed in, but a second factor is owed before anything else
	CodeReauthRequired  Code = "reauth_required" // signed in, but too long ago for a change like this
	CodeSuspended       Code = "suspended"       // the account is suspended
	CodeForbidden       Code = "forbidden"       // seen, but not allowed
	CodeCannotMessage   Code = "cannot_message"  // messages to this person can't be sent
	CodeCSRF            Code = "cross_origin"    // a browser request from another origin
	CodeNotFound        Code = "not_found"       // missing, or hidden from this caller
	CodeMethod          Code = "method_not_allowed"
	CodeConflict        Code = "conflict"       // the state does not allow it
	CodeNameTaken       Code = "name_taken"     // a unique name is in use
	CodeArchived        Code = "archived"       // the channel is archived
	CodeLastOwner       Code = "last_owner"     // the workspace would lose its last owner
	CodeAlreadySetUp    Code = "already_set_up" // the workspace has an owner
	CodeGone            Code = "gone"           // the invite is used up, expired or revoked
	CodeDuplicate       Code = "duplicate_id"   // the same client_msg_id or Idempotency-Key with another request
	CodeInFlight        Code = "in_flight"      // the same Idempotency-Key is being worked on, or its outcome is unknown
	CodePrecondition    Code = "precondition_failed"
	CodePreconditionReq Code = "precondition_required"
	CodeTooLarge        Code = "too_large" // body or frame over the limit
	CodeMediaType       Code = "unsupported_media_type"
	CodeRateLimited     Code = "rate_limited"    // RetryAfter says when
	CodeBusy            Code = "busy"            // a queue is full, or the database is locked; repeat
	CodeOutcomeUnknown  Code = "outcome_unknown" // it may or may not have happened; repeat with the same id
	CodeStorageFull     Code = "storage_full"    // no space left on the server's disk
	CodeUnavailable     Code = "unavailable"     // starting, draining, or the database cannot be reached
	CodeSchemaNewer     Code = "schema_newer"    // the database was written by a newer version
	CodeInternal        Code = "internal"        // unexpected; the log has it under the request id

	// What a device is told that waits to be let in (RFC 8628, section 3.5).
	CodeAuthorizationPending Code = "authorization_pending" // nobody has answered yet: ask again after the interval
	CodeSlowDown             Code = "slow_down"             // asked too soon: the interval is five seconds longer from now on
	CodeAccessDenied         Code = "access_denied"         // somebody has refused it
	CodeExpiredToken         Code = "expired_token"         // the code is too old, or was used
)

// Sentinels, one for each code that libraries return. Match with errors.Is.
var (
	ErrInvalid              = &Error{Code: CodeInvalid, Message: "invalid input"}
	ErrUnauthenticated      = &Error{Code: CodeUnauthenticated, Message: "not signed in"}
	ErrBadCredentials       = &Error{Code: CodeBadCredentials, Message: "user name or password is wrong"}
	ErrMFARequired          = &Error{Code: CodeMFARequired, Message: "a second factor is needed", Hint: "Enter a code of your authenticator app, or use a passkey."}
	ErrReauthRequired       = &Error{Code: CodeReauthRequired, Message: "this needs a fresh proof of who you are", Hint: "Confirm with your password, a code or a passkey (POST /auth/reauth), then repeat the request."}
	ErrSuspended            = &Error{Code: CodeSuspended, Message: "this account is suspended"}
	ErrForbidden            = &Error{Code: CodeForbidden, Message: "not allowed"}
	ErrCannotMessage        = &Error{Code: CodeCannotMessage, Message: "messages to this person can't be sent"}
	ErrNotFound             = &Error{Code: CodeNotFound, Message: "not found"}
	ErrConflict             = &Error{Code: CodeConflict, Message: "not possible in this state"}
	ErrNameTaken            = &Error{Code: CodeNameTaken, Message: "the name is taken"}
	ErrArchived             = &Error{Code: CodeArchived, Message: "the channel is archived"}
	ErrLastOwner            = &Error{Code: CodeLastOwner, Message: "the workspace needs an owner"}
	ErrAlreadySetUp         = &Error{Code: CodeAlreadySetUp, Message: "the workspace has an owner already"}
	ErrGone                 = &Error{Code: CodeGone, Message: "no longer valid"}
	ErrDuplicate            = &Error{Code: CodeDuplicate, Message: "the id was used with another request"}
	ErrInFlight             = &Error{Code: CodeInFlight, Message: "a request with this key is under way or its outcome is unknown"}
	ErrTooLarge             = &Error{Code: CodeTooLarge, Message: "too large"}
	ErrRateLimited          = &Error{Code: CodeRateLimited, Message: "too many requests"}
	ErrBusy                 = &Error{Code: CodeBusy, Message: "busy", Hint: "Try again in a moment."}
	ErrOutcomeUnknown       = &Error{Code: CodeOutcomeUnknown, Message: "the outcome is unknown", Hint: "Repeat the request with the same id."}
	ErrStorageFull          = &Error{Code: CodeStorageFull, Message: "the disk is full", Hint: "Free space on the server's disk."}
	ErrUnavailable          = &Error{Code: CodeUnavailable, Message: "the service is unavailable"}
	ErrAuthorizationPending = &Error{Code: CodeAuthorizationPending, Message: "nobody has approved this device yet"}
	ErrSlowDown             = &Error{Code: CodeSlowDown, Message: "asked too soon"}
	ErrAccessDenied         = &Error{Code: CodeAccessDenied, Message: "somebody has refused to let this device in"}
	ErrExpiredToken         = &Error{Code: CodeExpiredToken, Message: "this code is not valid any more: it is too old, or was used"}
	ErrSchemaNewer          = &Error{Code: CodeSchemaNewer, Message: "the database was written by a newer version", Hint: "Upgrade this program."}
)

// Status returns the HTTP status of a code (RFC 9110).
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return 500
}

var statuses = map[Code]int{
	CodeInvalid: 422, CodeUnknownField: 422, CodeMalformed: 400,
	CodeUnauthenticated: 401, CodeBadCredentials: 401, CodeMFARequired: 401, CodeReauthRequired: 401, CodeSuspended: 403, CodeForbidden: 403, CodeCannotMessage: 403, CodeCSRF: 403,
	CodeNotFound: 404, CodeMethod: 405,
	CodeConflict: 409, CodeNameTaken: 409, CodeArchived: 409, CodeLastOwner: 409, CodeAlreadySetUp: 409,
	CodeGone: 410, CodeDuplicate: 409, CodeInFlight: 409, CodePrecondition: 412, CodePreconditionReq: 428,
	CodeTooLarge: 413, CodeMediaType: 415, CodeRateLimited: 429,
	CodeBusy: 503, CodeOutcomeUnknown: 503, CodeUnavailable: 503, CodeStorageFull: 507,
	CodeSchemaNewer: 500, CodeInternal: 500,
	CodeAuthorizationPending: 400, CodeSlowDown: 400, CodeAccessDenied: 400, CodeExpiredToken: 400, // RFC 6749, section 5.2
}

// ExitCode returns the exit code that the command lines use for a code.
func (c Code) ExitCode() int {
	switch c {
	case CodeUnauthenticated, CodeBadCredentials, CodeMFARequired, CodeReauthRequired, CodeAuthorizationPending, CodeSlowDown, CodeAccessDenied, CodeExpiredToken:
		return 3
	case CodeNotFound:
		return 4
	case CodeForbidden, CodeCannotMessage, CodeSuspended, CodeCSRF:
		return 5
	case CodeInvalid, CodeUnknownField, CodeMalformed, CodeConflict, CodeNameTaken, CodeArchived, CodeLastOwner,
		CodeAlreadySetUp, CodeGone, CodeDuplicate, CodeInFlight, CodePrecondition, CodePreconditionReq, CodeTooLarge, CodeMediaType:
		return 6
	case CodeRateLimited:
		return 7
	case CodeBusy, CodeOutcomeUnknown, CodeStorageFull, CodeUnavailable:
		return 8
	}
	return 1
}
