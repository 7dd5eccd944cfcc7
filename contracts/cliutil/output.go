package cliutil

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

// Schema is the value of "schema" in every envelope. The envelope is frozen: a
// change in it is another schema.
const Schema = "dankerchat.cli/v1"

// Out is where a command puts its result. Under table it is written at once,
// under json and jsonl in the shapes of envelope.schema.json.
type Out struct {
	stdout, stderr terminal
	in             io.Reader
	format, fields string
	command        string
	noHeader       bool
	quiet, verbose bool
	noInput, yes   bool
	dryRun         bool
	typed          map[string]bool // the flags with a value that were typed
	start          time.Time
	data           any   // of the envelope
	collected      []any // records of a stream under json
	page           *page
	warnings       []string
	count          int             // records written
	limited        context.Context // under --timeout
	cancel         func()
	lines          *lines
	bar            *Progress
}

type page struct {
	Count      int     `json:"count"`
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

const outKey = "cliutil.out"

// Output returns the command's output.
func Output(c *cli.Context) *Out { return c.App.Metadata[outKey].(*Out) }

// Format is the value of --format.
func (o *Out) Format() string { return o.format }

// Verbose reports whether --verbose was given.
func (o *Out) Verbose() bool { return o.verbose }

// Stderr is for what a library logs; data never goes there.
func (o *Out) Stderr() io.Writer { return o.stderr }

// One writes a single result. Kind is its "type" under jsonl ("user"). Columns
// are the fields that a table shows; none shows all.
func (o *Out) One(kind string, v any, columns ...string) error {
	e, fields, err := o.prepare(v)
	if err != nil {
		return err
	}
	switch o.format {
	case "json":
		o.data = pick(e, fields)
		return nil
	case "jsonl":
		return o.line(kind, e, fields)
	}
	if len(fields) > 0 {
		columns = fields
	}
	return o.stdout.card(e, columns)
}

// prepare encodes a value or a slice and checks that it has the wanted fields.
func (o *Out) prepare(v any) (encoded any, fields []string, err error) {
	if fields, err = checkFields(o.fields, reflect.TypeOf(v)); err != nil {
		return nil, nil, err
	}
	encoded, err = encode(reflect.ValueOf(v))
	return encoded, fields, err
}

// List writes one page of results; rows is a slice. Columns are the fields that a
// table shows when --fields does not say others.
func (o *Out) List(kind string, rows any, next contracts.PageInfo, columns ...string) error {
	e, fields, err := o.prepare(rows)
	if err != nil {
		return err
	}
	list, _ := e.([]any)
	o.page = &page{Count: len(list), HasMore: next.HasMore, NextCursor: next.Next}
	switch o.format {
	case "json":
		picked := make([]any, len(list))
		for i := range list {
			picked[i] = pick(list[i], fields)
		}
		o.data = picked
		return nil
	case "jsonl":
		for _, row := range list {
			if err := o.line(kind, row, fields); err != nil {
				return err
			}
		}
		return nil
	}
	if len(fields) > 0 {
		columns = fields
	}
	if err := o.stdout.table(list, columns, !o.noHeader); err != nil {
		return err
	}
	if next.HasMore && next.Next != nil {
		o.Notef("more: --cursor %s, or --all", *next.Next)
	}
	return nil
}

// Record writes one result of a stream at once; text is its line under table. Under
// json, which is one document, they are kept for the end: a command that has none
// calls [Out.Endless] first.
func (o *Out) Record(kind string, v any, text string) error {
	e, fields, err := o.prepare(v)
	if err != nil {
		return err
	}
	switch o.format {
	case "jsonl":
		return o.line(kind, e, fields)
	case "json":
		o.collected = append(o.collected, pick(e, fields))
		return nil
	}
	if len(fields) > 0 {
		text = ""
		for i, f := range fields {
			if i > 0 {
				text += "  "
			}
			text += cell(lookup(e, f))
		}
	}
	_, err = io.WriteString(o.stdout, text+"\n")
	return err
}

// Stream says that the result is a list of records, even when none follows.
func (o *Out) Stream() {
	if o.collected == nil {
		o.collected = []any{}
	}
}

// Endless refuses --format=json, which promises one document, to a command that
// flag makes endless.
func (o *Out) Endless(flag string) error {
	if o.format == "json" {
		return Usagef("%s has no end, and --format=json is one document", flag).WithHint("Use --format=jsonl: one record a line.")
	}
	return nil
}

// line writes a record of jsonl: its own "type", or kind, first.
func (o *Out) line(kind string, v any, fields []string) error {
	record := &object{}
	record.set("type", kind)
	if obj, ok := v.(*object); ok {
		if t, has := obj.values["type"]; has {
			record.set("type", t)
		}
		if len(fields) > 0 {
			obj = pick(obj, fields).(*object)
		}
		for _, k := range obj.keys {
			record.set(k, obj.values[k])
		}
	} else {
		record.set("value", v)
	}
	o.count++
	return o.writeJSON(record)
}

func (o *Out) writeJSON(v any) error {
	var b bytes.Buffer
	if err := appendJSON(&b, v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	b.WriteByte('\n')
	_, err := o.stdout.Write(b.Bytes())
	return err
}

// Notef tells a person something on stderr; --quiet leaves it out.
func (o *Out) Notef(format string, args ...any) {
	if o.quiet {
		return
	}
	o.stop()
	fmt.Fprintf(o.stderr, format+"\n", args...)
}

// Warnf tells of something that went otherwise than one may think; it also
// stands in the envelope's warnings.
func (o *Out) Warnf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	o.warnings = append(o.warnings, text)
	if !o.quiet {
		o.stop()
		fmt.Fprintf(o.stderr, "%s %s\n", o.stderr.paint(yellow, "warning:"), text)
	}
}
