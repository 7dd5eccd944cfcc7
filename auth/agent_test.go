package auth_test

import (
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestDeviceName(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                     "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                            "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15":                      "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1":    "Safari on iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
		"Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15":           "Firefox on iPad",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                            "Chrome on Android",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":        "Samsung Internet on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                             "Chrome on ChromeOS",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0":                        "Opera on Linux",
		"curl/8.5.0": "", "Go-http-client/1.1": "", "": "", "Firefox/140": "", strings.Repeat("x", 10_000) + "Firefox/140 Linux": "",
	} {
		if got := auth.DeviceName(agent); got != want {
			t.Errorf("%.60s: got %q, want %q", agent, got, want)
		}
	}
}

func TestASessionSaysWhatItRunsOn(t *testing.T) {
	each(t, func(w *world) {
		person := w.user("member1", contracts.RoleMember)
		for label, want := range map[string][2]string{
			auth.ClientLabel("web/0.1.0", "Firefox on Linux"): {"web/0.1.0", "Firefox on Linux"},
			auth.ClientLabel("curl/8.5.0", ""):                {"curl/8.5.0", ""},
			"":                                                {"", ""}, "(x)": {"(x)", ""}, "a (b) c": {"a (b) c", ""}, "a (b) (c\x1b[0m)": {"a (b)", "c[0m"},
		} {
			in, err := w.StartSession(w.ctx, person.UserID, auth.SignInProof{Client: label})
			w.must(err)
			actor := person
			actor.SessionID = in.Session.ID
			list, err := w.Sessions(w.ctx, actor, person.UserID)
			w.must(err)
			for _, s := range list {
				if s.Current && (s.Client != want[0] || s.Device != want[1]) {
					t.Errorf("%q: got %q on %q", label, s.Client, s.Device)
				}
			}
		}
	})
}
