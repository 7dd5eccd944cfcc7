package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts/cliutil"
)

// What is wrong with the mail settings is said before anything is opened.
func TestMailSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const public, server, from = "--public-url=https://chat.example.org", "--smtp-url=smtp://chat@mail.example.org:587", "--mail-from=chat@example.org"
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"no public URL", "Give --public-url too.", []string{server, from}},
		{"no sender", "Give --mail-from too.", []string{server, public}},
		{"no server", "Give --smtp-url too.", []string{public, from}},
		{"a sender that is none", "not an address to send mails from", []string{server, public, "--mail-from=nobody"}},
		{"a URL that is none", "not the URL of a mail server", []string{"--smtp-url=mail.example.org", public, from}},
		{"a password for all to read", "hint: Put it into a file and name that with --smtp-password-file", []string{"--smtp-url=smtp://chat:canary@mail.example.org:587", public, from}},
		{"no such file", "It is what --smtp-password-file names.", []string{server, public, from, "--smtp-password-file=" + empty + ".none"}},
		{"an empty file", "is empty", []string{server, public, from, "--smtp-password-file=" + empty}},
	} {
		data := filepath.Join(t.TempDir(), "data")
		var out, errs bytes.Buffer
		args := append([]string{"dankerchatd", "serve", "--listen=127.0.0.1:0", "--data-dir", data}, c.args...)
		if code := cliutil.Run(t.Context(), newApp(), args, strings.NewReader(""), &out, &errs); code == 0 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: exit code %d: %s", c.name, code, errs.String())
		}
		if strings.Contains(errs.String(), "canary") {
			t.Errorf("%s: shows the password: %s", c.name, errs.String())
		}
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: the database was opened", c.name)
		}
	}
}
