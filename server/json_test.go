package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// at reads a JSON pointer as text.
func at(t testing.TB, body []byte, pointer string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, ok := v.(map[string]any)
		if !ok || m[key] == nil {
			t.Fatalf("no %s in %s", pointer, body)
		}
		v = m[key]
	}
	return fmt.Sprint(v)
}
