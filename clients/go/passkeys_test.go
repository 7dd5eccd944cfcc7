package dankerchat_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// key is an authenticator with one passkey for localhost that verifies its user.
type key struct {
	t       *testing.T
	origin  string
	id      []byte
	handle  string // base64url, as the server sent it
	private *ecdsa.PrivateKey
}

var b64 = base64.RawURLEncoding

// data is the authenticator data: hash of the party, flags, a counter that stays 0.
func (k *key) data(flags byte) []byte {
	hash := sha256.Sum256([]byte("localhost"))
	return append(hash[:], flags|1|1<<2, 0, 0, 0, 0) // user present and verified
}

// answer is what the browser would send: what was asked, signed over, as JSON.
func (k *key) answer(kind, challenge string, response map[string]any) (client []byte, finish func() json.RawMessage) {
	client = must(json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.origin, "crossOrigin": false}))(k.t)
	response["clientDataJSON"] = b64.EncodeToString(client)
	return client, func() json.RawMessage {
		return must(json.Marshal(map[string]any{
			"id": b64.EncodeToString(k.id), "rawId": b64.EncodeToString(k.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
		}))(k.t)
	}
}

func (k *key) create(options json.RawMessage) json.RawMessage {
	k.t.Helper()
	var asked struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal(options, &asked); err != nil {
		k.t.Fatal(err)
	}
	k.private, k.handle, k.id = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(k.t), asked.User.ID, make([]byte, 32)
	_, _ = rand.Read(k.id)
	point := must(k.private.PublicKey.Bytes())(k.t)                 // 4, X, Y
	data := append(k.data(1<<6), make([]byte, 16)...)               // AAGUID of nobody
	data = append(binary.BigEndian.AppendUint16(data, 32), k.id...) // then the key in CBOR (RFC 9053): EC2, ES256, P-256
	data = append(append(data, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"...), point[1:33]...)
	data = append(append(data, "\x22\x58\x20"...), point[33:]...)
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), byte(len(data)))
	_, finish := k.answer("webauthn.create", asked.Challenge, map[string]any{"attestationObject": b64.EncodeToString(append(object, data...))})
	return finish()
}

func (k *key) get(options json.RawMessage) json.RawMessage {
	k.t.Helper()
	var asked struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(options, &asked); err != nil {
		k.t.Fatal(err)
	}
	data := k.data(0)
	response := map[string]any{"authenticatorData": b64.EncodeToString(data), "userHandle": k.handle}
	client, finish := k.answer("webauthn.get", asked.Challenge, response)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(data, hash[:]...))
	response["signature"] = b64.EncodeToString(must(ecdsa.SignASN1(rand.Reader, k.private, sum[:]))(k.t))
	return finish()
}

// A program with an authenticator makes a passkey, signs in with it, pays what a password
// leaves owed, and takes it away, which ends what it began.
func TestAPasskeysLife(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := strings.Replace(server.Address, "127.0.0.1", "localhost", 1) // passkeys belong to a name
	open := func(o ...dankerchat.Option) *dankerchat.Client { return must(dankerchat.New(address, o...))(t) }
	c := open(dankerchat.WithTokens(server.NewUser(t, "keyholder", "Keyholder").Tokens()))
	device := &key{t: t, origin: address}

	made, codes, err := c.CreatePasskey(ctx, "Laptop", device.create(must(c.BeginPasskey(ctx))(t)))
	if err != nil || made.Name != "Laptop" || made.Host != "localhost" || len(codes) != 10 {
		t.Fatalf("made %+v, %d codes, %v", made, len(codes), err)
	}
	if renamed := must(c.RenamePasskey(ctx, made.ID, "Desk"))(t); renamed.Name != "Desk" {
		t.Errorf("renamed %+v", renamed)
	}
	if list := must(c.Passkeys(ctx))(t); len(list) != 1 || list[0].ID != made.ID || list[0].Name != "Desk" || list[0].LastUsedAt != nil {
		t.Errorf("listed %+v", list)
	}

	by := open(dankerchat.WithName("native/1"))
	login := must(by.BeginPasskeyLogin(ctx))(t)
	answer := device.get(login.Options)
	if _, err := open().FinishPasskeyLogin(ctx, dankerchat.PasskeyLogin{}, answer); !errors.Is(err, contracts.ErrBadCredentials) {
		t.Errorf("by whom did not begin: %v", err)
	}
	login = must(by.BeginPasskeyLogin(ctx))(t)
	answer = device.get(login.Options)
	if u := must(by.FinishPasskeyLogin(ctx, login, answer))(t); u.Username != "keyholder" {
		t.Errorf("signed in as %+v", u)
	}
	if _, err := open().FinishPasskeyLogin(ctx, login, answer); !errors.Is(err, contracts.ErrBadCredentials) {
		t.Errorf("an answer that was used: %v", err)
	}
	current := func(s contracts.Session) bool {
		return s.Current && s.Method == contracts.MethodPasskey && s.Client == "native/1"
	}
	if list := must(by.Sessions(ctx))(t); len(list) != 2 || !current(list[0]) && !current(list[1]) {
		t.Errorf("sessions %+v", list)
	}

	owing := open()
	if _, err := owing.Login(ctx, "keyholder", servertest.Password); !errors.Is(err, contracts.ErrMFARequired) {
		t.Fatalf("by the password alone: %v", err)
	}
	if err := owing.ProvePasskey(ctx, device.get(must(owing.BeginPasskeyProof(ctx))(t))); err != nil {
		t.Fatalf("prove: %v", err)
	}
	must(owing.Me(ctx))(t)

	if err := owing.RemovePasskey(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if list := must(owing.Passkeys(ctx))(t); len(list) != 0 {
		t.Errorf("left over %+v", list)
	}
	if _, err := by.Me(ctx); !errors.Is(err, contracts.ErrUnauthenticated) {
		t.Errorf("the session that it began: %v", err)
	}
	login = must(by.BeginPasskeyLogin(ctx))(t)
	if _, err := by.FinishPasskeyLogin(ctx, login, device.get(login.Options)); !errors.Is(err, contracts.ErrBadCredentials) {
		t.Errorf("a passkey that was removed: %v", err)
	}
}
