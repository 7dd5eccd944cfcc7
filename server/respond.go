package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
)

// problem is RFC 9457's object with our additions.
type problem struct {
	Type      string                 `json:"type"`
	Title     string                 `json:"title"`
	Status    int                    `json:"status"`
	Detail    string                 `json:"detail,omitempty"`
	Code      contracts.Code         `json:"code"`
	Hint      string                 `json:"hint,omitempty"`
	RequestID string                 `json:"request_id"`
	Errors    []contracts.FieldError `json:"errors,omitempty"`
}

// newProblem is the only place where an error becomes what a client sees. An error
// without a code is internal: its text stays in the log.
func newProblem(err error, requestID string) (problem, *contracts.Error) {
	e := coded(err)
	p := problem{Type: "about:blank", Status: e.Code.Status(), Detail: e.Message, Code: e.Code, Hint: e.Hint, RequestID: requestID, Errors: e.Fields}
	p.Title = http.StatusText(p.Status)
	if e.Code == contracts.CodeNotFound {
		p.Detail, p.Hint = contracts.ErrNotFound.Message, "" // hidden and missing read the same
	}
	if p.Hint == "" {
		p.Hint = e.Code.Hint()
	}
	if e.Field != "" && len(p.Errors) == 0 {
		p.Errors = []contracts.FieldError{{Pointer: e.Field, Code: e.Code, Detail: e.Message}}
	}
	return p, e
}

func coded(err error) *contracts.Error {
	var e *contracts.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return contracts.ErrUnavailable.With("the server could not finish in time").WithHint("Try again in a moment.").After(1)
	}
	return &contracts.Error{Code: contracts.CodeInternal, Message: "something went wrong", Hint: "The server's log has it under the request id."}
}

// fail answers with a problem and logs what the client is not shown.
func fail(w http.ResponseWriter, err error, requestID string, log *zerolog.Logger) {
	p, e := newProblem(err, requestID)
	switch {
	case p.Code == contracts.CodeInternal:
		log.Error().Err(err).Str("code", string(p.Code)).Msg("request failed")
	case p.Status >= http.StatusInternalServerError:
		log.Warn().Err(err).Str("code", string(p.Code)).Msg("request not served")
	}
	if e.RetryAfter == 0 && (p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests) {
		e = e.After(1)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="dankerchat"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	write(w, p.Status, p)
}

// respond answers with JSON.
func respond(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	write(w, status, v)
	return nil
}

func write(w http.ResponseWriter, status int, v any) {
	b := borrow()
	defer buffers.Put(b)
	if err := json.NewEncoder(b).Encode(v); err != nil { // the types are ours: this is a mistake in the program
		panic("server: encode answer: " + err.Error())
	}
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that went away is nobody's error
}

// buffers are for what is put together and written at once: answers, and arrays of frames.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func borrow() *bytes.Buffer {
	b, _ := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

// empty answers 204.
func empty(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// list answers with a whole list as its one page.
func list[T any](w http.ResponseWriter, rows []T) error {
	return respond(w, http.StatusOK, contracts.NewPage(rows, len(rows), func(T) string { return "" }))
}

// page answers with one page of a list and its Link header (RFC 8288).
func page[T any](w http.ResponseWriter, r *request, p contracts.Page[T]) error {
	if p.Data == nil {
		p.Data = []T{}
	}
	if p.Page.Next != nil {
		q := r.URL.Query()
		q.Set("cursor", *p.Page.Next)
		w.Header().Set("Link", "<"+r.URL.Path+"?"+q.Encode()+`>; rel="next"`)
	}
	return respond(w, http.StatusOK, p)
}

// versioned answers with an object under its strong ETag, or 304.
func versioned(w http.ResponseWriter, r *request, version int64, v any) error {
	tag := etag(version)
	w.Header().Set("ETag", tag)
	if r.Method == http.MethodGet && r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return respond(w, http.StatusOK, v)
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// ifMatch reads the version that a change is meant for; 0 when the header is
// missing or *, which is any version.
func ifMatch(r *request) (int64, error) {
	h := strings.TrimSpace(r.Header.Get("If-Match"))
	if h == "" || h == "*" {
		return 0, nil
	}
	version, err := strconv.ParseInt(strings.Trim(h, `"`), 10, 64)
	if err != nil || version < 1 || etag(version) != h {
		return 0, &contracts.Error{Code: contracts.CodePrecondition, Message: "If-Match is not an ETag of this object", Hint: "Fetch it again and use its ETag."}
	}
	return version, nil
}
