package cliutil

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/dankerchat/dankerchat/contracts"
)

var elapsed = regexp.MustCompile(`"elapsed_ms":\d+`)

// Wide and combined characters take the columns that a terminal gives them.
func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	rows := make([]any, 0, 3)
	for _, s := range []string{"日本語テキストの長い行です", "👩‍👩‍👧‍👦 family and more words", "plain"} {
		o := &object{}
		o.set("id", "x1")
		o.set("text", s)
		o.set("n", 12)
		rows = append(rows, o)
	}
	var b bytes.Buffer
	if err := (terminal{Writer: &b, width: 24}).table(rows, []string{"id", "text", "n"}, true); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for _, l := range lines {
		if w := uniseg.StringWidth(l); w > 24 {
			t.Errorf("%d columns: %q", w, l)
		}
	}
	column := func(l string) int { return uniseg.StringWidth(l[:strings.LastIndex(l, " ")]) }
	if !strings.Contains(lines[1], "…") || column(lines[1]) != column(lines[3]) || column(lines[2]) != column(lines[3]) {
		t.Errorf("not aligned or not cut:\n%s", b.String())
	}
	b.Reset()
	if err := (terminal{Writer: &b}).table(rows, nil, true); err != nil || strings.Contains(b.String(), "…") {
		t.Errorf("cut where nobody looks: %v\n%s", err, b.String())
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	thing := func(pairs ...any) *object {
		o := &object{}
		for i := 0; i < len(pairs); i += 2 {
			o.set(pairs[i].(string), pairs[i+1])
		}
		return o
	}
	for want, v := range map[string]any{
		"@member":               thing("id", "usr_1", "username", "member"),
		"":                      thing("id", "", "username", ""),
		`{"username":"member"}`: thing("username", "member"), // not a person but what is kept of one
		"yes,no,7":              []any{true, false, 7},
		"a ⏎·b":                 "a\t\n\u202e\r\x00b",
	} {
		if got := cell(v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"general", "random", "devops", "archive", "unarchive"}
	for typed, want := range map[string]string{"genral": "general", "ops": "", "devosp": "devops", "ARCHVE": "archive", "rand": "random", "zzz": ""} {
		if got := Nearest(typed, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestParseTarget(t *testing.T) {
	t.Parallel()
	msg, cnv := contracts.NewID(contracts.PrefixMessage), contracts.NewID(contracts.PrefixConversation)
	for in, want := range map[string]Target{
		"#general":                          {TargetChannel, "general"},
		"@owner":                            {TargetUser, "owner"},
		"general":                           {TargetName, "general"},
		msg:                                 {TargetID, msg},
		"https://chat/c/" + cnv + "/" + msg: {TargetID, msg},
		"http://chat/x#" + cnv:              {TargetID, cnv},
		"msg_short":                         {TargetName, "msg_short"},
	} {
		if got, err := ParseTarget(in); err != nil || got != want {
			t.Errorf("%q: %+v %v", in, got, err)
		}
	}
	for _, in := range []string{"", "#", "@", "https://chat/nothing"} {
		if _, err := ParseTarget(in); failureOf(err).Exit != ExitUsage {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"us":                         "user",
		"user l":                     "list",
		"user --quiet ":              "list get role",
		"user --format ":             "table json jsonl",
		"send --format=js":           "--format=json --format=jsonl",
		"send --format = js":         "--format=json --format=jsonl",
		"send --cl":                  "--client-msg-id",
		"send --client-msg-id x --f": "--follow --format --fields",
		"send -- --f":                "",
	} {
		app := sample()
		prepare(app)
		var names []string
		for _, s := range complete(app, strings.Split(line, " ")) {
			name, _, _ := strings.Cut(s, "\t")
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// Off a terminal progress is a plain line now and then, and nothing when quiet.
func TestProgressForALog(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	o := &Out{stderr: terminal{Writer: &b}}
	p := &Progress{out: o, label: "copying", total: 200, stop: make(chan struct{}), ended: make(chan struct{})}
	p.Add(50)
	go p.run(time.Hour, time.Millisecond)
	for shown := false; !shown; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		shown = b.Len() > 0
		p.mu.Unlock()
	}
	p.Stop()
	p.Stop()
	if first, _, _ := strings.Cut(b.String(), "\n"); first != "copying: 50 of 200 (25 %)" {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	quiet := (&Out{stderr: terminal{Writer: &b}, quiet: true}).Start("copying", 0)
	quiet.Stop()
	if b.Len() > 0 {
		t.Errorf("%q", b.String())
	}
}

func TestHelpShowsExamplesFirst(t *testing.T) {
	t.Parallel()
	a := sample()
	prepare(a)
	text := manualOf(a, a.Commands[:1]).text(terminal{})
	examples, usage, flags, global := strings.Index(text, "Examples\n  sample send x hi"), strings.Index(text, "  sample send TARGET TEXT... [FLAGS]"),
		strings.Index(text, "  -n, --lines VALUE"), strings.Index(text, "Global flags")
	if examples < 0 || usage < examples || flags < usage || global < flags {
		t.Errorf("%d %d %d %d\n%s", examples, usage, flags, global, text)
	}
}
