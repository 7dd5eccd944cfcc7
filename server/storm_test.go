package server

import "testing"

// A storm is over once, when it has calmed down; a few connections are none.
func TestStormIsOver(t *testing.T) {
	t.Parallel()
	var s storm
	var over []int
	for second, total := range []int{10, 20, 400, 800, 1200, 1210, 1215, 1220, 1900, 2190, 2195, 2230, 2231} {
		if s.over(total) {
			over = append(over, second)
		}
	}
	if len(over) != 2 || over[0] != 5 || over[1] != 12 {
		t.Errorf("over at %v, want 5 (1,210) and 12 (2,231: 1,021 more, calm)", over)
	}
}

// What plainPong takes, the decoder takes too; the rest is left to it.
func TestPlainPong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"op":"pong"}`: true, `{"op":"pong","position":0}`: true, `{"op":"pong","position":1234567890123}`: true,
		`{"op":"pong","position":}`: false, `{"op":"pong","position":01}`: false, `{"op":"pong","position":-1}`: false,
		`{"op":"pong","position":1e3}`: false, `{"op":"pong","position":1,"position":2}`: false, `{"op":"pong","position":12345678901234567890}`: false,
		`{"op":"pong","id":"1"}`: false, `{"op":"pong","position":1`: false, `{"op": "pong"}`: false, ``: false,
	} {
		if got := plainPong([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
		var f clientFrame
		if err := decodeStrict([]byte(text), &f); want && (err != nil || f.Op != "pong") {
			t.Errorf("%s: the decoder says %v, %+v", text, err, f)
		}
	}
}
