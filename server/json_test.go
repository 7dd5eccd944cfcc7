package server

import (
	"encoding/json"
	"fmt"
	"strconv"
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
		if list, ok := v.([]any); ok {
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(list) {
				t.Fatalf("no %s in %s", pointer, body)
			}
			v = list[i]
			continue
		}
		m, ok := v.(map[string]any)
		if !ok || m[key] == nil {
			t.Fatalf("no %s in %s", pointer, body)
		}
		v = m[key]
	}
	return fmt.Sprint(v)
}
