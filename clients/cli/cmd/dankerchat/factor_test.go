package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// totp is the code that an authenticator app shows now (RFC 6238).
func totp(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, uint64(time.Now().Unix()/30))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

func TestLoginWithASecondFactor(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, roomy...)
	c := server.NewUser(t, "member", "Member")
	var begun struct{ Secret string }
	if err := c.Do(t.Context(), "POST", "/auth/2fa/enrol", nil, &begun); err != nil {
		t.Fatal(err)
	}
	var made struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	if err := c.Do(t.Context(), "POST", "/auth/2fa/confirm", map[string]any{"code": totp(t, begun.Secret)}, &made); err != nil {
		t.Fatal(err)
	}

	// The client library: an error that says what is owed, then the code.
	again, err := dankerchat.New(server.Address)
	if err != nil {
		t.Fatal(err)
	}
	user, err := again.Login(t.Context(), "member", servertest.Password)
	if !errors.Is(err, contracts.ErrMFARequired) || user.Username != "member" {
		t.Fatalf("login: %+v, %v", user, err)
	}
	if _, err := again.Channel(t.Context(), "#general"); !errors.Is(err, contracts.ErrMFARequired) {
		t.Errorf("a call before the code: %v", err)
	}
	left, err := again.VerifySecondFactor(t.Context(), made.RecoveryCodes[0])
	if err != nil || left != 9 {
		t.Fatalf("verify: %d left, %v", left, err)
	}
	if _, err := again.Channel(t.Context(), "#general"); err != nil {
		t.Errorf("a call after the code: %v", err)
	}

	// The program: what it is not given it names, and nothing is kept.
	dir := t.TempDir()
	login := func(stdin string, flags ...string) (string, int) {
		cmd := command(t, dir, append([]string{"login", server.Address, "--username", "member", "--password-stdin"}, flags...)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	credentials := filepath.Join(dir, "state", "dankerchat", "credentials", "default.json")
	for _, wrong := range []struct {
		stdin string
		flags []string
		code  int
		says  string
	}{
		{servertest.Password, nil, 3, "--code-stdin"},
		{servertest.Password, []string{"--code-stdin"}, 2, "one line only"},
		{servertest.Password + "\nabcd-efgh-abcd-efgh\n", []string{"--code-stdin"}, 3, "the code is wrong"},
		{servertest.Password + "\nnonsense\n", []string{"--code-stdin"}, 6, "no code"},
	} {
		if out, code := login(wrong.stdin, wrong.flags...); code != wrong.code || !strings.Contains(out, wrong.says) {
			t.Errorf("%v: exit code %d, want %d with %q:\n%s", wrong.flags, code, wrong.code, wrong.says, out)
		}
		if _, err := os.Stat(credentials); err == nil {
			t.Errorf("%v: credentials were kept", wrong.flags)
		}
	}
	if out, code := login(servertest.Password+"\n"+strings.ToUpper(made.RecoveryCodes[1])+"\n", "--code-stdin"); code != 0 {
		t.Fatalf("login with a recovery code: exit code %d\n%s", code, out)
	}
	if out, err := command(t, dir, "whoami").CombinedOutput(); err != nil || !strings.Contains(string(out), "member") {
		t.Errorf("whoami: %v\n%s", err, out)
	}
}
