package main

import (
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// passkey makes one for a user, as a browser does.
func (h *host) passkey(user string) contracts.Passkey {
	h.t.Helper()
	const origin = "https://chat.example.org"
	party, err := auth.RelyingPartyAt(origin)
	if err != nil {
		h.t.Fatal(err)
	}
	actor := contracts.Actor{UserID: user, SessionID: h.session(user)}
	options, err := h.ws.Auth.BeginPasskey(h.t.Context(), actor, party)
	if err != nil {
		h.t.Fatalf("begin a passkey: %v", err)
	}
	answer, err := passkeytest.New(origin).Create(options)
	if err != nil {
		h.t.Fatal(err)
	}
	made, err := h.ws.Auth.FinishPasskey(h.t.Context(), actor, "Laptop", answer)
	if err != nil {
		h.t.Fatalf("make a passkey: %v", err)
	}
	return made.Passkey
}

func TestAPasskeyIsListedAndRemoved(t *testing.T) {
	t.Parallel()
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, d)
			name, id := h.user()
			passkey := h.passkey(id)
			status, err := h.run([]string{"2fa", "status", name}, "")
			if err != nil || status["passkeys"] != 1.0 || status["recovery_codes"] != 10.0 {
				t.Errorf("before: %v, %v", status, err)
			}
			if _, err := h.run([]string{"passkey", "remove", passkey.ID, "--as", "@member"}, ""); err == nil {
				t.Error("somebody else removed it")
			}
			removed, err := h.run([]string{"passkey", "remove", passkey.ID}, "")
			if err != nil || removed["id"] != passkey.ID || removed["name"] != "Laptop" || removed["host"] != "chat.example.org" {
				t.Errorf("removed %v, %v", removed, err)
			}
			if _, err := h.run([]string{"passkey", "remove", passkey.ID}, ""); err == nil {
				t.Error("removed twice")
			}
			status, err = h.run([]string{"2fa", "status", name}, "")
			if err != nil || status["passkeys"] != 0.0 || status["recovery_codes"] != 0.0 {
				t.Errorf("after: %v, %v", status, err)
			}
		})
	}
}
