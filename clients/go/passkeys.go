package dankerchat

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/dankerchat/dankerchat/contracts"
)

// A program that speaks to an authenticator itself, as a native app does, makes passkeys and
// signs in with them as a browser would: the options that the server gives and the answers
// that it takes are the JSON of WebAuthn Level 3 (PublicKeyCredentialCreationOptionsJSON and
// its kin), and the origin in an answer is that of the server's own pages.

// BeginPasskey begins to make a passkey, and returns the options for the authenticator. It
// wants a proof of the last ten minutes, else [contracts.ErrReauthRequired], and a server
// that knows its https address or stands on localhost, else [contracts.ErrUnavailable].
func (c *Client) BeginPasskey(ctx context.Context) (options json.RawMessage, err error) {
	return c.passkeyOptions(ctx, "/auth/passkeys/register/begin")
}

// CreatePasskey keeps the passkey of an authenticator's answer under a name ("" makes one
// up). With one's first second factor come recovery codes, which are shown this once.
func (c *Client) CreatePasskey(ctx context.Context, name string, answer json.RawMessage) (contracts.Passkey, []string, error) {
	var out struct {
		Passkey contracts.Passkey `json:"passkey"`
		recoveryCodes
	}
	err := c.Do(ctx, http.MethodPost, "/auth/passkeys/register/finish", map[string]any{"name": name, "response": answer}, &out)
	return out.Passkey, out.Codes, err
}

// PasskeyLogin is a sign-in by a passkey that has begun.
type PasskeyLogin struct {
	Options json.RawMessage // for the authenticator
	cookie  string          // binds the answer to whoever began
}

// BeginPasskeyLogin begins to sign somebody in by a passkey alone, whoever it will be. The
// answer is good for five minutes, once.
func (c *Client) BeginPasskeyLogin(ctx context.Context) (PasskeyLogin, error) {
	var begun struct {
		Options json.RawMessage `json:"options"`
	}
	header, err := c.once(ctx, http.MethodPost, "/auth/passkeys/login/begin", nil, "", nil, false, &begun)
	if err != nil {
		return PasskeyLogin{}, err
	}
	login := PasskeyLogin{Options: begun.Options}
	for _, line := range header.Values("Set-Cookie") {
		if cookie, err := http.ParseSetCookie(line); err == nil {
			login.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	return login, nil
}

// FinishPasskeyLogin signs in with the authenticator's answer; the client goes on as after
// [Client.Login], but owes nothing: a passkey that verified its user is two factors. What is
// wrong, late or repeated is [contracts.ErrBadCredentials].
func (c *Client) FinishPasskeyLogin(ctx context.Context, login PasskeyLogin, answer json.RawMessage) (contracts.User, error) {
	in := mustJSON(map[string]any{"response": answer, "client": c.name, "session": "token"})
	var out signedIn
	if _, err := c.once(ctx, http.MethodPost, "/auth/passkeys/login/finish", http.Header{"Cookie": {login.cookie}}, "", in, true, &out); err != nil {
		return contracts.User{}, err
	}
	return c.signedIn(ctx, out)
}

// BeginPasskeyProof begins to prove by one of one's passkeys who is there: as the second
// factor that a session owes, or as the fresh proof that some changes want.
func (c *Client) BeginPasskeyProof(ctx context.Context) (options json.RawMessage, err error) {
	return c.passkeyOptions(ctx, "/auth/passkeys/verify/begin")
}

// ProvePasskey ends what [Client.BeginPasskeyProof] began.
func (c *Client) ProvePasskey(ctx context.Context, answer json.RawMessage) error {
	return c.Do(ctx, http.MethodPost, "/auth/passkeys/verify/finish", map[string]any{"response": answer}, nil)
}

func (c *Client) passkeyOptions(ctx context.Context, path string) (json.RawMessage, error) {
	var begun struct {
		Options json.RawMessage `json:"options"`
	}
	err := c.Do(ctx, http.MethodPost, path, nil, &begun)
	return begun.Options, err
}
