package messaging

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestParseMentions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		names      []string
		all        bool
	}{
		{"none", "plain text", nil, false},
		{"one", "hi @ann", []string{"ann"}, false},
		{"at the start", "@ann hi", []string{"ann"}, false},
		{"any case", "@Ann", []string{"ann"}, false},
		{"once each, in order", "@bob @ann @bob", []string{"bob", "ann"}, false},
		{"with a sentence's end", "ask @ann. or @bob, or @cy!", []string{"ann.", "bob", "cy"}, false},
		{"in brackets", "(@ann) [@bob]", []string{"ann", "bob"}, false},
		{"in emphasis", "*@ann* _@bob_", []string{"ann", "bob_"}, false},
		{"with dots and dashes inside", "@ann.b-c_d", []string{"ann.b-c_d"}, false},
		{"an address is none", "ann@example.org", nil, false},
		{"a path is none", "https://example.org/@ann", nil, false},
		{"escaped is none", `\@ann`, nil, false},
		{"two at signs are none", "@@ann", nil, false},
		{"letters of every script", "@annä @мария @名前", []string{"annä", "мария", "名前"}, false},
		{"one letter is no name", "@a", nil, false},
		{"everybody", "@channel hi", nil, true},
		{"everybody by other words", "@here", nil, true},
		{"everybody at a sentence's end", "hello @everyone.", nil, true},
		{"not in a span", "see `@ann` and `@channel`", nil, false},
		{"not in a double span", "``a ` @ann`` @bob", []string{"bob"}, false},
		{"an open backtick hides nothing", "it`s @ann", []string{"ann"}, false},
		{"not in a fence", "a\n```\n@ann @all\n```\n@bob", []string{"bob"}, false},
		{"not in a fence with a language", "```go\n@ann\n```", nil, false},
		{"not in a fence that never ends", "```\n@ann", nil, false},
		{"not in a tilde fence", "~~~\n@ann\n```\n@bob\n~~~\n@cy", []string{"cy"}, false},
		{"a longer fence closes", "````\n@ann\n```\n@bob\n````\n@cy", []string{"cy"}, false},
		{"a span of three", "```@ann``` @bob", []string{"bob"}, false},
		{"a span over lines", "`a\n@ann` @bob", []string{"bob"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			names, all := parseMentions(c.text)
			if !slices.Equal(names, c.names) || all != c.all {
				t.Errorf("%q names %q, everybody %v; want %q, %v", c.text, names, all, c.names, c.all)
			}
		})
	}
}

// mentions.json says whom a text means; the web app is held to the same file.
func TestMentionsAsTheWebAppSeesThem(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/mentions.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Case, Text    string
		People, Names []string
		All           bool
	}
	if err := json.Unmarshal(file, &cases); err != nil || len(cases) < 40 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		ids := map[string]string{}
		for _, p := range c.People {
			ids[p] = p
		}
		names, all := parseMentions(c.Text)
		if got := resolve(names, ids); !slices.Equal(got, c.Names) || all != c.All {
			t.Errorf("%s: %q means %q, everybody %v; want %q, %v", c.Case, c.Text, got, all, c.Names, c.All)
		}
	}
}

// A hostile text must not take long: each of these is the longest one allowed.
func FuzzParseMentions(f *testing.F) {
	for _, s := range []string{strings.Repeat("`", 4000), strings.Repeat("` ", 2000), strings.Repeat("@a", 2000), "~~~\n```\n@x", "a``@b`c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names, _ := parseMentions(text)
		if len(names) > 2*MaxMentions {
			t.Errorf("%d names", len(names))
		}
		for _, n := range names {
			if n == "" || n != strings.ToLower(n) || !strings.Contains(strings.ToLower(text), "@"+n) {
				t.Errorf("%q is not in %q", n, text)
			}
		}
	})
}
