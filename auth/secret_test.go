package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/rs/zerolog"
)

func TestSecretCannotLeak(t *testing.T) {
	t.Parallel()
	const text = "dks_topsecret"
	in := auth.SignedIn{Secret: text, Access: text, Refresh: text}
	login := auth.LoginInput{Username: "member1", Password: text}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, in, login, auth.Secret(text))
	}
	zl := zerolog.New(&out)
	zl.Info().Interface("in", in).Any("login", &login).Stringer("s", auth.Secret(text)).Msg("m")
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "in", in, "s", auth.Secret(text), "login", login)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "in", in, "s", auth.Secret(text))
	b, err := json.Marshal(map[string]any{"a": in, "b": login, "c": []auth.Secret{text}, "d": map[string]auth.Secret{"x": text}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	if s := out.String(); strings.Contains(s, "topsecret") || strings.Contains(s, fmt.Sprintf("%x", "topsecret")) {
		t.Errorf("the secret leaked: %s", s)
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("nothing was redacted: this test looks in the wrong place")
	}
	if auth.Secret(text).Reveal() != text {
		t.Error("Reveal does not give the text")
	}
	var read struct{ Password auth.Secret }
	if err := json.Unmarshal([]byte(`{"Password":"x y"}`), &read); err != nil || read.Password.Reveal() != "x y" {
		t.Errorf("a secret does not unmarshal: %v", err)
	}
}
