package dankerchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"http://localhost:8080":     "http://localhost:8080",
		"https://chat.example.com/": "https://chat.example.com",
		"chat.example.com":          "https://chat.example.com",
		"chat.example.com:8443":     "https://chat.example.com:8443",
		"localhost:8080":            "http://localhost:8080",
		"127.0.0.1:9":               "http://127.0.0.1:9",
		"[::1]:9":                   "http://[::1]:9",
		"https://a.example/chat/":   "https://a.example/chat",
		"http://a.example?x=1#f":    "http://a.example",
		"":                          "",
		"ftp://a.example":           "",
		"http://":                   "",
		"http://bad host":           "",
	} {
		c, err := New(given)
		switch {
		case want == "" && (c != nil || !errors.Is(err, contracts.ErrInvalid)):
			t.Errorf("%q: %v, %v; want an invalid address", given, c, err)
		case want != "" && (err != nil || c.Address() != want):
			t.Errorf("%q: %v; want %s", given, err, want)
		}
	}
}

// What a server answers becomes the error that it describes.
func TestProblems(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status     int
		retryAfter string
		body       string
		want       contracts.Error
	}{
		"a problem with a field": {422, "", `{"status":422,"code":"invalid","title":"Unprocessable Content","detail":"the text is empty","hint":"Write something.","errors":[{"pointer":"/text","code":"invalid","detail":"the text is empty"}]}`,
			contracts.Error{Code: "invalid", Message: "the text is empty", Hint: "Write something.", Field: "/text", Fields: []contracts.FieldError{{Pointer: "/text", Code: "invalid", Detail: "the text is empty"}}}},
		"a limit with its time": {429, "7", `{"status":429,"code":"rate_limited","title":"Too Many Requests","detail":""}`,
			contracts.Error{Code: "rate_limited", Message: "Too Many Requests", RetryAfter: 7}},
		"a page of a proxy": {502, "", `<html>Bad Gateway</html>`,
			contracts.Error{Code: "unavailable", Message: "the server answered 502 Bad Gateway", Hint: "Is this the address of a DankerChat server?"}},
		"another program's 404": {404, "", `404 page not found`,
			contracts.Error{Code: "internal", Message: "the server answered 404 Not Found", Hint: "Is this the address of a DankerChat server?"}},
		"a code that is newer than this program": {409, "", `{"code":"brand_new","detail":"no"}`, contracts.Error{Code: "brand_new", Message: "no"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if row.retryAfter != "" {
					w.Header().Set("Retry-After", row.retryAfter)
				}
				w.WriteHeader(row.status)
				fmt.Fprint(w, row.body)
			}))
			defer srv.Close()
			c, err := New(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			var got *contracts.Error
			if err := c.Do(t.Context(), http.MethodGet, "/me", nil, nil); !errors.As(err, &got) {
				t.Fatalf("%v is no contracts.Error", err)
			}
			a, b := mustJSON(got), mustJSON(row.want)
			if string(a) != string(b) {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	c, err := New("http://127.0.0.1:1") // no port that was free a moment ago: another test may have it by now
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Me(t.Context()); !errors.Is(err, contracts.ErrUnavailable) {
		t.Errorf("%v, want unavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Me(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, contracts.ErrUnavailable) {
		t.Errorf("%v, want canceled", err)
	}
}

func TestRetryable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err       error
		again     bool
		low, high time.Duration
	}{
		{nil, false, 0, 0},
		{errors.New("decode"), false, 0, 0},
		{contracts.ErrForbidden, false, 0, 0},
		{contracts.ErrDuplicate, false, 0, 0},
		{contracts.ErrUnavailable, true, 500 * time.Millisecond, time.Second},
		{fmt.Errorf("post: %w", contracts.ErrBusy), true, 500 * time.Millisecond, time.Second},
		{contracts.ErrOutcomeUnknown, true, 500 * time.Millisecond, time.Second},
		{contracts.ErrRateLimited.After(3), true, 3 * time.Second, 4 * time.Second},
	} {
		for range 20 {
			pause, again := retryable(row.err, time.Second)
			if again != row.again || pause < row.low || pause > row.high {
				t.Errorf("%v: %v, %v; want %v within %v to %v", row.err, pause, again, row.again, row.low, row.high)
			}
		}
	}
}

func TestDecodeFrames(t *testing.T) {
	t.Parallel()
	one := `{"op":"event","position":7,"mark":"m","type":"typing","at":"2026-11-25T16:19:00.123Z","d":{"user_id":"usr_1"}}`
	for name, row := range map[string]struct {
		data string
		want []string
	}{
		"a frame":            {one, []string{"event"}},
		"a batch":            {`[` + one + `,{"op":"ping","position":9,"mark":"n"},{"op":"future"}]`, []string{"event", "ping", "future"}},
		"an empty batch":     {`[]`, nil},
		"not JSON":           {`{"op":`, []string{"error"}},
		"an array of others": {`[1]`, []string{"error"}},
		"nothing":            {``, []string{"error"}},
	} {
		frames, err := decode([]byte(row.data))
		var ops []string
		for _, f := range frames {
			ops = append(ops, f.Op)
		}
		if err != nil {
			ops = []string{"error"}
		}
		if !slices.Equal(ops, row.want) {
			t.Errorf("%s: %v %v, want %v", name, ops, err, row.want)
		}
	}
	frames, err := decode([]byte(one))
	if err != nil || frames[0].Position != 7 || frames[0].Mark != "m" || frames[0].At.Nanosecond() != 123e6 || !json.Valid(frames[0].D) {
		t.Errorf("%+v %v", frames, err)
	}
}
