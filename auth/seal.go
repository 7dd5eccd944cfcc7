package auth

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"golang.org/x/crypto/chacha20poly1305"
)

// SealKey is a key that secrets in the database are sealed with, such as those of
// authenticator apps. It is kept outside of the database and its backups.
type SealKey struct {
	ID  string // 1–16 letters, digits, - and _, to find it again; never reused
	Key Secret // 32 random bytes
}

// NewSealKey returns a random key with a random ID.
func NewSealKey() SealKey {
	var key [chacha20poly1305.KeySize]byte
	_, _ = rand.Read(key[:])
	return SealKey{ID: randomText(8), Key: Secret(key[:])}
}

// sealer seals with the first key and opens with all. Text form: the key's ID, a dot,
// and base64 of nonce and ciphertext (XChaCha20-Poly1305). Each purpose has a key of its
// own, made by HKDF (RFC 5869); purpose and owner are authenticated, so that sealed text
// opens in no other place.
type sealer struct{ keys []SealKey }

func newSealer(keys []SealKey) (sealer, error) {
	seen := map[string]bool{}
	for _, k := range keys {
		if k.ID == "" || len(k.ID) > 16 || strings.ContainsFunc(k.ID, func(r rune) bool { return notCompact(r) || r == '.' }) ||
			len(k.Key) != chacha20poly1305.KeySize || seen[k.ID] {
			return sealer{}, contracts.ErrInvalid.With("auth: a seal key has an ID of 1–16 letters of its own and 32 bytes")
		}
		seen[k.ID] = true
	}
	return sealer{keys}, nil
}

var errNoSealKey = contracts.ErrUnavailable.With("this server has no key to seal secrets with").
	WithHint("Start it with --key-file; the server makes one in its data directory.")

func (s sealer) seal(purpose, owner string, plain []byte) (string, error) {
	if len(s.keys) == 0 {
		return "", errNoSealKey
	}
	key := s.keys[0]
	aead, err := key.cipher(purpose)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce)
	sealed := aead.Seal(nonce, nonce, plain, sealedFor(purpose, owner))
	return key.ID + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open returns the plain text. stale says that it was sealed with an older key than
// today's. A key that is missing is [contracts.ErrUnavailable].
func (s sealer) open(purpose, owner, text string) (plain []byte, stale bool, err error) {
	id, body, _ := strings.Cut(text, ".")
	for i, key := range s.keys {
		if key.ID != id {
			continue
		}
		sealed, err := base64.RawURLEncoding.DecodeString(body)
		if err != nil {
			return nil, false, fmt.Errorf("open a sealed secret: %w", err)
		}
		aead, err := key.cipher(purpose)
		if err != nil {
			return nil, false, err
		}
		if len(sealed) < aead.NonceSize() {
			return nil, false, fmt.Errorf("open a sealed secret: %d bytes are too few", len(sealed))
		}
		plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], sealedFor(purpose, owner))
		if err != nil {
			return nil, false, fmt.Errorf("open a sealed secret: %w", err)
		}
		return plain, i > 0, nil
	}
	return nil, false, contracts.ErrUnavailable.With("the key that sealed this secret is missing").
		WithHint("Bring the server's key file back. A recovery code works without it.")
}

func sealedFor(purpose, owner string) []byte { return []byte(purpose + "\x00" + owner) }

func (k SealKey) cipher(purpose string) (aead cipher.AEAD, err error) {
	derived, err := hkdf.Key(sha256.New, []byte(k.Key), nil, "dankerchat seal "+purpose, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	if aead, err = chacha20poly1305.NewX(derived); err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	return aead, nil
}
