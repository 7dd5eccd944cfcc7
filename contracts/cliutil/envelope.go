package cliutil

import (
	_ "embed"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// EnvelopeSchema is the JSON Schema (2020-12) of what --format=json writes.
//
//go:embed envelope.schema.json
var EnvelopeSchema []byte

type meta struct {
	DryRun    bool  `json:"dry_run"`
	ElapsedMS int64 `json:"elapsed_ms"`
}

type success struct {
	OK       bool     `json:"ok"`
	Schema   string   `json:"schema"`
	Command  string   `json:"command"`
	Data     any      `json:"data"`
	Page     *page    `json:"page"`
	Warnings []string `json:"warnings"`
	Meta     meta     `json:"meta"`
}

type failed struct {
	OK       bool          `json:"ok"`
	Schema   string        `json:"schema"`
	Command  string        `json:"command"`
	Error    reportedError `json:"error"`
	Data     any           `json:"data,omitempty"` // of a partial success: what happened to each
	Warnings []string      `json:"warnings"`
	Meta     meta          `json:"meta"`
}

type reportedError struct {
	Code     string                 `json:"code"`
	Title    string                 `json:"title"`
	Detail   string                 `json:"detail"`
	Hint     string                 `json:"hint"`
	Fields   []contracts.FieldError `json:"fields"`
	ExitCode int                    `json:"exit_code"`
}

// finish reports how the command ended and returns the exit code.
func (o *Out) finish(err error) int {
	o.stop()
	m := meta{DryRun: o.dryRun, ElapsedMS: time.Since(o.start).Milliseconds()}
	if o.warnings == nil {
		o.warnings = []string{}
	}
	if err == nil {
		if werr := o.succeed(m); werr != nil {
			fmt.Fprintf(o.stderr, "error: write the result: %v\n", werr)
			return ExitUnexpected
		}
		return ExitOK
	}
	f := failureOf(err).shortened()
	if f.Code == "usage" && f.Hint == "" {
		f.Hint = "Run: " + o.command + " --help"
	}
	o.explain(f, err)
	if werr := o.fail(f, m); werr != nil {
		fmt.Fprintf(o.stderr, "error: write the result: %v\n", werr)
	}
	return f.Exit
}

func (o *Out) succeed(m meta) error {
	if o.dryRun {
		o.Notef("dry run: nothing was changed")
	}
	switch o.format {
	case "json":
		if o.collected != nil {
			o.data, o.page = o.collected, &page{Count: len(o.collected)}
		}
		return o.writeJSON(success{OK: true, Schema: Schema, Command: o.command, Data: o.data, Page: o.page, Warnings: o.warnings, Meta: m})
	case "jsonl":
		last := &object{}
		last.set("type", "page")
		last.set("ok", true)
		last.set("count", o.count)
		last.set("has_more", o.page != nil && o.page.HasMore)
		var next any
		if o.page != nil && o.page.NextCursor != nil {
			next = *o.page.NextCursor
		}
		last.set("next_cursor", next)
		last.set("warnings", o.warnings)
		last.set("meta", m)
		return o.writeJSON(last)
	}
	return nil
}

func (o *Out) fail(f *ExitError, m meta) error {
	e := reportedError{Code: f.Code, Title: f.title(), Detail: f.Message, Hint: f.Hint, Fields: f.fields, ExitCode: f.Exit}
	if e.Fields == nil {
		e.Fields = []contracts.FieldError{}
	}
	switch o.format {
	case "json":
		doc := failed{Schema: Schema, Command: o.command, Error: e, Warnings: o.warnings, Meta: m}
		if f.Exit == ExitPartial {
			doc.Data = o.data
		}
		return o.writeJSON(doc)
	case "jsonl":
		last := &object{}
		last.set("type", "error")
		last.set("ok", false)
		last.set("count", o.count)
		last.set("error", e)
		last.set("warnings", o.warnings)
		last.set("meta", m)
		return o.writeJSON(last)
	}
	return nil
}

// explain tells a person what went wrong, on stderr in every format.
func (o *Out) explain(f *ExitError, err error) {
	fmt.Fprintf(o.stderr, "%s %s\n", o.stderr.paint(red, "error:"), visible(f.Message))
	for _, field := range f.fields {
		if field.Detail != f.Message {
			fmt.Fprintf(o.stderr, "  %s: %s\n", field.Pointer, visible(field.Detail))
		}
	}
	if f.Hint != "" {
		fmt.Fprintf(o.stderr, "%s %s\n", o.stderr.paint(cyan, "hint:"), visible(f.Hint))
	}
	if o.verbose {
		fmt.Fprintf(o.stderr, "cause: %s\n", visible(fmt.Sprintf("%+v", err)))
	}
}
