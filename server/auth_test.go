package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestClientName(t *testing.T) {
	t.Parallel()
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	for _, c := range []struct{ said, agent, want string }{
		{"web/0.1.0", firefox, "web/0.1.0 (Firefox on Linux)"},
		{"", firefox, "browser (Firefox on Linux)"}, // the first owner's page says nothing of itself
		{"", "backup-bot/2.1", "backup-bot/2.1"},
		{"dankerchat/0.1.0 (Linux)", "Go-http-client/1.1", "dankerchat/0.1.0 (Linux)"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("User-Agent", c.agent)
		if got := clientName(c.said, &request{Request: r}); got != c.want {
			t.Errorf("said %q by %q: %q, want %q", c.said, c.agent, got, c.want)
		}
	}
}
