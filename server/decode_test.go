package server

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

type decodeTarget struct {
	Text   string         `json:"text"    is:"required"`
	Count  int64          `json:"count"`
	On     *bool          `json:"on"`
	At     *time.Time     `json:"at"      is:"nullable"`
	List   []decodeItem   `json:"list"`
	Fields map[string]any `json:"fields"`
}

type decodeItem struct {
	Name string `json:"name" is:"required"`
}

func TestStrictDecoding(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"k` + itoa(i) + `":1`)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, body, pointer string
		code                contracts.Code
	}{
		{"all that there is", `{"text":"x","count":2,"on":true,"at":null,"list":[{"name":"a"}],"fields":{"a":null}}`, "", ""},
		{"an unknown field", `{"text":"x","role":"owner"}`, "/role", contracts.CodeUnknownField},
		{"an unknown field further in", `{"text":"x","list":[{"name":"a","id":1}]}`, "/list/0/id", contracts.CodeUnknownField},
		{"another case", `{"Text":"x"}`, "/Text", contracts.CodeUnknownField},
		{"__proto__", `{"text":"x","__proto__":{}}`, "/__proto__", contracts.CodeUnknownField},
		{"a key twice", `{"text":"x","text":"y"}`, "/text", contracts.CodeInvalid},
		{"a key twice in a map", `{"text":"x","fields":{"a":1,"a":2}}`, "/fields/a", contracts.CodeInvalid},
		{"a missing field", `{}`, "/text", contracts.CodeInvalid},
		{"a missing field further in", `{"text":"x","list":[{}]}`, "/list/0/name", contracts.CodeInvalid},
		{"null for a string", `{"text":null}`, "/text", contracts.CodeInvalid},
		{"null for an optional field", `{"text":"x","on":null}`, "/on", contracts.CodeInvalid},
		{"an object for a string", `{"text":{"a":1}}`, "/text", contracts.CodeInvalid},
		{"an array for a string", `{"text":["x"]}`, "/text", contracts.CodeInvalid},
		{"a number for a string", `{"text":1}`, "/text", contracts.CodeInvalid},
		{"a string for a number", `{"text":"x","count":"1"}`, "/count", contracts.CodeInvalid},
		{"a fraction for a whole number", `{"text":"x","count":1.5}`, "/count", contracts.CodeInvalid},
		{"a number out of range", `{"text":"x","count":99999999999999999999}`, "/count", contracts.CodeInvalid},
		{"NaN", `{"text":"x","count":NaN}`, "", contracts.CodeMalformed},
		{"a time that is none", `{"text":"x","at":"yesterday"}`, "", contracts.CodeInvalid},
		{"32 levels", `{"text":"x","fields":` + deep(31) + `}`, "", ""},
		{"33 levels", `{"text":"x","fields":` + deep(32) + `}`, "", contracts.CodeInvalid},
		{"10,000 levels", `{"text":"x","fields":` + deep(10000) + `}`, "", contracts.CodeInvalid},
		{"1,000 keys", `{"text":"x","fields":{"a":1` + keys(997) + `}}`, "", ""},
		{"1,001 keys", `{"text":"x","fields":{"a":1` + keys(998) + `}}`, "", contracts.CodeInvalid},
		{"200 items", `{"text":"x","fields":{"a":[` + strings.Repeat("1,", 199) + `1]}}`, "", ""},
		{"201 items", `{"text":"x","fields":{"a":[` + strings.Repeat("1,", 200) + `1]}}`, "/fields/a", contracts.CodeInvalid},
		{"garbage after it", `{"text":"x"} x`, "", contracts.CodeMalformed},
		{"a second object", `{"text":"x"}{}`, "", contracts.CodeMalformed},
		{"a byte-order mark", "\xef\xbb\xbf" + `{"text":"x"}`, "", contracts.CodeMalformed},
		{"bad UTF-8", "{\"text\":\"\xff\"}", "", contracts.CodeMalformed},
		{"an array", `[]`, "", contracts.CodeMalformed},
		{"a string", `"x"`, "", contracts.CodeMalformed},
		{"null", `null`, "", contracts.CodeMalformed},
		{"half an object", `{"text":`, "", contracts.CodeMalformed},
		{"a comment", `{/**/"text":"x"}`, "", contracts.CodeMalformed},
	} {
		var v decodeTarget
		var err error
		took := time.Hour
		for tries := 0; took > 500*time.Millisecond && tries < 5; tries++ { // a machine may stop once, not each time
			v = decodeTarget{}
			began := time.Now()
			err = decodeStrict([]byte(tt.body), &v)
			took = time.Since(began)
		}
		if took > 500*time.Millisecond {
			t.Errorf("%s: took %s", tt.name, took)
		}
		var e *contracts.Error
		switch {
		case tt.code == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.code == "":
		case !errors.As(err, &e):
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.code)
		case e.Code != tt.code || tt.pointer != "" && e.Field != tt.pointer:
			t.Errorf("%s: got %s at %q (%s), want %s at %q", tt.name, e.Code, e.Field, e.Message, tt.code, tt.pointer)
		}
	}
}

// Whatever comes, decoding ends, does not panic, and what it lets through encoding/json
// reads as well.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"text":"x"}`, `{"text":"x","list":[{"name":"a"}]}`, `{"a":[[[[`, `{"text":"\u0000"}`, "{\"text\":\"\xff\"}", `{"fields":{"a":{"b":null}},"text":""}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v decodeTarget
		if err := decodeStrict(body, &v); err == nil && !json.Valid(body) {
			t.Errorf("let through %q", body)
		}
	})
}
