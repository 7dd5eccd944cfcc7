package cliutil

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/contracts"
)

type thing struct {
	ID     string            `json:"id"`
	Author contracts.UserRef `json:"author"`
	Text   string            `json:"text"`
	Tags   []string          `json:"tags"`
	At     time.Time         `json:"at"`
	Gone   *time.Time        `json:"gone"`
	Email  string            `json:"email,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
}

var at = time.Date(2026, 3, 1, 12, 0, 0, 120e6, time.FixedZone("", 3600))

func things() []thing {
	return []thing{
		{ID: "a", Author: contracts.UserRef{ID: "u1", Username: "owner"}, Text: "one <&> two", Tags: []string{"x", "y"}, At: at, Raw: json.RawMessage(`{"k":1.50,"a":[{"z":null,"b":true}]}`)},
		{ID: "b", Author: contracts.UserRef{ID: "u2", Username: "member"}, Text: "evil \x1b[2J\nsecond", Tags: []string{}, At: at},
	}
}

// app has one command for each way a command can end.
func app() *cli.App {
	result := func(f func(c *cli.Context, o *Out) error) cli.ActionFunc {
		return func(c *cli.Context) error { return f(c, Output(c)) }
	}
	return &cli.App{Name: "tool", Usage: "try things", Commands: []*cli.Command{
		{Name: "one", Action: result(func(_ *cli.Context, o *Out) error { return o.One("thing", things()[0]) })},
		{Name: "list", Flags: PageFlags(), Action: result(func(_ *cli.Context, o *Out) error {
			next := "c2"
			return o.List("thing", things(), contracts.PageInfo{Next: &next, HasMore: true}, "id", "author", "text", "at")
		})},
		{Name: "none", Action: result(func(_ *cli.Context, o *Out) error {
			return o.List("thing", []thing{}, contracts.PageInfo{}, "id", "text")
		})},
		{Name: "stream", Action: result(func(_ *cli.Context, o *Out) error {
			o.Stream()
			for _, x := range things() {
				if err := o.Record("thing", x, x.ID+" "+Visible(x.Text)); err != nil {
					return err
				}
			}
			return nil
		})},
		{Name: "endless", Action: result(func(_ *cli.Context, o *Out) error { return o.Endless("endless") })},
		{Name: "fail", ArgsUsage: "HOW", Action: func(c *cli.Context) error {
			switch c.Args().First() {
			case "taken":
				return fmt.Errorf("make it: %w", contracts.ErrNameTaken.With("#ops is taken").At("/name").WithHint("Choose another."))
			case "archived":
				return contracts.ErrArchived
			case "odd":
				return errors.New("disk on fire")
			case "panic":
				panic("boom")
			case "slow":
				<-c.Context.Done()
				return errors.New("interrupted (9)")
			case "signal":
				if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
					return err
				}
				<-c.Context.Done()
				return c.Context.Err()
			}
			return Partial(1, 3)
		}},
		{Name: "write", Flags: WriteFlags(), Action: result(func(c *cli.Context, o *Out) error {
			if err := Confirm(c, "Write?"); err != nil {
				return err
			}
			o.Warnf("the disk is nearly full")
			return o.One("thing", things()[1])
		})},
		{Name: "say", ArgsUsage: "TEXT...", Action: result(func(c *cli.Context, o *Out) error {
			text, err := Text(c, c.Args().Slice())
			if err != nil {
				return err
			}
			return o.One("thing", thing{Text: text})
		})},
		{Name: "hostile", Action: func(*cli.Context) error {
			return fmt.Errorf("find: %w", contracts.ErrNotFound.With("#evil\x1b[2J\r\x07 not found"))
		}},
		{Name: "typed", Flags: []cli.Flag{&cli.StringFlag{Name: "url", EnvVars: []string{"TOOL_URL"}}}, Action: result(func(c *cli.Context, o *Out) error {
			return o.Text("typed", nil, fmt.Sprintln(Typed(c, "url"), TypedSecret(c, "url")))
		})},
		{Name: "number", Flags: []cli.Flag{&cli.IntFlag{Name: "n"}}, Action: func(*cli.Context) error { return nil }},
	}}
}

type ended struct {
	code           int
	stdout, stderr string
}

func run(t *testing.T, stdin string, args ...string) ended {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(context.Background(), app(), append([]string{"tool"}, args...), strings.NewReader(stdin), &out, &errs)
	return ended{code, out.String(), errs.String()}
}

func TestEveryEndHasOneDocumentAndItsExitCode(t *testing.T) {
	schema := envelopeSchema(t)
	for _, row := range []struct {
		args string
		exit int
		code string
	}{
		{"one", 0, ""}, {"list", 0, ""}, {"none", 0, ""}, {"stream", 0, ""}, {"write --yes", 0, ""}, {"write --dry-run", 0, ""}, {"one --help", 0, ""}, {"--version", 0, ""},
		{"completion bash", 0, ""}, {"man", 0, ""},
		{"fail taken", 6, "name_taken"}, {"fail odd", 1, "internal"}, {"fail panic", 1, "internal"}, {"fail other", 9, "partial"},
		{"fail slow --timeout=20ms", 8, "timeout"}, {"fail signal", 143, "terminated"},
		{"write", 2, "usage"}, {"nope", 2, "usage"}, {"one --nope", 2, "usage"}, {"number --n=x", 2, "usage"}, {"one --fields=idd", 2, "usage"},
		{"endless", 2, "usage"}, {"one --timeout=-1s", 2, "usage"}, {"completion tcsh", 2, "usage"}, {"", 2, "usage"},
	} {
		t.Run(row.args, func(t *testing.T) {
			got := run(t, "", append(strings.Fields(row.args), "--format", "json")...)
			if got.code != row.exit {
				t.Errorf("exit %d, want %d; stderr %s", got.code, row.exit, got.stderr)
			}
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(got.stdout))
			if err != nil {
				t.Fatalf("not one document: %v: %q", err, got.stdout)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%v\n%s", err, got.stdout)
			}
			m := doc.(map[string]any)
			if e, bad := m["error"].(map[string]any); bad && e["code"] != row.code || bad == (row.code == "") {
				t.Errorf("code %q wanted: %s", row.code, got.stdout)
			}
		})
	}
}

func envelopeSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(EnvelopeSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("envelope.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("envelope.json")
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ args, stdout, stderr string }{
		"a table": {"list",
			"ID  AUTHOR   TEXT              AT\na   @owner   one <&> two       2026-03-01T11:00:00.120Z\nb   @member  evil ·[2J⏎second  2026-03-01T11:00:00.120Z\n",
			"more: --cursor c2, or --all\n"},
		"a table without header":    {"list --no-header --fields id,tags -q", "a  x,y\nb\n", ""},
		"an empty table":            {"none", "ID  TEXT\n", ""},
		"fields of an inner object": {"list --fields author.username -q --no-header", "owner\nmember\n", ""},
		"a field that it has not":   {"one --fields id,email", "id  a\n", ""},
		"one thing":                 {"one --fields id,text,raw", "id    a\ntext  one <&> two\nraw   {\"k\":1.50,\"a\":[{\"z\":null,\"b\":true}]}\n", ""},
		"fields under json lines": {"list --format=jsonl --fields=id",
			`{"type":"thing","id":"a"}` + "\n" + `{"type":"thing","id":"b"}` + "\n" + `{"type":"page","ok":true,"count":2,"has_more":true,"next_cursor":"c2","warnings":[],"meta":{"dry_run":false,"elapsed_ms":0}}` + "\n", ""},
		"a stream": {"stream", "a one <&> two\nb evil ·[2J⏎second\n", ""},
		"a stream under json lines": {"stream --format=jsonl --fields=text",
			`{"type":"thing","text":"one <&> two"}` + "\n" + `{"type":"thing","text":"evil \u001b[2J\nsecond"}` + "\n" + `{"type":"page","ok":true,"count":2,"has_more":false,"next_cursor":null,"warnings":[],"meta":{"dry_run":false,"elapsed_ms":0}}` + "\n", ""},
		"a failure":                  {"fail taken", "", "error: #ops is taken\nhint: Choose another.\n"},
		"a failure without advice":   {"fail archived", "", "error: the channel is archived\nhint: Unarchive it first.\n"},
		"a failure though quiet":     {"fail taken -q", "", "error: #ops is taken\nhint: Choose another.\n"},
		"a wrong value":              {"number --n=x", "", "error: --n must be a whole number, not \"x\"\nhint: Run: tool number --help\n"},
		"a dry run":                  {"write --dry-run --fields id", "id  b\n", "warning: the disk is nearly full\ndry run: nothing was changed\n"},
		"a question nobody can hear": {"write", "", "error: Write needs a yes\nhint: Add --yes.\n"},
		"an unknown field":           {"list --fields id,txt", "", "error: --fields: there is no field \"txt\"\nhint: did you mean text?\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := run(t, "", strings.Fields(row.args)...)
			stdout := elapsed.ReplaceAllString(got.stdout, `"elapsed_ms":0`)
			if stdout != row.stdout || got.stderr != row.stderr {
				t.Errorf("stdout %q\nwant   %q\nstderr %q\nwant   %q", stdout, row.stdout, got.stderr, row.stderr)
			}
		})
	}
}

// What --verbose tells besides is as safe to print as the error itself.
func TestTheCauseIsSafeToPrint(t *testing.T) {
	t.Parallel()
	got := run(t, "", "hostile", "-v")
	if strings.ContainsAny(strings.ReplaceAll(got.stderr, "\n", ""), "\x1b\r\x07") || !strings.Contains(got.stderr, "cause: ") {
		t.Errorf("%q", got.stderr)
	}
}

// A value as long as a file does not push what is wrong with it off the screen.
func TestALongValueIsShortened(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 5000)
	for _, format := range []string{"table", "json"} {
		got := run(t, "", "number", "--n="+long, "--format="+format)
		if len(got.stderr) > 600 || !strings.HasPrefix(got.stderr, "error: --n must be a whole number, not \"üü") || !strings.Contains(got.stderr, "ü…") || len(got.stdout) > 1200 {
			t.Errorf("%d bytes: %.300q", len(got.stderr), got.stderr)
		}
	}
}

// A flag that was typed is told from one that the environment gives.
func TestWhatWasTyped(t *testing.T) {
	t.Setenv("TOOL_URL", "https://a:b@example.org")
	for args, want := range map[string]string{
		"typed":                                                "false false",
		"typed --url https://a:b@example.org":                  "true true",
		"typed --url=https://a@example.org":                    "true false",
		"typed --url postgres://example.org/x?password=b":      "true true",
		"typed --url postgres://example.org/x?sslpassword=b":   "true true",
		"typed --url postgres://example.org/x?sslmode=disable": "true false",
	} {
		if got := run(t, "", strings.Fields(args)...); got.stdout != want+"\n" {
			t.Errorf("%s: %q %s", args, got.stdout, got.stderr)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "note")
	if err := os.WriteFile(file, []byte("from a file\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		args  []string
		stdin string
		want  string
	}{
		"words":                        {[]string{"hello", "there"}, "", "hello there"},
		"stdin less one line end":      {[]string{"-"}, "  two\r\nlines\n\n", "  two\r\nlines\n"},
		"stdin without line end":       {[]string{"-"}, "x", "x"},
		"a file":                       {[]string{"@" + file}, "", "from a file\n"},
		"a mention is not a file":      {[]string{"@owner"}, "", "@owner"},
		"a dash among words is a dash": {[]string{"a", "-"}, "", "a -"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := run(t, row.stdin, append([]string{"say", "--format=json"}, row.args...)...)
			var doc struct{ Data thing }
			if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil || doc.Data.Text != row.want {
				t.Errorf("%q %v, want %q", doc.Data.Text, err, row.want)
			}
		})
	}
	if got := run(t, "", "say", "@/no/such/file"); got.code != ExitInvalid || !strings.Contains(got.stderr, "cannot read /no/such/file: no such file") {
		t.Errorf("%+v", got)
	}
}
