package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// What the demo says is the same each time, fits the rules and is spread over all.
func TestScript(t *testing.T) {
	t.Parallel()
	authors, perRoom, ids := map[int]int{}, map[int]int{}, map[string]bool{}
	for n := range 2000 {
		l := script(n)
		if l != script(n) {
			t.Fatalf("%d differs from run to run", n)
		}
		if err := (contracts.NewMessage{Text: l.text, ClientMsgID: l.id}).Validate(); err != nil {
			t.Errorf("%d: %v", n, err)
		}
		if !member(l.author, l.room) {
			t.Errorf("%d: %s is not in #%s", n, username(l.author), rooms[l.room].name)
		}
		ids[l.id] = true
		authors[l.author]++
		perRoom[l.room]++
	}
	if len(ids) != 2000 || len(authors) != people || len(perRoom) != len(rooms) {
		t.Errorf("%d ids, %d authors, %d rooms", len(ids), len(authors), len(perRoom))
	}
	for a, n := range authors {
		if n < 40 || n > 200 {
			t.Errorf("%s writes %d of 2000", username(a), n)
		}
	}
}

// Two runs against a real server with its own limits make one demo.
func TestTwoRunsMakeOneDemo(t *testing.T) {
	server := servertest.Start(t, "--limit", "logins_per_ip=10000", "--limit", "anonymous_rps=1000", "--limit", "anonymous_burst=1000")
	t.Setenv("DANKERCHAT_SERVER", server.Address)
	t.Setenv("DANKERCHAT_PASSWORD", servertest.Password)
	owner := server.Client(t, servertest.Owner)
	var first contracts.Stats
	for i := range 2 {
		var out bytes.Buffer
		if code := run(t.Context(), []string{"--username", servertest.Owner, "--messages", "300"}, os.Stdin, &out); code != 0 {
			t.Fatalf("run %d: exit %d\n%s", i, code, &out)
		}
		stats, err := owner.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = stats
			if stats.Users != 1+people || stats.Channels < int64(len(rooms)) || stats.Messages < 300 || stats.DirectMessages < int64(len(circles)) {
				t.Errorf("%+v\n%s", stats, &out)
			}
			if !strings.Contains(out.String(), "accounts:  20 made, 0 were there") || !strings.Contains(out.String(), localPassword) {
				t.Errorf("it says\n%s", &out)
			}
			continue
		}
		if stats.Messages != first.Messages || stats.Users != first.Users || stats.Channels != first.Channels || stats.DirectMessages != first.DirectMessages {
			t.Errorf("the second run changed %+v to %+v", first, stats)
		}
		if !strings.Contains(out.String(), "accounts:  0 made, 20 were there") {
			t.Errorf("it says\n%s", &out)
		}
	}
}

func TestWhoMayAndWhere(t *testing.T) {
	server := servertest.Start(t)
	server.NewUser(t, "plain", "Plain")
	t.Setenv("DANKERCHAT_PASSWORD", servertest.Password)
	t.Setenv("DANKERCHAT_TOKEN", "")
	for name, row := range map[string]struct {
		args []string
		code int
		says string
	}{
		"a member":       {[]string{"--server", server.Address, "--username", "plain"}, 1, "may not make accounts"},
		"nobody there":   {[]string{"--server", "http://127.0.0.1:9", "--username", "x"}, 1, "make run"},
		"a wrong flag":   {[]string{"--nope"}, 2, "nope"},
		"nobody named":   {[]string{"--server", server.Address}, 1, "DANKERCHAT_TOKEN"},
		"an argument":    {[]string{"extra"}, 2, ""},
		"a negative sum": {[]string{"--messages", "-1"}, 2, ""},
	} {
		var out bytes.Buffer
		stdin, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		if code := run(t.Context(), row.args, stdin, &out); code != row.code || !strings.Contains(out.String(), row.says) {
			t.Errorf("%s: exit %d, %s", name, code, &out)
		}
		stdin.Close()
	}
	if _, err := demoPassword("https://chat.example.com"); err == nil {
		t.Error("a known password on a public server")
	}
	if p, err := demoPassword("http://[::1]:8080"); p != localPassword || err != nil {
		t.Errorf("%q %v", p, err)
	}
}
