package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/server/internal/binaries"
)

// A real process with every secret that it can be given, used rightly and wrongly: what
// it writes to stderr at the most talkative level holds none but the first-run link,
// once, and its arguments, which everybody on the machine can read, hold none at all.
func TestAProcessShowsNoSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	seal, pepper := []byte("a canary of the key that seals..")[:32], []byte("a canary of the pepper, 32 bytes")[:32]
	secrets := map[string]string{
		"mail password": "canary-of-the-mail-server", "client secret": "canary-of-the-provider", "password": "copper lanterns beside an old harbour",
		"seal key": base64.StdEncoding.EncodeToString(seal), "pepper": base64.StdEncoding.EncodeToString(pepper),
		"plain seal key": string(seal), "plain pepper": string(pepper), "seal key in hex": hex.EncodeToString(seal),
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries.Dir(t, "dankerchatd"), "dankerchatd"), "serve",
		"--listen", "127.0.0.1:0", "--drain-delay", "0s", "--log-level", "debug", "--log-format", "json", "--data-dir", dir,
		"--public-url", "https://chat.example.org", "--smtp-url", "smtp://chat@127.0.0.1:1?tls=none", "--mail-from", "chat@example.org",
		"--smtp-password-file", file("smtp", secrets["mail password"]+"\n"),
		"--key-file", file("keys", "k1 "+secrets["seal key"]+"\n"), "--pepper-file", file("peppers", "p1 "+secrets["pepper"]+"\n"),
		"--oidc-config", file("oidc.json", `{"providers":[{"name":"corp","label":"Corp","issuer":"http://127.0.0.1:1","client_id":"chat","client_secret":"`+secrets["client secret"]+`"}]}`))
	cmd.Env = append(os.Environ(), "DANKERCHAT_DB=")
	stderr := &output{}
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }
	t.Cleanup(stop)
	for end := time.Now().Add(patience); !strings.Contains(stderr.String(), "first-run link: "); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the server does not start:\n%s", stderr)
		}
	}
	text := stderr.String()
	address := listening.FindStringSubmatch(text)[1]
	_, code, _ := strings.Cut(text, "/setup#")
	code = strings.Fields(code)[0]
	secrets["claim"] = code

	ask := func(path string, body map[string]string) map[string]any {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(address+"/api/v1"+path, "application/json", strings.NewReader(string(encoded)))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var got map[string]any
		_ = json.NewDecoder(res.Body).Decode(&got) // 202 and 204 have none
		return got
	}
	setup := map[string]string{"code": code, "workspace_name": "Test", "username": "owner", "display_name": "Owner", "password": secrets["password"], "email": "owner@example.org"}
	ask("/setup", setup)
	ask("/setup", setup)
	in := ask("/auth/login", map[string]string{"username": "owner", "password": secrets["password"], "session": "token"})
	for _, name := range []string{"access_token", "refresh_token"} {
		if secrets[name], _ = in[name].(string); len(secrets[name]) < 20 {
			t.Fatalf("no %s in %v", name, in)
		}
	}
	for _, secret := range secrets {
		ask("/auth/login", map[string]string{"username": secret, "password": secret})
		ask("/auth/refresh", map[string]string{"refresh_token": secret})
	}
	ask("/auth/password/forgot", map[string]string{"username": "owner"}) // the mail server is not there
	if res, err := http.Get(address + "/api/v1/auth/oidc/corp/start"); err == nil {
		_ = res.Body.Close()
	}
	args, err := exec.CommandContext(t.Context(), "ps", "-ww", "-o", "args=", "-p", strconv.Itoa(cmd.Process.Pid)).Output()
	if err != nil || !strings.Contains(string(args), "--smtp-password-file") {
		t.Fatalf("ps: %q, %v", args, err)
	}
	for end := time.Now().Add(patience); !strings.Contains(stderr.String(), "mail not sent") && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
	}
	stop()
	text = stderr.String()
	if !strings.Contains(text, "mail") || !strings.Contains(text, `"op":"auth.login"`) {
		t.Errorf("the log is not talkative:\n%s", text)
	}
	for name, secret := range secrets {
		allowed := map[bool]int{true: 1}[name == "claim"]
		if n := strings.Count(text, secret); n != allowed {
			t.Errorf("stderr shows the %s %d times:\n%s", name, n, text)
		}
		if strings.Contains(string(args), secret) {
			t.Errorf("the arguments hold the %s: %s", name, args)
		}
	}
}

// A password in the database's URL is shown to nobody, wrong as it may be.
func TestTheDatabasesPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(sqldbtest.URL(t, sqldb.Postgres))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("nobody-there", "canary-of-the-database")
	code, out, errs := run(t.Context(), "serve", "--listen", "127.0.0.1:0", "--db", u.String())
	if code == 0 || strings.Contains(out+errs, "canary-of") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}
