package server

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// testdata/access.txt is the policy as a person wrote it: for every operation and
// every kind of caller the answer. It is not derived from access.go. A status stands
// alone when the table gives it and with a ! when the library behind the table does:
// so a rule that is taken out of the table shows even where the library refuses too.

func TestEveryOperationForEveryKindOfCaller(t *testing.T) {
	t.Parallel()
	expected := readAccess(t)
	eachEngine(t, func(t *testing.T, url string) {
		h := newHouse(t, serve(t, url))
		for _, c := range cells {
			for i, who := range expected.callers {
				if strings.HasPrefix(url, "postgres") && gateOnly[who] {
					continue // the table alone decides; the engine has no part in it
				}
				want, ok := expected.rows[c.row][who]
				if !ok {
					t.Errorf("access.txt has no row for %q", c.row)
					break
				}
				if got := h.ask(c, who); got != want {
					t.Errorf("%s by %s (column %d): got %s, want %s", c.row, who, i+1, got, want)
				}
			}
		}
	})
}

var gateOnly = map[string]bool{"anon": true, "malf": true, "expir": true, "revok": true, "susp": true, "forgn": true, "csrf": true, "t_non": true, "t_red": true}

// Every row of the file is asked, and every operation stands in a row.
func TestAccessFileIsComplete(t *testing.T) {
	t.Parallel()
	expected := readAccess(t)
	asked, ops := map[string]bool{}, map[string]bool{}
	for _, c := range cells {
		asked[c.row] = true
		ops[c.op()] = true
	}
	for row := range expected.rows {
		if !asked[row] {
			t.Errorf("row %q is asked by nobody", row)
		}
	}
	for op := range access {
		if !ops[op] {
			t.Errorf("no row for %s", op)
		}
	}
	for _, who := range expected.callers {
		if callers[who] == nil {
			t.Errorf("unknown caller %s", who)
		}
	}
	if len(expected.callers) != len(callers) {
		t.Errorf("%d callers in the file, %d in the test", len(expected.callers), len(callers))
	}
}

// Whatever is taken out of the table, a rule or a part of one, turns the enumeration
// red.
func TestRemovingAnyRuleIsNoticed(t *testing.T) {
	t.Parallel()
	expected := readAccess(t)
	w := serve(t, freshDatabase(t, "sqlite"))
	h := newHouse(t, w)
	for op, r := range access {
		for name, changed := range mutations(op, r) {
			mutant := serveSame(t, w, func(c *Config) { c.access = changed })
			if !h.notices(mutant, op, expected) {
				t.Errorf("%s: %s, and nobody notices", op, name)
			}
		}
	}
}

// mutations are the tables with one thing taken out of op's rule.
func mutations(op string, r rule) map[string]map[string]rule {
	with := func(changed rule) map[string]rule {
		m := maps.Clone(access)
		m[op] = changed
		return m
	}
	out := map[string]map[string]rule{}
	gone := maps.Clone(access)
	delete(gone, op)
	out["the rule is gone"] = gone
	// What hello demands of every socket no operation can miss afterwards.
	if r.perm != "" && !(strings.HasPrefix(op, "socket ") && op != "socket hello" && r.perm == access["socket hello"].perm) {
		c := r
		c.perm = ""
		out["the permission is gone"] = with(c)
	}
	if r.scope != "" {
		c := r
		c.scope = ""
		out["the scope is gone"] = with(c)
	}
	if r.gate == bySession {
		c := r
		c.gate = signedIn
		out["API tokens are let through"] = with(c)
	}
	if r.gate != everybody && !r.owing && (op == "socket hello" || !strings.HasPrefix(op, "socket ")) {
		c := r
		c.owing = true
		out["who owes a second factor is let through"] = with(c)
	}
	if r.owing {
		c := r
		c.owing = false
		out["who owes a second factor is kept out"] = with(c)
	}
	if r.gate != everybody && !strings.HasPrefix(op, "socket ") { // a socket without a user has ended before
		c := r
		c.gate = everybody
		out["everybody is let through"] = with(c)
	}
	return out
}

// notices asks the rows of one operation until an answer is not the expected one.
func (h *house) notices(w *world, op string, expected accessFile) bool {
	mutated := *h
	mutated.w = w
	for _, c := range cells {
		if c.op() != op {
			continue
		}
		for _, who := range expected.callers {
			if mutated.ask(c, who) != expected.rows[c.row][who] {
				return true
			}
		}
	}
	return false
}

// What the table says of relations must be what the file says of those who lack them.
func TestRelationsOfTheTableHoldInTheFile(t *testing.T) {
	t.Parallel()
	expected := readAccess(t)
	lacking := map[relation][]string{ // each must be refused in a row of the operation
		participant: {"out", "rmvd", "g_out"}, canSee: {"g_out"}, channelOwner: {"mod"}, channelMod: {"in"},
		author: {"mod"}, authorOrMod: {"out", "g_in"}, above: {"admin"}, acquainted: {"g_out"},
	}
	for op, r := range access {
		for _, who := range lacking[r.needs] {
			refused := false
			for _, c := range cells {
				if c.op() == op {
					v := expected.rows[c.row][who]
					refused = refused || strings.HasPrefix(v, "4") || strings.HasSuffix(v, "-")
				}
			}
			if !refused {
				t.Errorf("%s needs %q, but %s, who lacks it, is refused in no row", op, r.needs, who)
			}
		}
	}
}

type accessFile struct {
	callers []string
	rows    map[string]map[string]string
}

func readAccess(t testing.TB) accessFile {
	t.Helper()
	f, err := os.Open("testdata/access.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	a := accessFile{rows: map[string]map[string]string{}}
	for in := bufio.NewScanner(f); in.Scan(); {
		line, _, _ := strings.Cut(in.Text(), "#")
		name, rest, ok := strings.Cut(line, "|")
		if !ok {
			continue
		}
		row, values := strings.TrimSpace(name), strings.Fields(rest)
		if a.callers == nil {
			a.callers = values
			continue
		}
		if len(values) != len(a.callers) || a.rows[row] != nil {
			t.Fatalf("access.txt: row %q has %d cells, or stands twice", row, len(values))
		}
		a.rows[row] = map[string]string{}
		for i, v := range values {
			a.rows[row][a.callers[i]] = v
		}
	}
	return a
}

// ask puts one question and writes the answer as the file does.
func (h *house) ask(c cell, who string) string {
	caller := *h.client(who)
	caller.w = h.w
	h.row = c.row
	h.w.passed.forget()
	result := c.run(h, &caller)
	passed := h.w.passed.has(c.op())
	if result[0] == '2' && c.changes() {
		delete(h.rooms, c.row)
	}
	if c.op() == "auth.logout" || strings.HasPrefix(c.op(), "session.") {
		clear(h.clients)
	}
	if passed && result != "-" && result[0] == '4' {
		result += "!"
	}
	if !passed && result[0] == '2' {
		h.t.Errorf("%s by %s: answered %s without passing the table", c.row, who, result)
	}
	return result
}

// callers are the kinds of caller, by the file's column names.
var callers = map[string]func(*house) *client{
	"anon":  func(h *house) *client { return h.w.anonymous() },
	"malf":  func(h *house) *client { return &client{w: h.w, t: h.t, token: "garbage"} },
	"expir": func(h *house) *client { return h.expired },
	"revok": func(h *house) *client { return h.revoked },
	"susp":  func(h *house) *client { return h.suspended },
	"forgn": func(h *house) *client { return h.foreign },
	"csrf":  func(h *house) *client { return h.cookie("in") },
	"g_out": func(h *house) *client { return h.w.signIn("guest_out") },
	"g_in":  func(h *house) *client { return h.w.signIn("guest_in") },
	"out":   func(h *house) *client { return h.w.signIn("out") },
	"rmvd":  func(h *house) *client { return h.w.signIn("removed") },
	"in":    func(h *house) *client { return h.w.signIn("in") },
	"mod":   func(h *house) *client { return h.w.signIn("moder") },
	"chown": func(h *house) *client { return h.w.signIn("chan_owner") },
	"admin": func(h *house) *client { return h.w.signIn("deputy") },
	"owner": func(h *house) *client { return h.w.signIn("owner") },
	"t_non": func(h *house) *client { return h.tokenNone },
	"t_red": func(h *house) *client { return h.tokenRead },
	"t_all": func(h *house) *client { return h.tokenAll },
	"owes2": func(h *house) *client { return h.owing("careful", contracts.ProofSecondFactor) },
	"owesE": func(h *house) *client { return h.owing("careless", contracts.ProofEnrolment) },
}

// changes reports whether a question that is answered well leaves its room changed.
func (c cell) changes() bool {
	for _, rt := range routes {
		if rt.op == c.op() {
			return rt.method != "GET"
		}
	}
	return false
}

func (c cell) op() string {
	op, _, _ := strings.Cut(c.row, ", ")
	return op
}

func status(a answer) string { return fmt.Sprint(a.status) }
