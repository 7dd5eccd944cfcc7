// Package passkeytest is an authenticator in software, with the browser around it: what
// navigator.credentials does, for tests of programs that sign in by passkeys. It makes
// keys as passkeys are made in 2026, ES256 without attestation.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Authenticator holds passkeys. Its fields may be changed between calls, to be another
// authenticator or a wrong one.
type Authenticator struct {
	Origin     string // of the page that asks
	Unverified bool   // the user touched it but entered no PIN
	Synced     bool   // its keys are in the cloud
	Keys       []*Key
}

// Key is one passkey.
type Key struct {
	ID      []byte
	RPID    string
	Handle  []byte // of the user
	Counter uint32 // of signatures; 0 stays 0, as on phones
	private *ecdsa.PrivateKey
}

// ErrNoKey is returned when the authenticator has no key that the page may use, or has
// one already where it must make another.
var ErrNoKey = errors.New("passkeytest: the operation is not allowed")

// New returns an authenticator without keys in a browser on a page of that origin.
func New(origin string) *Authenticator { return &Authenticator{Origin: origin} }

type text []byte

func (t text) MarshalText() ([]byte, error) {
	return []byte(base64.RawURLEncoding.EncodeToString(t)), nil
}

func (t *text) UnmarshalText(in []byte) (err error) {
	*t, err = base64.RawURLEncoding.DecodeString(string(in))
	return err
}

type descriptor struct {
	ID text `json:"id"`
}

type options struct {
	Challenge text   `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User    descriptor   `json:"user"`
	Exclude []descriptor `json:"excludeCredentials"`
	Allow   []descriptor `json:"allowCredentials"`
}

// Create is navigator.credentials.create: it takes the options of a registration as JSON
// and answers with the new credential as JSON. The key joins Keys.
func (a *Authenticator) Create(request []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(request, &o); err != nil {
		return nil, fmt.Errorf("passkeytest: read the options: %w", err)
	}
	if a.find(o.RP.ID, o.Exclude) != nil {
		return nil, ErrNoKey
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	k := &Key{ID: make([]byte, 32), RPID: o.RP.ID, Handle: o.User.ID, private: private}
	_, _ = rand.Read(k.ID)
	point, err := private.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		return nil, err
	}
	public, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}) // RFC 9053: EC2, ES256, P-256
	if err != nil {
		return nil, err
	}
	data := a.data(k, 1<<6)
	data = append(data, make([]byte, 16)...) // AAGUID of nobody
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.ID)))
	data = append(append(data, k.ID...), public...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		return nil, err
	}
	client, err := a.client("webauthn.create", o.Challenge)
	if err != nil {
		return nil, err
	}
	a.Keys = append(a.Keys, k)
	return credential(k, map[string]any{"clientDataJSON": text(client), "attestationObject": text(object), "transports": []string{"internal", "hybrid"}})
}

// Get is navigator.credentials.get: it takes the options of a login as JSON and answers
// with the assertion of the newest key that may be used, as JSON.
func (a *Authenticator) Get(request []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(request, &o); err != nil {
		return nil, fmt.Errorf("passkeytest: read the options: %w", err)
	}
	k := a.find(o.RPID, o.Allow)
	if len(o.Allow) == 0 && k == nil {
		k = a.newest(o.RPID)
	}
	if k == nil {
		return nil, ErrNoKey
	}
	if k.Counter > 0 {
		k.Counter++
	}
	client, err := a.client("webauthn.get", o.Challenge)
	if err != nil {
		return nil, err
	}
	data := a.data(k, 0)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, sum[:])
	if err != nil {
		return nil, err
	}
	return credential(k, map[string]any{
		"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature), "userHandle": text(k.Handle),
	})
}

func (a *Authenticator) newest(rpID string) *Key {
	for _, k := range slices.Backward(a.Keys) {
		if k.RPID == rpID {
			return k
		}
	}
	return nil
}

func (a *Authenticator) find(rpID string, list []descriptor) *Key {
	for _, k := range slices.Backward(a.Keys) {
		if k.RPID == rpID && slices.ContainsFunc(list, func(d descriptor) bool { return string(d.ID) == string(k.ID) }) {
			return k
		}
	}
	return nil
}

// data is the authenticator data (WebAuthn section 6.1) without what follows the counter.
func (a *Authenticator) data(k *Key, flags byte) []byte {
	flags |= 1 // user present
	if !a.Unverified {
		flags |= 1 << 2
	}
	if a.Synced {
		flags |= 1<<3 | 1<<4
	}
	hash := sha256.Sum256([]byte(k.RPID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), k.Counter)
}

func (a *Authenticator) client(kind string, challenge text) ([]byte, error) {
	return json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
}

func credential(k *Key, response map[string]any) ([]byte, error) {
	return json.Marshal(map[string]any{
		"id": text(k.ID), "rawId": text(k.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	})
}
