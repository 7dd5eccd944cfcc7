package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Scripts runs the testscript files of dir. Beside the usual commands they have
//
//	exits CODE PROGRAM ARGS...   run a program that must end with that exit code
//	json stdout want.json        compare the last output with a golden section
//	field .data.id ID            put a value of the last JSON output into a variable
//	has .data.0.name VALUE       check one value of the last JSON output
//	await FILE TEXT              wait until a program in the background has written it
//
// In json, what differs from run to run is made alike on both sides: ids become
// usr_1, usr_2 in the order in which they appear, times "TIME", elapsed_ms 0.
func Scripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir, Setup: setup, UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "", RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "json": compare, "field": field, "has": has, "await": await},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func compare(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: json stdout want.json")
	}
	got, want := Normalise(ts.ReadFile(args[0])), Normalise(ts.ReadFile(args[1]))
	if got != want {
		ts.Fatalf("%s is\n%s\nwant\n%s", args[0], got, want)
	}
}

func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field .path VARIABLE")
	}
	ts.Setenv(args[1], fmt.Sprint(find(ts, args[0])))
}

func has(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: has .path VALUE")
	}
	if got := fmt.Sprint(find(ts, args[0])); (got == args[1]) == neg {
		ts.Fatalf("%s is %q, want %q (negated: %v)", args[0], got, args[1], neg)
	}
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE TEXT")
	}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		written, err := os.ReadFile(ts.MkAbs(args[0]))
		if strings.Contains(string(written), args[1]) {
			return
		}
		if time.Since(began) > time.Minute {
			ts.Fatalf("%s has no %q after a minute: %s (%v)", args[0], args[1], written, err)
		}
	}
}

// find follows a path such as .data.0.id in the last stdout.
func find(ts *testscript.TestScript, path string) any {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	d.UseNumber()
	var v any
	ts.Check(d.Decode(&v))
	for part := range strings.SplitSeq(strings.Trim(path, "."), ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(x) {
				ts.Fatalf("%s: no element %q of %d", path, part, len(x))
			}
			v = x[i]
		default:
			v = nil
		}
	}
	return v
}

var (
	idPattern      = regexp.MustCompile(`\b(usr|cnv|msg|ses|tok|inv|key|aud)_[0-9a-z]{26}\b`)
	timePattern    = regexp.MustCompile(`"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"`)
	elapsedPattern = regexp.MustCompile(`"elapsed_ms": ?\d+`)
	hashPattern    = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// Normalise makes JSON, or lines of it, comparable between runs.
func Normalise(text string) string {
	var b bytes.Buffer
	d := json.NewDecoder(strings.NewReader(text))
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return text
		}
		if err := json.Indent(&b, raw, "", "  "); err != nil {
			return text
		}
		b.WriteByte('\n')
	}
	seen := map[string]string{}
	count := map[string]int{}
	s := idPattern.ReplaceAllStringFunc(b.String(), func(id string) string {
		if seen[id] == "" {
			count[id[:3]]++
			seen[id] = fmt.Sprintf("%s_%d", id[:3], count[id[:3]])
		}
		return seen[id]
	})
	s = hashPattern.ReplaceAllString(timePattern.ReplaceAllString(s, `"TIME"`), "HASH")
	return elapsedPattern.ReplaceAllString(s, `"elapsed_ms": 0`)
}
